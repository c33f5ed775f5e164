import { type Kernel, releaseKernel, takeKernel } from '../kernel/kernel.ts';
import { TextStorage } from '../kernel/text-storage.ts';
import { BadLogFileError } from '../records/bad-log-file.ts';
import { expectZeros, isGzip } from './gzip-format.ts';
import { type ByteSource, iteratorOf } from './pieces.ts';

/**
 * Inflates a gzip file (RFC 1952) of one or more members. After the last member only zero bytes may follow.
 * `gunzip` and `gunzipByZlib` have the same outcome.
 *
 * @param compressed the file; its errors pass through unchanged
 * @param storage where the text may be put, so that it need not be copied
 * @returns the text in pieces, each of them valid only until the next one is requested
 * @throws BadLogFileError `gzip-corrupt`, `gzip-truncated` or `gzip-trailing-bytes`
 */
export type Inflate = (compressed: ByteSource, storage?: TextStorage) => AsyncGenerator<Uint8Array, void, void>;

/** Inflates by our own WebAssembly or, where SIMD is not available, by node:zlib. */
export const gunzip: Inflate = (compressed, storage) => {
  if (storage?.kernel !== undefined) return gunzipBy(storage.kernel, compressed, storage);
  const kernel = takeKernel();
  return kernel === undefined ? gunzipWithoutKernel(compressed) : gunzipAlone(kernel, compressed);
};

/** Loads node:zlib only where needed: this takes a tenth of the time that a small file takes. */
async function* gunzipWithoutKernel(compressed: ByteSource): AsyncGenerator<Uint8Array, void, void> {
  const { gunzipByZlib } = await import('./zlib-gunzip.ts');
  yield* gunzipByZlib(compressed);
}

async function* gunzipAlone(kernel: Kernel, compressed: ByteSource): AsyncGenerator<Uint8Array, void, void> {
  const storage = new TextStorage(kernel, kernel.free.value);
  storage.neededFrom = Number.POSITIVE_INFINITY;
  try {
    yield* gunzipBy(kernel, compressed, storage);
  } finally {
    releaseKernel(kernel);
  }
}

/** The farthest that a repetition reaches back. */
const WINDOW_BYTES = 32 * 1024;
/** Room for text that a kernel gets. More does not fit into a CPU's cache; less must be made too often. */
const ROOM_BYTES = 128 * 1024;

// What `inflate` of a kernel returns.
const MORE = 0;
const END = 2;
const CORRUPT = 3;
const TRUNCATED = 4;

async function* gunzipBy(
  kernel: Kernel,
  compressed: ByteSource,
  storage: TextStorage,
): AsyncGenerator<Uint8Array, void, void> {
  const file = new CompressedFile(kernel, iteratorOf(compressed));
  try {
    do {
      await passHeader(file, kernel);
      yield* inflateMember(file, kernel, storage);
    } while ((await file.has(1)) && file.unread[0] !== 0);
    while (await file.has(1)) {
      expectZeros(file.unread, file.offset);
      await file.take(file.unread.length);
    }
  } finally {
    await file.close();
  }
}

/** A compressed file. A part of it is in a kernel's input. */
class CompressedFile {
  private readonly kernel: Kernel;
  private readonly pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  /** Whether the input holds the end of the file. */
  private ended = false;
  /** The part of the latest piece that is not in the input yet. */
  private piece: Uint8Array = new Uint8Array(0);
  /** The unread bytes lie between these indices of the input. */
  private start = 0;
  private end = 0;
  /** Bytes of the file that came before the input's first. */
  private origin = 0;
  private view: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(kernel: Kernel, pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>) {
    this.kernel = kernel;
    this.pieces = pieces;
  }

  get offset(): number {
    return this.origin + this.start;
  }

  get unread(): Uint8Array {
    return this.input.subarray(this.start, this.end);
  }

  /** Whether at least `count` bytes of the file are left. If so, they are in the input afterwards. */
  async has(count: number): Promise<boolean> {
    while (this.end - this.start < count && !this.ended) await this.fetch();
    return this.end - this.start >= count;
  }

  /** Returns the next bytes, in the kernel's memory; they are valid until the next call. */
  async take(count: number): Promise<Uint8Array> {
    if (!(await this.has(count))) throw truncated(this);
    this.start += count;
    return this.input.subarray(this.start - count, this.start);
  }

  /** Lets the kernel read the input. @param limit where the room for text ends */
  inflate(limit: number): number {
    const inputAt = this.kernel.input.value;
    const outcome = this.kernel.inflate(inputAt + this.start, inputAt + this.end, this.ended, limit);
    this.start = Math.min(this.kernel.position.value - inputAt, this.end);
    return outcome;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.pieces.return?.();
  }

  /** The kernel's input. After the end of the file, it needs a margin of zeros. */
  private get input(): Uint8Array<ArrayBuffer> {
    const { memory, input, INPUT_BYTES, MARGIN } = this.kernel;
    // The memory has another buffer when it has grown.
    if (this.view.buffer !== memory.buffer) {
      this.view = new Uint8Array(memory.buffer, input.value, INPUT_BYTES.value + MARGIN.value);
    }
    return this.view;
  }

  private async fetch(): Promise<void> {
    const margin = this.kernel.MARGIN.value;
    if (this.piece.length === 0) {
      const { done, value } = await this.pieces.next();
      if (done) this.ended = true;
      else this.piece = value;
    }
    const { input } = this;
    input.copyWithin(0, this.start, this.end);
    this.origin += this.start;
    this.end -= this.start;
    this.start = 0;
    if (this.ended) {
      input.fill(0, this.end, this.end + margin);
      return;
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

async function passHeader(file: CompressedFile, kernel: Kernel): Promise<void> {
  let checksum = 0;
  const next = async (count: number) => {
    const bytes = await file.take(count);
    checksum = kernel.crc32(bytes.byteOffset, bytes.byteOffset + bytes.length, checksum);
    return bytes;
  };
  if (!isGzip(await next(2))) throw corrupt(file, 'a gzip header');
  const [method, flags = 0] = await next(2);
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

async function* inflateMember(
  file: CompressedFile,
  kernel: Kernel,
  storage: TextStorage,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  kernel.beginStream(storage.address + storage.end);
  for (let outcome = MORE; outcome !== END; ) {
    if (outcome === MORE) await file.has(kernel.MARGIN.value);
    storage.makeRoom(ROOM_BYTES, WINDOW_BYTES);
    outcome = file.inflate(storage.address + storage.bytes.length);
    if (outcome === CORRUPT) throw corrupt(file, 'sound compressed data');
    if (outcome === TRUNCATED) throw truncated(file);
    const start = storage.end;
    storage.end = kernel.textEnd.value - storage.address;
    size += storage.end - start;
    if (storage.end > start) yield storage.bytes.subarray(start, storage.end);
  }
  const checksum = kernel.checksum.value >>> 0;
  if (littleEndian(await file.take(4)) !== checksum) throw corrupt(file, 'the checksum of the text');
  if (littleEndian(await file.take(4)) !== size % 2 ** 32) throw corrupt(file, 'the length of the text');
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
