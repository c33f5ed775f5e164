import type { RecordBatch } from './read-log-file.ts';

/** Bytes of records that may wait for the end of their file. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** What a record costs besides its bytes: a file can consist of millions of one byte each. */
const BYTES_PER_RECORD = 256;

/**
 * Records that wait for the end of their file, where a gzip file has its checksum. A file with more wanted records than may
 * wait must be read a second time.
 */
export class HeldRecords {
  private readonly maxBytes: number;
  private bytes = 0;
  private batch: RecordBatch | undefined = { kept: [], bad: [] };

  constructor(maxBytes = MAX_HELD_BYTES) {
    this.maxBytes = maxBytes;
  }

  add({ kept, bad }: RecordBatch): void {
    for (const { bytes } of kept) this.bytes += BYTES_PER_RECORD + bytes.length;
    for (const { bytes } of bad) this.bytes += BYTES_PER_RECORD + bytes.length;
    if (this.bytes > this.maxBytes) this.batch = undefined;
    // One by one: the number of arguments of a call is limited.
    for (const record of kept) this.batch?.kept.push(record);
    for (const record of bad) this.batch?.bad.push(record);
  }

  /** Returns all records; undefined if there were too many to be held. */
  all(): RecordBatch | undefined {
    return this.batch;
  }
}
