import type { SkippedObject } from '../../shared/cloudtrail/object-key.ts';
import { type LogFileCounts, NO_COUNTS } from '../../shared/store/ledger-entry.ts';
import {
  type Archived,
  addCounts,
  type FileProblem,
  type FileResult,
  type ListedFile,
  problemsOf,
} from './file-result.ts';
import { Unselected } from './unselected.ts';

/** A log file that cannot be read before it is restored. */
export interface ArchivedLogFile extends Archived {
  bucket: string;
  key: string;
}

/** Counts what is found and done while many log files are worked on. */
export class Tally {
  /** All objects found where log files were looked for, those that are skipped included. */
  readonly listed = { files: 0, bytes: 0 };
  readonly skipped = new Map<SkippedObject, number>();
  /** Prefixes of other services, which were not listed. */
  readonly passedOver = new Set<string>();
  /** What was found, but not selected. */
  readonly unselected = new Unselected();
  listingRequests = 0;
  listingDone = false;
  /** For progress: processed log files; their ledger entries may not be written yet. */
  readonly done = { files: 0, bytes: 0, eventsStored: 0 };
  /** Records of the log files that were ingested. */
  counts: LogFileCounts = NO_COUNTS;
  unreadable = 0;
  readonly archived: ArchivedLogFile[] = [];
  readonly problems: FileProblem[] = [];
  private readonly advanced = new WeakSet<ListedFile>();
  private readonly outcomes = new Map<FileResult['outcome'], number>();

  list(bytes: number): void {
    this.listed.files += 1;
    this.listed.bytes += bytes;
  }

  skip(reason: SkippedObject, bytes: number): void {
    this.list(bytes);
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  cannotRead(path: string, detail: string): void {
    this.unreadable += 1;
    this.problems.push({ logFile: path, outcome: 'unreadable', detail });
  }

  /** Counts a file once, also if it is tried again. */
  advance(file: ListedFile, eventsStored = 0): void {
    if (this.advanced.has(file)) return;
    this.advanced.add(file);
    this.done.files += 1;
    this.done.bytes += file.size;
    this.done.eventsStored += eventsStored;
  }

  add(file: ListedFile, result: FileResult): void {
    this.outcomes.set(result.outcome, this.count(result.outcome) + 1);
    this.problems.push(...problemsOf(file, result));
    if (result.outcome === 'ingested') this.counts = addCounts(this.counts, result.counts);
    if (result.outcome === 'archived') {
      const { bucket, key } = file;
      this.archived.push({ bucket, key, tier: result.tier, restoring: result.restoring });
    }
  }

  /** The number of log files with one of these outcomes. */
  count(...outcomes: FileResult['outcome'][]): number {
    return outcomes.reduce((sum, outcome) => sum + (this.outcomes.get(outcome) ?? 0), 0);
  }

  /** Log files that were selected. */
  get selected(): number {
    return this.listed.files - [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Log files that were selected, and then not begun. */
  get left(): number {
    return this.selected - this.count(...this.outcomes.keys());
  }

  /** There are log files, and none of them was selected. */
  get nothingSelected(): boolean {
    return this.selected === 0 && !this.unselected.isEmpty;
  }
}
