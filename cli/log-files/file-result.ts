import { placeOf } from '../../shared/errors.ts';
import type { LogFileReport } from '../../shared/ingest/ingest-result.ts';
import { type LogFileCounts, NO_COUNTS } from '../../shared/store/ledger-entry.ts';

/** A log file among many: an object in S3, or a file on this machine. */
export interface ListedFile {
  bucket: string;
  key: string;
  /** In bytes. */
  size: number;
  /** Of a file on this machine. */
  path?: string | undefined;
}

/** An object of a bucket, or a file that stands for one. */
export interface FoundObject extends ListedFile {
  /** Without quotes. */
  etag: string;
  /** It cannot be read before it is restored. */
  archived?: Archived;
}

/** How an object is archived in S3. */
export interface Archived {
  /** `GLACIER`, `DEEP_ARCHIVE`; or a tier of Intelligent-Tiering, `ARCHIVE_ACCESS`, `DEEP_ARCHIVE_ACCESS`. */
  tier: string;
  /** It is being restored. */
  restoring: boolean;
}

/** The result of one log file: the report of ingest, or why it was not ingested here. */
export type FileResult =
  | LogFileReport
  /** Output of lookup-events: its events are provisional. */
  | { outcome: 'provisional'; counts: LogFileCounts; problems: { detail: string }[] }
  /** Events of EventBridge: those that are status changes are stored, and count as no events. */
  | { outcome: 'status-changes'; stored: number; known: number; problems: { detail: string }[] }
  /** The ledger has it in this state, so ingest was not called. */
  | { outcome: 'known' }
  | { outcome: 'announced' }
  | ({ outcome: 'archived' } & Archived)
  | { outcome: 'failed'; detail: string };

/** A log file, or a part of one, that is not stored. */
export interface FileProblem {
  /** Its path, or its URI in S3. */
  logFile: string;
  /** `unreadable`: a file on this machine; `records-quarantined`, `records-failed`: the rest of it is stored. */
  outcome: 'failed' | 'quarantined' | 'records-quarantined' | 'records-failed' | 'unreadable';
  detail: string;
}

export function addCounts(sum: LogFileCounts, more: LogFileCounts): LogFileCounts {
  return {
    recordsRead: sum.recordsRead + more.recordsRead,
    eventsStored: sum.eventsStored + more.eventsStored,
    eventsKnown: sum.eventsKnown + more.eventsKnown,
    recordsFiltered: sum.recordsFiltered + more.recordsFiltered,
    recordsQuarantined: sum.recordsQuarantined + more.recordsQuarantined,
  };
}

/** The counts of a log file; events that were stored before count as known. */
export function countsOf(result: FileResult): LogFileCounts {
  switch (result.outcome) {
    case 'ingested':
    case 'provisional':
      return result.counts;
    case 'already-ingested': {
      const { eventsStored, eventsKnown } = result.counts;
      return { ...result.counts, eventsStored: 0, eventsKnown: eventsStored + eventsKnown };
    }
    default:
      return NO_COUNTS;
  }
}

/** The problems of a log file, including those found earlier. */
export function problemsOf(file: Omit<ListedFile, 'size'>, result: FileResult): FileProblem[] {
  const problem = (outcome: FileProblem['outcome'], detail: string) => ({ logFile: placeOf(file), outcome, detail });
  switch (result.outcome) {
    case 'ingested':
      return result.problems.map(({ detail }) => problem('records-quarantined', detail));
    case 'provisional':
    case 'status-changes':
      return result.problems.map(({ detail }) => problem('records-failed', detail));
    case 'already-ingested': {
      const { recordsQuarantined: bad } = result.counts;
      return bad === 0 ? [] : [problem('records-quarantined', `${bad} of its records are in quarantine`)];
    }
    case 'quarantined':
    case 'already-quarantined':
      return [problem('quarantined', result.detail)];
    case 'failed':
      return [problem('failed', result.detail)];
    default:
      return [];
  }
}
