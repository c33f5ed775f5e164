import { type Checkpoint, countsOf, type LedgerEntry } from '../store/ledger-entry.ts';
import { SCHEMA_VERSION } from '../store/schema-version.ts';
import type { LogFileReport } from './ingest-result.ts';

/** The entry of a finished reading. */
export type SettledEntry = Exclude<LedgerEntry, { state: 'partial' }>;

/**
 * Returns the entry of a log file that need not be read again while it is in the same state.
 * @param isReplay whether a log file in quarantine is replayed, which is then read again
 */
export function doneBefore(
  entry: LedgerEntry | undefined,
  eventSources: readonly string[],
  isReplay = false,
): SettledEntry | undefined {
  // It may have arrived since.
  if (entry === undefined || entry.state === 'partial' || entry.reason === 'object-missing') return undefined;
  if (isReplay && entry.state !== 'ingested') return undefined;
  return isReadFor(entry, eventSources) ? entry : undefined;
}

/** Whether an object in this state need not be read. */
export function isDone(entry: LedgerEntry | undefined, etag: string, eventSources: readonly string[]): boolean {
  return doneBefore(entry, eventSources)?.etag === etag;
}

/** Returns what became of the log file when it was read. */
export function earlierReport(entry: SettledEntry): LogFileReport {
  const { bucket, key, state } = entry;
  if (state === 'discarded') return { bucket, key, outcome: 'already-discarded' };
  if (state === 'ingested') return { bucket, key, outcome: 'already-ingested', counts: countsOf(entry) };
  return { bucket, key, outcome: 'already-quarantined', reason: entry.reason, detail: entry.detail };
}

/** Returns the checkpoint of an earlier delivery of the same state of a log file. */
export function checkpointOf(
  entry: LedgerEntry | undefined,
  etag: string,
  eventSources: readonly string[],
): Checkpoint | undefined {
  if (entry?.state !== 'partial' || entry.etag !== etag || !isReadFor(entry, eventSources)) return undefined;
  return entry.checkpoint;
}

/**
 * Whether the ledger has another state of an object, ingested or invalid. What is in quarantine can be an earlier state, and the
 * ledger keeps the entry of the newer one.
 */
export function isSuperseded(
  read: LedgerEntry,
  before: LedgerEntry | undefined,
  eventSources: readonly string[],
): boolean {
  if (before === undefined || before.etag === read.etag || before.reason === 'object-missing') return false;
  if (before.state === 'ingested') return isReadFor(before, eventSources);
  return before.state !== 'partial';
}

/** Whether an entry is of a reading for these event sources, by this version. A discarded file has no events of any. */
function isReadFor({ state, eventSources, schemaVersion }: LedgerEntry, wanted: readonly string[]): boolean {
  if (state === 'discarded') return true;
  return schemaVersion === SCHEMA_VERSION && [...eventSources].sort().join() === [...wanted].sort().join();
}
