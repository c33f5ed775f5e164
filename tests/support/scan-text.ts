import { BadLogFileError } from '../../shared/records/bad-log-file.ts';
import { type RecordBatch, RecordScanner, type ScannerCaps } from '../../shared/records/record-scanner.ts';
import type { ReferenceResult } from './reference-reader.ts';

export interface BadFile {
  code: string;
  offset: number;
}

const CAPS: ScannerCaps = { recordBytes: 8 * 1024 ** 2, depth: 1000, records: 5_000_000 };

/** Reads a text given in pieces and returns what the reference would, or why the file is bad. */
export function scanText(
  pieces: Iterable<Uint8Array>,
  eventSources: readonly string[],
  options: { useSkimmer: boolean; caps?: Partial<ScannerCaps> },
): ReferenceResult | BadFile {
  const scanner = new RecordScanner(eventSources, { ...CAPS, ...options.caps }, options.useSkimmer);
  const batches: RecordBatch[] = [];
  try {
    for (const piece of pieces) batches.push(scanner.push(piece));
    batches.push(scanner.finish());
  } catch (error) {
    if (error instanceof BadLogFileError) return { code: error.code, offset: error.offset };
    throw error;
  } finally {
    scanner.close();
  }
  return { recordsRead: scanner.recordsRead, ...joinBatches(batches) };
}

/** The records of all batches in the form of the reference. */
export function joinBatches(batches: readonly RecordBatch[]): Pick<ReferenceResult, 'kept' | 'bad'> {
  return {
    kept: batches
      .flatMap(({ kept }) => kept)
      .map(({ bytes, isCompact: _, ...place }) => ({ ...place, text: latin1(bytes) })),
    bad: batches.flatMap(({ bad }) => bad).map(({ bytes, ...place }) => ({ ...place, text: latin1(bytes) })),
  };
}

/** Cuts bytes into pieces of the given lengths, over and over. */
export function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
