import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { displayText, HIDDEN } from '../../shared/render/display.ts';
import { shellWord } from '../../shared/render/shell-word.ts';

test.each([
  ['prod-etl', 'prod-etl'],
  ['', "''"],
  ['staging etl', "'staging etl'"],
  ["it's", "'it'\\''s'"],
  ['$(id)', "'$(id)'"],
  ["\u001b[201~\nit's \\", "$'\\033[201~\\012it\\'s \\\\'"],
  ['\u202egnp.exe', "$'\\342\\200\\256gnp.exe'"],
])('%j is %s', (word, expected) => {
  expect(shellWord(word)).toBe(expected);
});

test('a shell reads each word as it was, and no character of it is hidden', () => {
  const word = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const line = words.map(shellWord).join(' ');
      expect(line.search(HIDDEN)).toBe(-1);
      expect(displayText(line)).toBe(line);
      const read = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
      expect(read.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});
