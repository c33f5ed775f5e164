import { crc32 } from 'node:zlib';
import { BadLogFileError } from '../records/bad-log-file.ts';
import { Inflater } from './inflater.ts';
import { expectZeros, gunzipByZlib } from './zlib-gunzip.ts';

/** Whether a file that begins with these bytes is compressed; its name and Content-Encoding say nothing reliable. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** `gunzip`, or `gunzipByZlib`, which gives the same outcome for the same file. */
export type Inflate = (compressed: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, void>;

/**
 * Inflates a gzip file (RFC 1952), by our own WebAssembly where available, of one or more members. After the last member only zero bytes may follow.
 *
 * @param compressed the file; an error of this stream is thrown on as it is
 * @returns the text in pieces, each of them valid only until the next one is asked for
 * @throws BadLogFileError `gzip-corrupt`, `gzip-truncated` or `gzip-trailing-bytes`
 */
export function gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const inflater = Inflater.create();
  return inflater === undefined ? gunzipByZlib(compressed) : gunzipBy(inflater, compressed);
}

async function* gunzipBy(
  inflater: Inflater,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const file = new CompressedFile(compressed[Symbol.asyncIterator](), inflater);
  try {
    do {
      await passHeader(file);
      yield* inflateMember(file);
    } while ((await file.has(1)) && file.unread[0] !== 0);
    while (await file.has(1)) {
      expectZeros(file.unread, file.offset);
      file.take(file.unread.length);
    }
  } finally {
    inflater.release();
    await file.close();
  }
}

/** The part of a compressed file that is in an inflater's input. */
class CompressedFile {
  readonly inflater: Inflater;
  /** Whether the input holds the end of the file. */
  ended = false;

  private readonly pieces: AsyncIterator<Uint8Array>;
  /** What is left of the piece that came last. */
  private piece: Uint8Array = new Uint8Array(0);
  /** What is not read lies between these indices of the input. */
  private start = 0;
  private end = 0;
  /** Bytes of the file that came before the input's first. */
  private origin = 0;

  constructor(pieces: AsyncIterator<Uint8Array>, inflater: Inflater) {
    this.pieces = pieces;
    this.inflater = inflater;
  }

  get offset(): number {
    return this.origin + this.start;
  }

  get unread(): Uint8Array {
    return this.inflater.input.subarray(this.start, this.end);
  }

  /** Whether the file goes on for at least `count` bytes, which then are in the input. */
  async has(count: number): Promise<boolean> {
    while (this.end - this.start < count && !this.ended) await this.fetch();
    return this.end - this.start >= count;
  }

  /** Reads over bytes that are in the input, and returns them; they are valid until the next `has`. */
  take(count: number): Uint8Array {
    this.start += count;
    return this.inflater.input.subarray(this.start - count, this.start);
  }

  /** Lets the inflater read what is in the input. */
  inflate(): ReturnType<Inflater['inflate']> {
    const outcome = this.inflater.inflate(this.start, this.end, this.ended);
    this.start = Math.min(this.inflater.position, this.end);
    return outcome;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.pieces.return?.();
  }

  private async fetch(): Promise<void> {
    const { input, margin } = this.inflater;
    input.copyWithin(0, this.start, this.end);
    this.origin += this.start;
    this.end -= this.start;
    this.start = 0;
    if (this.piece.length === 0) {
      const { done, value } = await this.pieces.next();
      if (done) {
        this.ended = true;
        input.fill(0, this.end, this.end + margin);
        return;
      }
      this.piece = value;
    }
    const room = input.length - margin - this.end;
    input.set(this.piece.subarray(0, room), this.end);
    this.end += Math.min(room, this.piece.length);
    this.piece = this.piece.subarray(room);
  }
}

// The flags of a member's header (RFC 1952, 2.3.1).
const HAS_CHECKSUM = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0xe0;
const DEFLATE = 8;

async function passHeader(file: CompressedFile): Promise<void> {
  let checksum = 0;
  const next = async (count: number) => {
    const bytes = await take(file, count);
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  if (!isGzip(await next(2))) throw corrupt(file, 'a gzip header');
  const [method, flags] = (await next(2)) as unknown as [number, number];
  if (method !== DEFLATE || flags & RESERVED) throw corrupt(file, 'a known compression method and flags');
  await next(6);
  if (flags & HAS_EXTRA) await next(littleEndian(await next(2)));
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if (flags & flag) while ((await next(1))[0] !== 0);
  }
  const expected = checksum & 0xffff;
  if (flags & HAS_CHECKSUM && littleEndian(await next(2)) !== expected)
    throw corrupt(file, 'the checksum of the header');
}

async function* inflateMember(file: CompressedFile): AsyncGenerator<Uint8Array, void, void> {
  const { inflater } = file;
  let checksum = 0;
  let size = 0;
  inflater.begin();
  for (let outcome = 'more'; outcome !== 'end'; ) {
    if (outcome === 'more') await file.has(inflater.margin);
    outcome = file.inflate();
    if (outcome === 'corrupt') throw corrupt(file, 'sound compressed data');
    if (outcome === 'truncated') throw truncated(file);
    const { text } = inflater;
    checksum = crc32(text, checksum);
    size += text.length;
    if (text.length > 0) yield text;
  }
  if (littleEndian(await take(file, 4)) !== checksum) throw corrupt(file, 'the checksum of the text');
  if (littleEndian(await take(file, 4)) !== size % 2 ** 32) throw corrupt(file, 'the length of the text');
}

async function take(file: CompressedFile, count: number): Promise<Uint8Array> {
  if (!(await file.has(count))) throw truncated(file);
  return file.take(count);
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}

function corrupt(file: CompressedFile, expectation: string): BadLogFileError {
  return new BadLogFileError('gzip-corrupt', file.offset, `expected ${expectation} before here`);
}

function truncated(file: CompressedFile): BadLogFileError {
  return new BadLogFileError('gzip-truncated', file.offset, 'expected more compressed data');
}
