import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparedWith } from '../../console/src/lib/compared-values.ts';

const short = fc.string({ unit: 'grapheme', maxLength: 60 });

test('takes a text apart without a loss', () => {
  fc.assert(
    fc.property(short, short, short, short, (start, a, b, end) => {
      const [one, other] = [start + a + end, start + b + end];
      const { before, changed, after } = comparedWith(one, other);
      expect(before + changed + after).toBe(other);
      expect(one.startsWith(before) && one.endsWith(after)).toBe(true);
      expect([before, changed, after].every((part) => part.isWellFormed())).toBe(true);
      expect(changed.length).toBeLessThanOrEqual(b.length);
    }),
  );
});

test.each([
  ['"s3://bucket/1.py"', '"s3://bucket/12.py"', '"s3://bucket/1', '2', '.py"'],
  ['same', 'same', 'same', '', ''],
  ['', 'new', '', 'new', ''],
  ['aaa', 'aa', 'aa', '', ''],
  [
    `${'x'.repeat(500)}1${'y'.repeat(500)}`,
    `${'x'.repeat(500)}2${'y'.repeat(500)}`,
    `… ${'x'.repeat(60)}`,
    '2',
    `${'y'.repeat(60)} …`,
  ],
])('%j and %j differ in one part', (one, other, before, changed, after) => {
  expect(comparedWith(one, other)).toEqual({ before, changed, after });
});
