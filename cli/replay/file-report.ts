import type { LogFileReport } from '../../shared/ingest/ingest-log-file.ts';
import type { LogFileCounts } from '../../shared/store/ledger-entry.ts';

/** What a replay did with one file. The records read are those kept and those skipped; those kept are stored, known or failed. */
export interface FileReport {
  path: string;
  /**
   * `unchanged`: this very file was ingested before, and was not read again; `provisional`: it is no log file, so its events
   * are provisional.
   */
  outcome: 'ingested' | 'provisional' | 'unchanged' | 'skipped' | 'quarantined' | 'failed';
  read: number;
  kept: number;
  stored: number;
  known: number;
  skipped: number;
  failed: number;
  /** Why the file was skipped by rule. */
  reason?: string;
  /** What is bad: the file, or some of its records. */
  failure?: string;
}

export const NOTHING = { read: 0, kept: 0, stored: 0, known: 0, skipped: 0, failed: 0 };

/** @param outcome what the handler reported; a text when it failed */
export function toFileReport(path: string, outcome: LogFileReport | string | undefined): FileReport {
  if (outcome === undefined)
    return { path, outcome: 'failed', ...NOTHING, failure: 'the handler did not report on it' };
  if (typeof outcome === 'string') return { path, outcome: 'failed', ...NOTHING, failure: outcome };
  switch (outcome.outcome) {
    case 'skipped':
      return { path, outcome: 'skipped', ...NOTHING, reason: outcome.reason };
    case 'already-discarded':
      return { path, outcome: 'skipped', ...NOTHING, reason: 'discarded' };
    case 'quarantined':
    case 'already-quarantined':
      return { path, outcome: 'quarantined', ...NOTHING, failure: outcome.detail };
    case 'already-ingested':
      return { path, outcome: 'unchanged', ...countsBefore(outcome.counts), ...badRecordsBefore(outcome.counts) };
    case 'ingested':
      return {
        path,
        outcome: 'ingested',
        ...counts(outcome.counts),
        ...(outcome.problems.length === 0 ? {} : { failure: outcome.problems.map(({ detail }) => detail).join('; ') }),
      };
  }
}

function counts({ recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileCounts) {
  return {
    read: recordsRead,
    kept: recordsRead - recordsFiltered,
    stored: eventsStored,
    known: eventsKnown,
    skipped: recordsFiltered,
    failed: recordsQuarantined,
  };
}

/** Seen from now, all that was stored then is known. */
function countsBefore(earlier: LogFileCounts) {
  const before = counts(earlier);
  return { ...before, stored: 0, known: before.stored + before.known };
}

function badRecordsBefore({ recordsQuarantined }: LogFileCounts): { failure?: string } {
  return recordsQuarantined === 0 ? {} : { failure: `${recordsQuarantined} of its records are in quarantine` };
}
