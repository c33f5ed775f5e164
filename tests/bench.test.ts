import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readRecords } from '../bench/read-records.ts';

describe('the records of `npm run bench -- --records FILE`', () => {
  test.each([
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\r\n\r\n{"b":"\\n"}', ['{"a":1}', '{"b":"\\n"}']],
  ])('%j', (text, records) => {
    expect(readRecords(Buffer.from(text), 'x')).toEqual(records);
    expect(readRecords(gzipSync(text), 'x')).toEqual(records);
  });

  test.each([
    ['{"a":1}\n\n{"b":\n', 'own.ndjson, line 3: expected a JSON object'],
    ['{"a":1}\n[{"b":2}]', 'own.ndjson, line 2: expected a JSON object'],
    ['null', 'own.ndjson, line 1: expected a JSON object'],
    ['\n', 'own.ndjson: expected a record on each line, and found none'],
  ])('%j is refused', (text, says) => {
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      expect(() => readRecords(bytes, 'own.ndjson')).toThrow(says);
    }
  });
});
