import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { gunzip } from '../log-file/gunzip.ts';
import { isGzip } from '../log-file/gzip-format.ts';
import { coalesce } from '../log-file/pieces.ts';
import { BadLogFileError, DEFAULT_CAPS } from '../log-file/read-log-file.ts';
import type { FindingKind } from './finding.ts';

/** Why a log file is not what its digest says. */
export interface ContentProblem {
  kind: Extract<FindingKind, 'log-file-modified' | 'log-file-trailing-bytes'>;
  detail: string;
}

const PIECE_BYTES = 256 * 1024;

/**
 * Compares a log file with the hash that its digest has of it, in constant memory.
 * @param open begins to read the object's bytes; called again to find out where an invalid file is wrong. Errors of the stream
 *   are passed on
 * @param sha256 hex, of the uncompressed bytes
 * @returns undefined if it is the same
 */
export async function checkLogFile(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  sha256: string,
): Promise<ContentProblem | undefined> {
  const reading = newReading();
  try {
    await inflate(await open(), reading);
  } catch (error) {
    if (!(error instanceof BadLogFileError)) throw error;
    const { message: detail } = error;
    return (await endsEarly(error, open, sha256)) ? trailing(detail) : { kind: 'log-file-modified', detail };
  }
  if (reading.hash.digest('hex') !== sha256.toLowerCase()) {
    return { kind: 'log-file-modified', detail: `expected the SHA-256 ${sha256} of its digest` };
  }
  return endsInTime(reading) ? undefined : trailing('expected the file to end with its gzip stream');
}

/** Whether the content is complete, and only bytes after it, which are not another gzip member, made zlib fail. */
async function endsEarly(
  { code }: BadLogFileError,
  open: () => Promise<AsyncIterable<Uint8Array>>,
  sha256: string,
): Promise<boolean> {
  if (code === 'gzip-trailing-bytes') return true;
  if (code !== 'gzip-corrupt' && code !== 'gzip-truncated') return false;
  const reading = newReading();
  const deflated = createInflateRaw();
  let headerBytes = 0;
  async function* withoutHeader(body: AsyncIterable<Uint8Array>) {
    for await (const piece of watched(body, reading)) {
      const isFirst = headerBytes === 0;
      if (isFirst) headerBytes = gzipHeaderBytes(piece);
      yield isFirst ? piece.subarray(headerBytes) : piece;
    }
  }
  try {
    await pipeline(withoutHeader(await open()), deflated, async (texts: AsyncIterable<Uint8Array>) => {
      for await (const text of texts) takeText(text, reading);
    });
  } catch (error) {
    if (error instanceof BadLogFileError || String((error as { code?: unknown }).code).startsWith('Z_')) return false;
    throw error;
  }
  const isWhole = reading.hash.digest('hex') === sha256.toLowerCase();
  return isWhole && reading.compressed > headerBytes + deflated.bytesWritten + GZIP_TRAILER_BYTES;
}

const GZIP_TRAILER_BYTES = 8;

/** RFC 1952, section 2.3. */
function gzipHeaderBytes(file: Uint8Array): number {
  const flags = file[3] ?? 0;
  let end = 10;
  if (flags & 0x04) end += 2 + (file[end] ?? 0) + 256 * (file[end + 1] ?? 0);
  for (const isText of [flags & 0x08, flags & 0x10]) if (isText) end = file.indexOf(0, end) + 1 || file.length;
  return flags & 0x02 ? end + 2 : end;
}

/** A gzip stream ends in the length of its text; zero bytes, or a member without text, may follow it unseen by zlib. */
function endsInTime({ last, bytes }: Reading): boolean {
  return last.length === 4 && last.readUInt32LE() === bytes % 2 ** 32;
}

/**
 * Hashes the uncompressed bytes of a log file, in constant memory.
 * @returns the SHA-256, hex
 * @throws {BadLogFileError} if it is no gzip file
 */
export async function hashLogFile(body: AsyncIterable<Uint8Array>): Promise<string> {
  const reading = newReading();
  await inflate(body, reading);
  return reading.hash.digest('hex');
}

interface Reading {
  hash: Hash;
  bytes: number;
  compressed: number;
  /** The last four bytes as stored. */
  last: Buffer;
}

function newReading(): Reading {
  return { hash: createHash('sha256'), bytes: 0, compressed: 0, last: Buffer.alloc(0) };
}

async function inflate(body: AsyncIterable<Uint8Array>, reading: Reading): Promise<void> {
  for await (const text of gunzip(watched(body, reading))) {
    takeText(text, reading);
  }
}

function takeText(text: Uint8Array, reading: Reading): void {
  reading.bytes += text.length;
  checkCaps(reading);
  reading.hash.update(text);
}

async function* watched(body: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  for await (const piece of coalesce(body, PIECE_BYTES)) {
    if (reading.compressed === 0 && !isGzip(piece)) throw new BadLogFileError('not-gzip-or-json', 0, 'expected gzip');
    reading.compressed += piece.length;
    reading.last = Buffer.concat([reading.last, piece.subarray(-4)]).subarray(-4);
    yield piece;
  }
  if (reading.compressed === 0) throw new BadLogFileError('empty', 0, 'expected gzip');
}

/** CloudTrail writes no such files, so they are not read to their end. */
function checkCaps({ bytes, compressed }: Reading): void {
  const { uncompressedBytes, ratio, ratioFreeBytes } = DEFAULT_CAPS;
  if (bytes > uncompressedBytes) {
    throw new BadLogFileError('uncompressed-bytes-cap', bytes, `at most ${uncompressedBytes} bytes of text are read`);
  }
  if (bytes > ratioFreeBytes && bytes > ratio * compressed) {
    throw new BadLogFileError('ratio-cap', bytes, `at most ${ratio} bytes of text for each compressed byte`);
  }
}

function trailing(detail: string): ContentProblem {
  return { kind: 'log-file-trailing-bytes', detail };
}
