import { createHash, type Hash } from 'node:crypto';
import { coalesce } from '../log-file/coalesce.ts';
import { gunzip, isGzip } from '../log-file/gunzip.ts';
import { BadLogFileError, DEFAULT_CAPS } from '../log-file/read-log-file.ts';
import type { FindingKind } from './finding.ts';

/** Why a log file is not what its digest says. */
export interface LogFileProblem {
  kind: Extract<FindingKind, 'log-file-modified' | 'log-file-trailing-bytes'>;
  detail: string;
}

const PIECE_BYTES = 256 * 1024;

/**
 * Compares a log file with the hash that its digest has of it, in constant memory.
 * @param body the object's bytes; an error of this stream is thrown on
 * @param sha256 hex, of the uncompressed bytes
 * @returns nothing when it is the same
 */
export async function checkLogFile(
  body: AsyncIterable<Uint8Array>,
  sha256: string,
): Promise<LogFileProblem | undefined> {
  try {
    const { sha256: actual, endsInTime } = await hashLogFile(body);
    if (actual !== sha256.toLowerCase()) {
      return { kind: 'log-file-modified', detail: `expected the SHA-256 ${sha256} of its digest` };
    }
    return endsInTime ? undefined : trailing('expected the file to end with its gzip stream');
  } catch (error) {
    if (!(error instanceof BadLogFileError)) throw error;
    if (error.code === 'gzip-trailing-bytes') return trailing(error.message);
    return { kind: 'log-file-modified', detail: error.message };
  }
}

/**
 * Hashes the uncompressed bytes of a log file, in constant memory.
 * @returns the SHA-256, hex; and whether the file ends with its gzip stream: zero bytes, or a member without text, may follow
 *   unseen by zlib, but a gzip stream ends in the length of its text
 * @throws {BadLogFileError} when it is no gzip file
 */
export async function hashLogFile(body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; endsInTime: boolean }> {
  const reading: Reading = { hash: createHash('sha256'), bytes: 0, compressed: 0, last: Buffer.alloc(0) };
  for await (const text of gunzip(watched(body, reading))) {
    reading.bytes += text.length;
    checkCaps(reading);
    reading.hash.update(text);
  }
  const ending = reading.last.length === 4 ? reading.last.readUInt32LE() : -1;
  return { sha256: reading.hash.digest('hex'), endsInTime: ending === reading.bytes % 2 ** 32 };
}

interface Reading {
  hash: Hash;
  bytes: number;
  compressed: number;
  /** The last four bytes as stored. */
  last: Buffer;
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

/** CloudTrail writes nothing of the kind, so this need not be read to its end. */
function checkCaps({ bytes, compressed }: Reading): void {
  const { uncompressedBytes, ratio, ratioFreeBytes } = DEFAULT_CAPS;
  if (bytes > uncompressedBytes) {
    throw new BadLogFileError('uncompressed-bytes-cap', bytes, `at most ${uncompressedBytes} bytes of text are read`);
  }
  if (bytes > ratioFreeBytes && bytes > ratio * compressed) {
    throw new BadLogFileError('ratio-cap', bytes, `at most ${ratio} bytes of text for each compressed byte`);
  }
}

function trailing(detail: string): LogFileProblem {
  return { kind: 'log-file-trailing-bytes', detail };
}
