import type { RecordBatch } from './read-log-file.ts';

/** Bytes of records that may wait for the end of their file. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/**
 * Records that wait until their file has proved good: the checksum of a gzip file stands at its end. A file with more
 * wanted records than may wait is to be read a second time.
 */
export class HeldRecords {
  private readonly maxBytes: number;
  private bytes = 0;
  private batch: RecordBatch | undefined = { kept: [], bad: [] };

  constructor(maxBytes = MAX_HELD_BYTES) {
    this.maxBytes = maxBytes;
  }

  add({ kept, bad }: RecordBatch): void {
    for (const record of [...kept, ...bad]) this.bytes += record.bytes.length;
    if (this.bytes > this.maxBytes) this.batch = undefined;
    this.batch?.kept.push(...kept);
    this.batch?.bad.push(...bad);
  }

  /** All records, or nothing when they were too many to be held. */
  all(): RecordBatch | undefined {
    return this.batch;
  }
}
