import type { SkippedObject } from '../../shared/delivery/object-key.ts';
import { s3Place } from '../../shared/errors.ts';
import type { LogFileReport } from '../../shared/pipeline.ts';
import { type LogFileBooks, NO_BOOKS } from '../../shared/store/ledger-entry.ts';
import type { FoundObject } from './found-object.ts';

/** A log file of which something is not stored, by its place, and why. */
export interface BackfillProblem {
  logFile: string;
  /** `unreadable`: a file on this machine; `records-quarantined`: the rest of it is stored. */
  outcome: 'failed' | 'quarantined' | 'records-quarantined' | 'unreadable';
  detail: string;
}

/** Keeps count of what a backfill finds and does. */
export class Tally {
  /** All objects found in what was asked for, those that are skipped included. */
  readonly listed = { files: 0, bytes: 0 };
  readonly skipped = new Map<SkippedObject, number>();
  /** Prefixes of other services, which were not listed. */
  readonly passedOver = new Set<string>();
  listingRequests = 0;
  listingDone = false;
  /** Log files that are done with, for the time being: their books may still be written. */
  readonly done = { files: 0, bytes: 0 };
  /** Events that are new to the table. */
  eventsStored = 0;
  /** Log files of which the books say now that they are read; and what the books say. */
  read = 0;
  readonly books: LogFileBooks = { ...NO_BOOKS };
  /** Log files that were done before. */
  known = 0;
  quarantined = 0;
  failed = 0;
  /** Announced to a queue. */
  sent = 0;
  unreadable = 0;
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
        for (const name of BOOKS) this.books[name] += report.books[name];
        for (const { detail } of report.problems) this.problem(file, 'records-quarantined', detail);
        return;
      case 'already-ingested':
        this.known += 1;
        if (report.books.recordsQuarantined > 0) {
          this.problem(
            file,
            'records-quarantined',
            `${report.books.recordsQuarantined} of its records are in quarantine`,
          );
        }
        return;
      case 'quarantined':
      case 'already-quarantined':
        this.quarantined += 1;
        this.problem(file, 'quarantined', report.detail);
        return;
      case 'skipped':
        // Its key was looked at before.
        throw new Error(`${s3Place(file)} was to be read, and was skipped`);
    }
  }

  fail(file: FoundObject, detail: string): void {
    this.failed += 1;
    this.problem(file, 'failed', detail);
  }

  cannotRead(path: string, detail: string): void {
    this.unreadable += 1;
    this.problems.push({ logFile: path, outcome: 'unreadable', detail });
  }

  /** Log files that were listed, and then not begun. */
  get left(): number {
    const skipped = [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
    return this.listed.files - skipped - this.read - this.known - this.quarantined - this.failed - this.sent;
  }

  private problem(file: FoundObject, outcome: BackfillProblem['outcome'], detail: string): void {
    this.problems.push({ logFile: file.path ?? s3Place(file), outcome, detail });
  }
}

const BOOKS = Object.keys(NO_BOOKS) as (keyof LogFileBooks)[];
