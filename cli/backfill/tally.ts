import type { SkippedObject } from '../../shared/cloudtrail/object-key.ts';
import { placeOf } from '../../shared/errors.ts';
import type { LogFileReport } from '../../shared/ingest/ingest-log-file.ts';
import { type LogFileCounts, NO_COUNTS } from '../../shared/store/ledger-entry.ts';
import type { Archived, FoundObject } from './found-object.ts';
import { Unselected } from './unselected.ts';

/** A log file of which something is not stored, by its place, and why. */
export interface BackfillProblem {
  logFile: string;
  /** `unreadable`: a file on this machine; `records-quarantined`: the rest of it is stored. */
  outcome: 'failed' | 'quarantined' | 'records-quarantined' | 'unreadable';
  detail: string;
}

/** A log file that cannot be read before it is restored. */
export interface ArchivedLogFile extends Archived {
  bucket: string;
  key: string;
}

/** Keeps count of what a backfill finds and does. */
export class Tally {
  /** All objects found in what was asked for, those that are skipped included. */
  readonly listed = { files: 0, bytes: 0 };
  readonly skipped = new Map<SkippedObject, number>();
  /** Prefixes of other services, which were not listed. */
  readonly passedOver = new Set<string>();
  /** What is there and was not selected. */
  readonly unselected = new Unselected();
  listingRequests = 0;
  listingDone = false;
  /** Log files that are done with, for the time being: their books may still be written. */
  readonly done = { files: 0, bytes: 0 };
  /** Events that are new to the table. */
  eventsStored = 0;
  /** Log files of which the books say now that they are read; and what the books say. */
  read = 0;
  readonly books: LogFileCounts = { ...NO_COUNTS };
  /** Log files that were done before. */
  known = 0;
  quarantined = 0;
  failed = 0;
  /** Announced to a queue. */
  sent = 0;
  unreadable = 0;
  /** Left out, because they cannot be read. */
  readonly archived: ArchivedLogFile[] = [];
  readonly problems: BackfillProblem[] = [];

  skip(reason: SkippedObject, bytes: number): void {
    this.list(bytes);
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  list(bytes: number): void {
    this.listed.files += 1;
    this.listed.bytes += bytes;
  }

  advance(bytes: number, eventsStored = 0): void {
    this.done.files += 1;
    this.done.bytes += bytes;
    this.eventsStored += eventsStored;
  }

  report(file: FoundObject, report: LogFileReport): void {
    switch (report.outcome) {
      case 'ingested':
        this.read += 1;
        for (const name of BOOKS) this.books[name] += report.counts[name];
        for (const { detail } of report.problems) this.problem(file, 'records-quarantined', detail);
        return;
      case 'already-ingested':
        this.known += 1;
        if (report.counts.recordsQuarantined > 0) {
          this.problem(
            file,
            'records-quarantined',
            `${report.counts.recordsQuarantined} of its records are in quarantine`,
          );
        }
        return;
      case 'already-discarded':
        this.known += 1;
        return;
      case 'quarantined':
      case 'already-quarantined':
        this.quarantined += 1;
        this.problem(file, 'quarantined', report.detail);
        return;
      case 'skipped':
        // Its key was looked at before.
        throw new Error(`${placeOf(file)} was to be read, and was skipped`);
    }
  }

  archive({ bucket, key }: FoundObject, { tier, restoring }: Archived): void {
    this.archived.push({ bucket, key, tier, restoring });
  }

  fail(file: FoundObject, detail: string): void {
    this.failed += 1;
    this.problem(file, 'failed', detail);
  }

  cannotRead(path: string, detail: string): void {
    this.unreadable += 1;
    this.problems.push({ logFile: path, outcome: 'unreadable', detail });
  }

  /** Log files that were selected. */
  get selected(): number {
    return this.listed.files - [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
  }

  /** There are log files, and none of them was selected. */
  get nothingSelected(): boolean {
    return this.selected === 0 && !this.unselected.isEmpty;
  }

  /** Log files that were selected, and then not begun. */
  get left(): number {
    const { read, known, quarantined, failed, sent, archived } = this;
    return this.selected - read - known - quarantined - failed - sent - archived.length;
  }

  private problem(file: FoundObject, outcome: BackfillProblem['outcome'], detail: string): void {
    this.problems.push({ logFile: placeOf(file), outcome, detail });
  }
}

const BOOKS = Object.keys(NO_COUNTS) as (keyof LogFileCounts)[];
