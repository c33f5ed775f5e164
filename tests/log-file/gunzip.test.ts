import { createHash } from 'node:crypto';
import { constants, crc32, deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gunzip, type Inflate } from '../../shared/log-file/gunzip.ts';
import { gunzipByZlib } from '../../shared/log-file/zlib-gunzip.ts';
import { BadLogFileError } from '../../shared/records/bad-log-file.ts';
import { type Code, canonicalCodes, DeflateWriter } from '../support/deflate-writer.ts';
import { SEED, scaled, TIME_LIMIT } from '../support/scale.ts';
import { cut } from '../support/scan-text.ts';

// The oracle is node:zlib: the text, or which error.

const pieceLengths = fc.oneof(
  fc.constant([300_000]),
  fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 4 }),
);

/** Text with repetitions near and far, short and long, and bytes of no pattern. */
const text = fc
  .array(
    fc.oneof(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })),
      fc.tuple(fc.uint8Array({ minLength: 50, maxLength: 3_000 }), fc.integer({ min: 1, max: 20 })),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))));

const compression = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
});

/** A header with any of its optional parts (RFC 1952, 2.3.1). */
const header = fc
  .record({
    text: fc.boolean(),
    checksum: fc.boolean(),
    extra: fc.option(fc.uint8Array({ maxLength: 700 })),
    name: fc.option(fc.stringMatching(/^[a-z.]{0,40}$/)),
    comment: fc.option(fc.stringMatching(/^[a-z ]{0,900}$/)),
  })
  .map(({ text, checksum, extra, name, comment }) => {
    const flags =
      Number(text) |
      (Number(checksum) << 1) |
      (Number(extra !== null) << 2) |
      (Number(name !== null) << 3) |
      (Number(comment !== null) << 4);
    const parts = [Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3])];
    if (extra !== null) parts.push(Buffer.from([extra.length & 0xff, extra.length >> 8, ...extra]));
    for (const string of [name, comment]) if (string !== null) parts.push(Buffer.from(`${string}\0`));
    const bytes = Buffer.concat(parts);
    return checksum ? Buffer.concat([bytes, number(crc32(bytes) & 0xffff, 2)]) : bytes;
  });

const member = fc
  .tuple(header, text, compression)
  .map(([head, text, options]) => ({ text, file: wrap(head, deflateRawSync(text, options), text) }));

/** Lengths of a complete code: a tree whose leaves are split at random. */
const codeLengths = (symbols: number, required: readonly number[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...Array(symbols).keys()], { minLength: 1 }),
      fc.array(fc.nat(1_000_000), { minLength: symbols, maxLength: symbols }),
    )
    .map(([chosen, choices]) => {
      const used = [...new Set([...required, ...chosen])];
      const leaves = [0];
      for (let i = 0; leaves.length < used.length; i++) {
        const candidates = leaves.flatMap((depth, at) => (depth < 15 ? [at] : []));
        const at = candidates[choices[i % choices.length]! % Math.min(candidates.length, 3)]!;
        leaves[at]! += 1;
        leaves.push(leaves[at]!);
      }
      const lengths = Array<number>(symbols).fill(0);
      used.forEach((symbol, i) => {
        lengths[symbol] = leaves[i] || 1;
      });
      return lengths;
    });

const numberOfSymbols = fc.integer({ min: 257, max: 286 });
const numberOfDistances = fc.integer({ min: 1, max: 30 });

const likely = fc.integer({ min: 0, max: 9 }).map((n) => n > 0);

/** A block of symbols in any order: distances may reach too far, and a change of a length makes the codes unsound. */
const block = fc.record({
  symbols: numberOfSymbols.chain((count) => codeLengths(count, [256])),
  distances: numberOfDistances.chain((count) => codeLengths(count, [])),
  chosen: fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.nat(8_191)), { maxLength: 300 }),
  mostlyLiterals: fc.boolean(),
  damage: fc.oneof(
    { weight: 9, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(285), fc.integer({ min: 0, max: 15 })) },
  ),
  reachesTooFar: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  ends: likely,
});

