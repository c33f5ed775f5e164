import type { Checkpoint, LedgerEntry } from '../store/ledger-entry.ts';

/** An entry of a reading that came to its end. */
export type SettledEntry = Exclude<LedgerEntry, { state: 'partial' }>;

/**
 * Returns the entry of a log file that need not be read again while it is in the same state.
 * @param isReplay of a log file in quarantine: that it is there does not count
 */
export function doneBefore(
  entry: LedgerEntry | undefined,
  eventSources: readonly string[],
  isReplay = false,
): SettledEntry | undefined {
  // What was missing may have come since.
  if (entry === undefined || entry.state === 'partial' || entry.reason === 'object-missing') return undefined;
  if (isReplay && entry.state !== 'ingested') return undefined;
  return isForSources(entry, eventSources) ? entry : undefined;
}

/** Whether an object in this state need not be read. */
export function isDone(entry: LedgerEntry | undefined, etag: string, eventSources: readonly string[]): boolean {
  return doneBefore(entry, eventSources)?.etag === etag;
}

/** Returns how far an earlier delivery came with the same state of a log file. */
export function checkpointOf(
  entry: LedgerEntry | undefined,
  etag: string,
  eventSources: readonly string[],
): Checkpoint | undefined {
  if (entry?.state !== 'partial' || entry.etag !== etag || !isForSources(entry, eventSources)) return undefined;
  return entry.checkpoint;
}

/**
 * Whether the ledger has another state of an object that was read, ingested or invalid. What was quarantined can be an
 * earlier state, and the ledger keeps the entry of the newer one.
 */
export function isSuperseded(
  read: LedgerEntry,
  before: LedgerEntry | undefined,
  eventSources: readonly string[],
): boolean {
  if (before === undefined || before.etag === read.etag || before.reason === 'object-missing') return false;
  if (before.state === 'ingested') return isForSources(before, eventSources);
  return before.state !== 'partial';
}

/** Whether an entry is of a reading for these event sources; what was discarded holds events of none. */
function isForSources({ state, eventSources }: LedgerEntry, wanted: readonly string[]): boolean {
  return state === 'discarded' || [...eventSources].sort().join() === [...wanted].sort().join();
}
