import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkLogFile } from '../../shared/integrity/log-file-hash.ts';
import { scaled } from '../support/scale.ts';

const TEXT = `{"Records":[${Array.from({ length: 40 }, (_, i) => `{"eventID":"${i}"}`).join()}]}`;
const FILE = gzipSync(TEXT);
const SHA256 = createHash('sha256').update(TEXT).digest('hex');

const check = (...pieces: Uint8Array[]) => checkLogFile(async () => from(pieces), SHA256);

async function* from(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

test('the same', async () => {
  expect(await check(FILE)).toBeUndefined();
  expect(await check(FILE.subarray(0, 3), FILE.subarray(3))).toBeUndefined();
  expect(await checkLogFile(async () => from([FILE]), SHA256.toUpperCase())).toBeUndefined();
});

describe('bytes after the gzip stream', () => {
  test.each([
    ['text', Buffer.from('more')],
    ['a zero byte', Buffer.alloc(1)],
    ['zero bytes', Buffer.alloc(100)],
    ['the beginning of a member', FILE.subarray(0, 12)],
    ['zero bytes, and others', Buffer.concat([Buffer.alloc(9), Buffer.from('more')])],
    ['a member without text', gzipSync('')],
    ['something like a member', Buffer.from([0x1f, 0x8b, 0x09, 0, 0, 0, 0, 0, 0, 0])],
  ])('%s', async (_, more) => {
    expect(await check(FILE, more)).toMatchObject({ kind: 'log-file-trailing-bytes' });
    expect(await check(Buffer.concat([FILE, more]))).toMatchObject({ kind: 'log-file-trailing-bytes' });
  });
});

describe('other content', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['the text, not compressed', Buffer.from(TEXT)],
    ['another text', gzipSync(TEXT.replace('7', '8'))],
    ['more text', Buffer.concat([FILE, gzipSync(' ')])],
    ['no text', gzipSync('')],
    ['a bomb', gzipSync(Buffer.alloc(100 * 1024 ** 2))],
  ])('%s', async (_, file) => {
    expect(await check(file)).toMatchObject({ kind: 'log-file-modified' });
  });

  test('cut anywhere', async () => {
    for (let end = 1; end < FILE.length; end += 1) {
      expect(await check(FILE.subarray(0, end))).toMatchObject({ kind: 'log-file-modified' });
    }
  });

  test('any other bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(FILE.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const file = Buffer.from(FILE);
        file[at]! ^= flip;
        const problem = await check(file);
        // The header's time, flags and system say nothing about the content.
        if (at >= 3 && at < 10) return;
        expect(problem).toBeDefined();
      }),
      { numRuns: scaled(200, 3_000) },
    );
  });
});

test('an error of the transfer is no finding', async () => {
  async function* broken() {
    yield FILE.subarray(0, 20);
    throw new Error('socket hang up');
  }
  await expect(checkLogFile(async () => broken(), SHA256)).rejects.toThrow('socket hang up');
});