/** What distances of each symbol begin with (RFC 1951, 3.2.5), and where the last ones end. */
const DISTANCES = Array.from({ length: 31 }, (_, symbol) =>
  symbol < 2 ? symbol + 1 : 1 + 2 ** (symbol >> 1) + (symbol & 1) * 2 ** ((symbol >> 1) - 1),
);

const handWritten = fc.tuple(fc.array(block, { minLength: 1, maxLength: 4 }), likely).map(([blocks, closed]) => {
  const writer = new DeflateWriter();
  let made = 0;
  blocks.forEach(({ symbols, distances, chosen, mostlyLiterals, damage, reachesTooFar, ends }, i) => {
    const written = [...symbols];
    if (damage) written[damage[0] % written.length] = damage[1];
    writer.dynamicHead(closed && i === blocks.length - 1, written, distances);
    const codes = canonicalCodes(symbols);
    const distanceCodes = canonicalCodes(distances);
    const usable = (codes: Code[], from: number, to: number) =>
      codes.flatMap(({ length }, symbol) => (length > 0 && symbol >= from && symbol < to ? [symbol] : []));
    const literals = usable(codes, 0, 256);
    const matches = usable(codes, 257, 286);
    const reaches = usable(distanceCodes, 0, 30);
    for (const [choice, second, extra] of chosen) {
      const near = reachesTooFar ? reaches : reaches.filter((distance) => DISTANCES[distance + 1]! <= made);
      const isMatch = near.length > 0 && matches.length > 0 && choice % (mostlyLiterals ? 20 : 3) === 0;
      const among = isMatch ? matches : literals;
      if (among.length === 0) break;
      const symbol = among[choice % among.length]!;
      writer.code(codes[symbol]!);
      made += isMatch ? 3 : 1;
      if (!isMatch) continue;
      const distance = near[second % near.length]!;
      writer.bits(extra, symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2);
      writer.code(distanceCodes[distance]!).bits(extra, distance < 4 ? 0 : (distance >> 1) - 1);
    }
    if (ends) writer.code(codes[256]!);
  });
  const stream = writer.toBuffer();
  return wrap(gzipSync('').subarray(0, 10), stream, textOf(stream));
});

const mutations = fc.array(fc.tuple(fc.nat(), fc.constantFrom('change', 'flip', 'cut', 'lose', 'add'), fc.nat(255)), {
  maxLength: 3,
});

