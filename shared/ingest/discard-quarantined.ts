import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { s3Uri, TrailError } from '../errors.ts';
import { writeDiscard } from '../store/ledger-quarantine.ts';
import { type QuarantineEntry, removeFromQuarantine } from '../store/quarantine.ts';
import type { PipelineDeps } from './ingest-log-file.ts';
import { dryRunReplay, type Failed, type QuarantineRef, report } from './replay-quarantined.ts';
import { quarantineBucketOf } from './store-records.ts';

/** What became of something to be discarded. */
export type DiscardReport = QuarantineRef & (DiscardOutcome | Failed);
type DiscardOutcome =
  | { outcome: 'discarded' }
  /** It stays in quarantine, because it has events, or may have. */
  | { outcome: 'kept'; reason: string };

/** Who discards, and why. */
export interface DiscardDecision {
  by: string;
  why: string;
  /** Discards even what has events, or may have. */
  force: boolean;
  /** Reports the outcome without writing. */
  dryRun: boolean;
}

/** Reasons that show that something is no log file. With any other, it may be a damaged one. */
const NO_LOG_FILE: ReadonlySet<string> = new Set([
  'empty',
  'not-gzip-or-json',
  'top-level-not-an-object',
  'records-missing',
  'records-not-an-array',
  // Of a record: it is no event.
  'not-an-object',
]);

/**
 * Discards something in quarantine that is no log file, or no record: the ledger records who discarded it, when and why, and then
 * it is removed with its bytes. Can be repeated after an interruption.
 */
export function discardQuarantined(
  entry: QuarantineEntry,
  decision: DiscardDecision,
  deps: PipelineDeps,
): Promise<DiscardReport> {
  return report(entry, async (): Promise<DiscardOutcome> => {
    const reason = decision.force ? undefined : await reasonToKeep(entry, deps);
    if (reason !== undefined) return { outcome: 'kept', reason };
    if (!decision.dryRun) await discard(entry, decision, deps);
    return { outcome: 'discarded' };
  });
}

/** Returns undefined if it may be discarded. It is read again, because its reason may be of another version of the program. */
async function reasonToKeep(entry: QuarantineEntry, deps: PipelineDeps): Promise<string | undefined> {
  const replay = await dryRunReplay(entry, deps);
  switch (replay.outcome) {
    case 'replayed':
      return 'it is good now: replay it';
    case 'failed':
      return `it cannot be looked at (${replay.reason})`;
    case 'still-bad':
      return NO_LOG_FILE.has(replay.reason) ? undefined : `it may hold events (${replay.reason})`;
  }
}

async function discard(entry: QuarantineEntry, { by, why }: DiscardDecision, deps: PipelineDeps): Promise<void> {
  const { s3, dynamo, config, now } = deps;
  const quarantineBucket = quarantineBucketOf(config, entry);
  const { id, recordIndex, path, reason } = entry;
  const written = await writeDiscard(dynamo, config.logFilesTable, entry, {
    ...{ id, reason, discardedAt: isoTime(now()), discardedBy: by, why },
    ...defined({ recordIndex, path }),
  });
  if (written === 'open') {
    throw new TrailError('ledger-entry-open', `${s3Uri(entry)}: expected a finished ledger entry; replay it first`);
  }
  await removeFromQuarantine(s3, quarantineBucket, entry);
}
