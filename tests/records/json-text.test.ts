import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compactRecord } from '../../shared/records/json-text.ts';
import { documentText } from '../support/document-arbitrary.ts';
import { SCALE, SEED, TIME_LIMIT } from '../support/scale.ts';

test(
  'removes white space between tokens and nothing else',
  () => {
    const property = fc.property(documentText, (text) => {
      const record = text.replace('\ufeff', '');
      const tokens = record.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/gs) ?? [];
      expect(Buffer.from(compactRecord(Buffer.from(record))).toString()).toBe(Buffer.from(tokens.join('')).toString());
    });
    fc.assert(property, { numRuns: 200 * SCALE, seed: SEED });
  },
  TIME_LIMIT,
);

test('returns a compact record as it is', () => {
  const record = Buffer.from('{"a":"b c\\" \\\\","d":[1,2]}');
  expect(compactRecord(record)).toBe(record);
});