describe('against node:zlib', () => {
  test(
    'members of any compression and header, with zeros after the last',
    async () => {
      const members = fc.array(member, { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(members, fc.nat(2_000), pieceLengths, async (members, zeros, lengths) => {
          const file = Buffer.concat([...members.map(({ file }) => file), Buffer.alloc(zeros)]);
          const text = Buffer.concat(members.map(({ text }) => text));
          expect(await outcome(file, lengths, gunzip)).toEqual({ text: digest(text), length: text.length });
        }),
        { numRuns: scaled(120, 10_000), seed: SEED },
      );
    },
    TIME_LIMIT,
  );

  test(
    'streams that no compressor makes',
    async () => {
      let sound = 0;
      await fc.assert(
        fc.asyncProperty(handWritten, pieceLengths, async (file, lengths) => {
          if (await expectSame(file, lengths)) sound += 1;
        }),
        { numRuns: scaled(200, 40_000), seed: SEED },
      );
      expect(sound).toBeGreaterThan(scaled(200, 40_000) / 20);
    },
    TIME_LIMIT,
  );

  test(
    'changed, flipped, lost and added bytes, and files cut short',
    async () => {
      const files = fc.oneof(
        handWritten,
        fc
          .array(member, { minLength: 1, maxLength: 3 })
          .map((members) => Buffer.concat(members.map(({ file }) => file))),
      );
      await fc.assert(
        fc.asyncProperty(files, mutations, pieceLengths, async (file, mutations, lengths) => {
          await expectSame(mutations.reduce(mutate, file), lengths);
        }),
        { numRuns: scaled(200, 40_000), seed: SEED },
      );
    },
    TIME_LIMIT,
  );

  test(
    'any bytes after the head of a member',
    async () => {
      const bytes = fc.uint8Array({ minLength: 1, maxLength: 900 });
      await fc.assert(
        fc.asyncProperty(bytes, fc.constantFrom(undefined, 2, 3, 4, 5), pieceLengths, async (bytes, first, lengths) => {
          const body = first === undefined ? bytes : [(bytes[0]! & 0xf8) | first, ...bytes.subarray(1)];
          await expectSame(Buffer.concat([gzipSync('').subarray(0, 10), Buffer.from(body)]), lengths);
        }),
        { numRuns: scaled(200, 40_000), seed: SEED },
      );
    },
    TIME_LIMIT,
  );
});

test('text of many windows, with repetitions at the greatest distance', async () => {
  const far = Buffer.from(Array.from({ length: 32_768 }, (_, i) => (i * 2_654_435_761) >>> 24));
  const long = Buffer.concat([
    ...Array<Buffer>(60).fill(far),
    Buffer.alloc(3_000_000, 'ab'),
    far,
    Buffer.alloc(700_000),
  ]);
  for (const level of [0, 1, 6, 9]) {
    const file = gzipSync(long, { level });
    for (const lengths of [[file.length], [262_144], [65_537, 1, 5]]) {
      expect(await outcome(file, lengths, gunzip)).toEqual({ text: digest(long), length: long.length });
    }
  }
});

test('repetitions of each short distance and length', async () => {
  const parts = Array.from({ length: 70 }, (_, i) => {
    const period = noise.subarray(i, i + i + 1);
    return [1, 3, 15, 16, 17, 64, 65, 258, 259, 600].map((length) =>
      Buffer.concat([noise, Buffer.alloc(length, period)]),
    );
  });
  const text = Buffer.concat(parts.flat());
  for (const level of [1, 9]) {
    expect(await outcome(gzipSync(text, { level }), [300_000], gunzip)).toEqual({
      text: digest(text),
      length: text.length,
    });
  }
});

/** The checksum takes 16 bytes a step, looks 4,800 bytes back, and forgets after 16,384. */
test.each([0, 2_320, 4_800, 16_384, 21_184, 120_000])('checksums of texts of about %i bytes', async (about) => {
  const random = Buffer.concat(Array<Buffer>(401).fill(noise));
  random.forEach((byte, i) => {
    random[i] = byte ^ (i >> 8);
  });
  for (let length = Math.max(0, about - 20); length < about + 20; length++) {
    const text = random.subarray(0, length);
    const file = gzipSync(text, { level: 0 });
    expect(await outcome(file, [7_777], gunzip)).toEqual({ text: digest(text), length });
    if (length === 0) continue;
    // A stored block ends before the checksum, and lets each bit pass.
    const place = file.length - 9 - ((length * 997) % Math.min(length, 16_000));
    const changed = mutate(file, [place, 'flip', length]);
    expect(await outcome(changed, [7_777], gunzip)).toEqual({ code: 'gzip-corrupt' });
  }
});

test.each([
  ['nothing', Buffer.alloc(0), 'gzip-truncated'],
  ['a repetition of what stands in the member before', [gzipSync('abcdefgh'), reachingBack()], 'gzip-corrupt'],
  ['a wrong checksum of the header', withHeaderChecksum(1), 'gzip-corrupt'],
  ['a right checksum of the header', withHeaderChecksum(0), 'x'],
  ['codes of lengths that are none, cut short', dynamicHead(Array(19).fill(0)), 'gzip-truncated'],
  // The code of the repetition is the last bit of the file.
  ['a repetition of no length, cut short', dynamicHead([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0), 'gzip-truncated'],
  ['a repetition of no length', dynamicHead([1, 1], 0, 3), 'gzip-corrupt'],
])('%s', async (_name, file, expected) => {
  const bytes = Buffer.isBuffer(file) ? file : Buffer.concat(file);
  for (const inflate of [gunzip, gunzipByZlib]) {
    const result = await outcome(bytes, [bytes.length + 1], inflate);
    if (expected.startsWith('gzip-')) expect(result).toEqual({ code: expected });
    else expect(result).toEqual({ text: digest(Buffer.from(expected)), length: expected.length });
  }
});

test('the source is closed, and the memory is used again, when reading stops early', async () => {
  const file = gzipSync(Buffer.alloc(3_000_000, 'x'));
  let closed = 0;
  const source = async function* () {
    try {
      yield* cut(file, [100]);
    } finally {
      closed += 1;
    }
  };
  for (let i = 0; i < 3; i++) {
    for await (const piece of gunzip(source())) if (piece.length > 0) break;
  }
  expect(closed).toBe(3);
  expect(await outcome(file, [100], gunzip)).toMatchObject({ length: 3_000_000 });
});

/** Bytes without repetitions. */
const noise = createHash('shake256', { outputLength: 300 }).update('noise').digest();

async function expectSame(file: Buffer, lengths: readonly number[]): Promise<boolean> {
  const byZlib = await outcome(file, lengths, gunzipByZlib);
  expect(await outcome(file, lengths, gunzip)).toEqual(byZlib);
  return 'text' in byZlib;
}

async function outcome(file: Buffer, lengths: readonly number[], inflate: Inflate) {
  const hash = createHash('sha256');
  let length = 0;
  const pieces = async function* () {
    yield* cut(file, lengths);
  };
  try {
    for await (const piece of inflate(pieces())) {
      hash.update(piece);
      length += piece.length;
    }
    return { text: hash.digest('hex'), length };
  } catch (error) {
    if (!(error instanceof BadLogFileError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(file.length);
    return { code: error.code };
  }
}

function mutate(file: Buffer, [at, kind, byte]: [number, string, number]): Buffer {
  if (file.length === 0) return file;
  const place = at % file.length;
  const before = file.subarray(0, place);
  const after = file.subarray(place + (kind === 'add' ? 0 : 1));
  if (kind === 'cut') return before;
  if (kind === 'lose') return Buffer.concat([before, after]);
  return Buffer.concat([before, Buffer.from([kind === 'flip' ? file[place]! ^ (1 << (byte % 8)) : byte]), after]);
}

function wrap(head: Buffer, stream: Buffer, text: Buffer): Buffer {
  return Buffer.concat([head, stream, number(crc32(text), 4), number(text.length, 4)]);
}

/** What a stream holds; nothing if it is not sound. */
function textOf(stream: Buffer): Buffer {
  try {
    return inflateRawSync(stream);
  } catch {
    return Buffer.alloc(0);
  }
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

function digest(text: Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A member with a single match of three bytes, eight bytes back. */
function reachingBack(): Buffer {
  const stream = new DeflateWriter().bits(1, 1).bits(1, 2).bits(0b1000000, 7).code({ value: 5, length: 5 }).bits(1, 1);
  return wrap(gzipSync('').subarray(0, 10), stream.bits(0, 7).toBuffer(), Buffer.from('abc'));
}

/** A file that ends in the head of a block: the lengths of the codes of lengths, as they stand there, and more bits. */
function dynamicHead(lengths: readonly number[], ...bits: number[]): Buffer {
  // The first three are for repetitions, the first of the length before.
  const stream = new DeflateWriter()
    .bits(1, 1)
    .bits(2, 2)
    .bits(0, 5)
    .bits(0, 5)
    .bits(Math.max(lengths.length - 4, 0), 4);
  for (const length of [...lengths, 0, 0].slice(0, Math.max(lengths.length, 4))) stream.bits(length, 3);
  for (const bit of bits) stream.bits(bit, bit === 0 ? 1 : 2);
  return Buffer.concat([gzipSync('').subarray(0, 10), stream.toBuffer()]);
}

function withHeaderChecksum(change: number): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 3]);
  return wrap(Buffer.concat([head, number((crc32(head) & 0xffff) ^ change, 2)]), deflateRawSync('x'), Buffer.from('x'));
}
