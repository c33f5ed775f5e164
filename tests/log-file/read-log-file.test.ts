import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateLogFile } from '../../bench/generate.ts';
import type { ByteSource } from '../../shared/log-file/pieces.ts';
import {
  BadLogFileError,
  type ReadCounts,
  type ReadOptions,
  readLogFile,
} from '../../shared/log-file/read-log-file.ts';
import type { RecordBatch } from '../../shared/records/record-scanner.ts';
import { HOSTILE_FILES } from '../support/hostile-files.ts';
import { type ReferenceResult, readPlainly } from '../support/reference-reader.ts';
import { SCALE, SEED, TIME_LIMIT } from '../support/scale.ts';
import { cut, joinBatches } from '../support/scan-text.ts';

const WANTED = ['airflow.amazonaws.com'];
const RECORD = '{"eventSource":"airflow.amazonaws.com"}';

describe('hostile files', () => {
  test.each(Object.entries(HOSTILE_FILES))('%s', async (_name, [file, expected]) => {
    for (const length of [1_000_000, 7, 1].filter((length) => file.length / length < 10_000)) {
      const outcome = await read([...cut(file, [length])]);
      if (expected === true) expect(outcome).toEqual(readPlainly(file, WANTED));
      else expect(outcome).toMatchObject({ code: expected });
    }
    if (expected !== true) expect(() => readPlainly(file, WANTED)).toThrow();
  });
});

test('a file cut in two at any place reads the same', async () => {
  const text = [...generateLogFile({ bytes: 3_000, share: 0.5, seed: 1 })].join('');
  const file = Buffer.concat([gzipSync(text.slice(0, 1000)), gzipSync(text.slice(1000)), Buffer.alloc(3)]);
  const whole = readPlainly(file, WANTED);
  for (let at = 0; at <= file.length; at++) {
    expect(await read([file.subarray(0, at), file.subarray(at)])).toEqual(whole);
  }
});

test(
  'changed, lost and added bytes of a gzip file of two members: what the reference finds, or a bad file',
  async () => {
    const text = [...generateLogFile({ bytes: 4_000, share: 0.5, seed: 2 })].join('');
    const file = Buffer.concat([gzipSync(text.slice(0, 1500)), gzipSync(text.slice(1500)), Buffer.alloc(9)]);
    const mutation = fc.tuple(fc.nat(file.length - 1), fc.constantFrom('change', 'cut', 'lose', 'add'), fc.nat(255));
    const property = fc.asyncProperty(mutation, async ([at, kind, byte]) => {
      const rest = {
        change: file.subarray(at + 1),
        cut: Buffer.alloc(0),
        lose: file.subarray(at + 1),
        add: file.subarray(at),
      };
      const added = kind === 'change' || kind === 'add' ? [byte] : [];
      await expectReference(Buffer.concat([file.subarray(0, at), Buffer.from(added), rest[kind]]));
    });
    await fc.assert(property, { numRuns: 500 * SCALE, seed: SEED });
  },
  TIME_LIMIT,
);

