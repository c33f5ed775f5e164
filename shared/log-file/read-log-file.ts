import type { Hash } from 'node:crypto';
import { BadLogFileError } from '../records/bad-log-file.ts';
import { type KeptRecord, type RecordBatch, RecordScanner, type ScannerCaps } from '../records/record-scanner.ts';
import { gunzip, type Inflate } from './gunzip.ts';
import { isGzip } from './gzip-format.ts';
import { type ByteSource, coalesce } from './pieces.ts';
import { utf16Of } from './utf16.ts';

export { type BadLogFileCode, BadLogFileError } from '../records/bad-log-file.ts';
export type { BadRecord, KeptRecord, RecordBatch } from '../records/record-scanner.ts';

/** A file that exceeds one of these is bad. */
export interface ReaderCaps extends ScannerCaps {
  /** Most bad records of a file. */
  badRecords: number;
  /** Longest text of a file, in bytes. */
  uncompressedBytes: number;
  /** Most bytes of text for each compressed byte, once the text is longer than `ratioFreeBytes`. */
  ratio: number;
  ratioFreeBytes: number;
}

export const DEFAULT_CAPS: ReaderCaps = {
  recordBytes: 8 * 1024 ** 2,
  depth: 1_000,
  uncompressedBytes: 2 * 1024 ** 3,
  records: 5_000_000,
  badRecords: 1_000,
  ratio: 1_000,
  ratioFreeBytes: 64 * 1024 ** 2,
};

interface ReadSettings {
  caps: Partial<ReaderCaps> | undefined;
  /** Returns why a kept record is bad, if it is. Such records count toward the cap on bad records. */
  problemOf: (record: KeptRecord) => string | undefined;
  /** Is updated with the uncompressed bytes. */
  hash: Hash | undefined;
  /** `gunzipByZlib` gives a second opinion on a file that was found bad. */
  inflate: Inflate;
}

const DEFAULTS: ReadSettings = { caps: undefined, problemOf: () => undefined, hash: undefined, inflate: gunzip };

export interface ReadOptions extends Partial<ReadSettings> {
  /** Records with one of these as their own top-level `eventSource` are kept. */
  eventSources: readonly string[];
  /**
   * Takes the records found in a piece of text, in file order; reading goes on when it has settled. The file may still prove
   * bad: trust the records only after `readLogFile` has returned.
   */
  onRecords(batch: RecordBatch): void | Promise<void>;
}

export interface ReadCounts {
  recordsRead: number;
  recordsKept: number;
  recordsBad: number;
  /** Bytes of the file as it came. */
  compressedBytes: number;
  uncompressedBytes: number;
  gzip: boolean;
}

/** First bytes of a file that is not compressed: a byte order mark, white space, an opening bracket. */
const PLAIN_TEXT_STARTS: ReadonlySet<number | undefined> = new Set([0xef, 0x20, 0x09, 0x0a, 0x0d, 0x7b, 0x5b]);

const COMPRESSED_PIECE_BYTES = 256 * 1024;

/**
 * Reads a CloudTrail log file from beginning to end in constant memory, checks all of it, and hands out the wanted
 * records.
 *
 * @throws BadLogFileError if it is not a valid log file or exceeds a cap; errors of `source` and `onRecords` pass through
 *   unchanged. In each case the source has been closed.
 */
export async function readLogFile(source: ByteSource, options: ReadOptions): Promise<ReadCounts> {
  const reading = new Reading({ ...DEFAULTS, ...options });
  const pieces = coalesce(source, COMPRESSED_PIECE_BYTES);
  try {
    const first = await pieces.next();
    if (first.done) throw new BadLogFileError('empty', 0, 'expected gzip or JSON');
    return await reading.run(first.value, pieces);
  } finally {
    reading.close();
    await pieces.return();
  }
}

class Reading {
  private readonly options: ReadOptions & ReadSettings;
  private readonly caps: ReaderCaps;
  private readonly scanner: RecordScanner;
  private badRecords = 0;
  private readonly counts = { recordsKept: 0, recordsBad: 0, compressedBytes: 0, uncompressedBytes: 0 };

  constructor(options: ReadOptions & ReadSettings) {
    this.options = options;
    this.caps = { ...DEFAULT_CAPS, ...options.caps };
    this.scanner = new RecordScanner(options.eventSources, this.caps);
  }

  async run(first: Uint8Array, rest: AsyncIterable<Uint8Array>): Promise<ReadCounts> {
    const gzip = isGzip(first);
    if (!gzip) expectUtf8(first);
    if (!gzip && !PLAIN_TEXT_STARTS.has(first[0])) {
      throw new BadLogFileError('not-gzip-or-json', 0, 'expected gzip magic bytes or a JSON object');
    }
    const file = this.countCompressed(first, rest);
    for await (const text of gzip ? this.options.inflate(file, this.scanner.text) : file) await this.readText(text);
    await this.handOut(this.scanner.finish());
    return { recordsRead: this.scanner.recordsRead, ...this.counts, gzip };
  }

  close(): void {
    this.scanner.close();
  }

  private async *countCompressed(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.counts.compressedBytes = first.length;
    yield first;
    for await (const piece of rest) {
      this.counts.compressedBytes += piece.length;
      yield piece;
    }
  }

  private async readText(text: Uint8Array): Promise<void> {
    if (this.counts.uncompressedBytes === 0) expectUtf8(text);
    this.counts.uncompressedBytes += text.length;
    this.checkCaps();
    this.options.hash?.update(text);
    await this.handOut(this.scanner.push(text));
  }

  private async handOut(batch: RecordBatch): Promise<void> {
    this.checkBadRecords(batch);
    this.counts.recordsKept += batch.kept.length;
    this.counts.recordsBad += batch.bad.length;
    if (batch.kept.length > 0 || batch.bad.length > 0) await this.options.onRecords(batch);
  }

  private checkBadRecords({ kept, bad }: RecordBatch): void {
    const { caps, options } = this;
    const problems = kept.filter((record) => options.problemOf(record) !== undefined);
    this.badRecords += bad.length + problems.length;
    if (this.badRecords <= caps.badRecords) return;
    const offset = Math.max(...[bad.at(-1), problems.at(-1)].map((record) => record?.offset ?? 0));
    throw new BadLogFileError('bad-records-cap', offset, `at most ${caps.badRecords} bad records before here`);
  }

  private checkCaps(): void {
    const { compressedBytes, uncompressedBytes } = this.counts;
    const { uncompressedBytes: most, ratio, ratioFreeBytes } = this.caps;
    if (uncompressedBytes > most) {
      throw new BadLogFileError('uncompressed-bytes-cap', most, `at most ${most} bytes of text are read`);
    }
    if (uncompressedBytes > ratioFreeBytes && uncompressedBytes > ratio * compressedBytes) {
      throw new BadLogFileError(
        'ratio-cap',
        uncompressedBytes,
        `at most ${ratio} bytes of text for each compressed byte`,
      );
    }
  }
}

/** @throws BadLogFileError if a text begins with the byte order mark of UTF-16 */
function expectUtf8(text: Uint8Array): void {
  const encoding = utf16Of(text);
  if (encoding !== undefined) throw new BadLogFileError('utf-16', 0, `expected UTF-8, found ${encoding}`);
}