describe('counts', () => {
  const text = `{"Records":[${RECORD},{"eventSource":"x"},1]}`;

  test('of a compressed file, with the hash of its text', async () => {
    const file = Buffer.concat([gzipSync(text), Buffer.alloc(10)]);
    const hash = createHash('sha256');
    expect(await counts([file], { hash })).toEqual({
      recordsRead: 3,
      recordsKept: 1,
      recordsBad: 1,
      compressedBytes: file.length,
      uncompressedBytes: text.length,
      gzip: true,
    });
    expect(hash.digest('hex')).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('of a plain file, without a hash', async () => {
    const sizes = { compressedBytes: text.length, uncompressedBytes: text.length };
    expect(await counts([Buffer.from(text)])).toEqual({
      recordsRead: 3,
      recordsKept: 1,
      recordsBad: 1,
      ...sizes,
      gzip: false,
    });
  });
});

describe('caps', () => {
  const nested = (levels: number) => `{"Records":[${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}]}`;
  const long = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`;
  const records = (list: readonly string[]) => `{"Records":[${list.join(',')}]}`;

  test.each([
    ['levels of nesting', nested(1000), nested(1001), {}, 'depth-cap'],
    ['bytes in a record', records([long(500)]), records([long(501)]), { recordBytes: 500 }, 'record-bytes-cap'],
    [
      'bytes in a string',
      records([`"${'x'.repeat(498)}"`]),
      records([`"${'x'.repeat(499)}"`]),
      { recordBytes: 500 },
      'record-bytes-cap',
    ],
    [
      'bytes in a number',
      records(['1'.repeat(500)]),
      records(['1'.repeat(501)]),
      { recordBytes: 500 },
      'record-bytes-cap',
    ],
    ['records', records(Array(40).fill(long(100))), records(Array(41).fill(long(100))), { records: 40 }, 'records-cap'],
    ['bad records', records(Array(5).fill(1)), records(Array(6).fill(1)), { badRecords: 5 }, 'bad-records-cap'],
    ['bytes of text', records([long(100)]), records([long(101)]), { uncompressedBytes: 114 }, 'uncompressed-bytes-cap'],
    [
      'bytes of text for each byte',
      records([]),
      records(Array(99).fill(1)),
      { ratio: 2, ratioFreeBytes: 100 },
      'ratio-cap',
    ],
  ])('%s: as many as allowed, and one more', async (_name, allowed, tooMuch, caps, code) => {
    for (const length of [1_000_000, 11]) {
      await counts([...cut(gzipSync(allowed), [length])], { caps });
      await expect(counts([...cut(gzipSync(tooMuch), [length])], { caps })).rejects.toMatchObject({ code });
    }
  });

  test('stop a bomb long before its end', async () => {
    const bomb = gzipSync(Buffer.alloc(300_000_000, ' '));
    const ratioFreeBytes = 1_000_000;
    let taken = 0;
    const source = (function* () {
      for (const piece of cut(Buffer.concat([bomb, bomb, bomb]), [100_000])) {
        taken += piece.length;
        yield piece;
      }
    })();
    await expect(counts(source, { caps: { ratioFreeBytes } })).rejects.toMatchObject({ code: 'ratio-cap' });
    expect(taken).toBeLessThan(2 * bomb.length);
  });

  test('a record as long as the cap needs no more memory than that', async () => {
    const endless = (function* () {
      yield Buffer.from('{"Records":[{"a":"');
      while (true) yield Buffer.alloc(100_000, 'x');
    })();
    await expect(counts(endless)).rejects.toMatchObject({ code: 'record-bytes-cap', offset: 12 });
  });
});

describe('failures from outside pass through unchanged, and the source is closed', () => {
  const failure = new Error('connection reset');

  test.each([0, 1, 30])('of the source, after %i bytes', async (length) => {
    const source = Readable.from(
      (function* () {
        yield gzipSync(`{"Records":[${RECORD}]}`).subarray(0, length);
        throw failure;
      })(),
    );
    await expect(counts(source)).rejects.toBe(failure);
    expect(source.destroyed).toBe(true);
  });

  test('of a stream that is destroyed', async () => {
    const source = new PassThrough();
    source.write(gzipSync(`{"Records":[${RECORD}]}`).subarray(0, 30));
    setTimeout(() => source.destroy(failure), 10);
    await expect(counts(source)).rejects.toBe(failure);
  });

  test('of the receiver', async () => {
    const source = Readable.from([gzipSync(`{"Records":[${RECORD}]}`), Buffer.alloc(1_000_000)]);
    const receive = () => Promise.reject(failure);
    await expect(readLogFile(source, { eventSources: WANTED, onRecords: receive })).rejects.toBe(failure);
    expect(source.destroyed).toBe(true);
  });

  test('a bad file closes its source too', async () => {
    const source = new PassThrough();
    source.write(Buffer.concat([gzipSync('[]'), Buffer.alloc(300_000)]));
    await expect(counts(source)).rejects.toBeInstanceOf(BadLogFileError);
    expect(source.destroyed).toBe(true);
  });
});

test('reading waits for the receiver', async () => {
  const text = [...generateLogFile({ bytes: 3_000_000, share: 0.2, seed: 3 })].join('');
  let busy = false;
  let batches = 0;
  // How much is inflated at a time depends on what the kernel read before.
  await readLogFile([Buffer.from(text)], {
    eventSources: WANTED,
    onRecords: async () => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy = false;
      batches++;
    },
  });
  expect(batches).toBeGreaterThan(3);
});

test('kept bytes do not change while reading goes on', async () => {
  const text = [...generateLogFile({ bytes: 2_000_000, share: 0.01, seed: 4 })].join('');
  const file = gzipSync(text);
  expect(await read([file])).toEqual(readPlainly(file, WANTED));
});

test('records longer than what is inflated at a time', async () => {
  const lengths = [10, 900_000, 130_000, 20, 260_000, 131_072, 5_000_000, 30];
  const records = lengths.map(
    (length, i) => `{"eventSource":"airflow.amazonaws.com","a":"${`${i}-`.repeat(length / 2)}"}`,
  );
  const file = gzipSync(`{"Records":[${records.join(',')}]}`);
  for (const length of [file.length, 999])
    expect(await read([...cut(file, [length])])).toEqual(readPlainly(file, WANTED));
});

test('files read at the same time, and one after another, do not touch each other', async () => {
  const texts = Array.from({ length: 6 }, (_, seed) =>
    [...generateLogFile({ bytes: 600_000, share: 0.1, seed })].join(''),
  );
  const files = texts.map((text) => gzipSync(text));
  const expected = files.map((file) => readPlainly(file, WANTED));
  for (let round = 0; round < 2; round++) {
    expect(await Promise.all(files.map((file) => read([...cut(file, [20_000])])))).toEqual(expected);
  }
});

test('messages never show what is in the file', async () => {
  for (const [file, expected] of Object.values(HOSTILE_FILES)) {
    if (expected === true) continue;
    const error = await counts([file]).catch((reason: Error) => reason);
    expect(String(error)).toMatch(/at byte \d+ \((un)?compressed\): /);
    expect(String(error)).not.toMatch(/amazonaws|eventSource|xxx|RecordsX/);
  }
});

function counts(source: ByteSource, options: Partial<ReadOptions> = {}): Promise<ReadCounts> {
  return readLogFile(source, { eventSources: WANTED, onRecords: () => {}, ...options });
}

/** What the reference would return, or the error. */
async function read(source: ByteSource): Promise<ReferenceResult | BadLogFileError> {
  const batches: RecordBatch[] = [];
  try {
    const { recordsRead } = await counts(source, {
      onRecords: (batch) => {
        batches.push(batch);
      },
    });
    return { recordsRead, ...joinBatches(batches) };
  } catch (error) {
    if (error instanceof BadLogFileError) return error;
    throw error;
  }
}

async function expectReference(file: Buffer): Promise<void> {
  const outcome = await read([file]);
  if (outcome instanceof BadLogFileError) expect(() => readPlainly(file, WANTED)).toThrow();
  else expect(outcome).toEqual(readPlainly(file, WANTED));
}
