import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SkippedObject } from '../cloudtrail/object-key.ts';
import type { TableNames } from '../config.ts';
import { describeError } from '../errors.ts';
import type { LogFileCounts } from '../store/ledger-entry.ts';
import { type LedgerUpdate, type LedgerWriter, type LogFileIdentity, noteFailure } from '../store/ledger-writer.ts';
import type { RecordProblem } from './store-records.ts';

/** What became of a log file. */
export type LogFileReport = { bucket: string; key: string } & (
  | { outcome: 'skipped'; reason: SkippedObject }
  /**
   * `latencyMs`: the longest time from an event to its item, if one was stored. `notAsSigned`: a signed digest, verified before, has
   * the hash of other content.
   */
  | { outcome: 'ingested'; counts: LogFileCounts; problems: RecordProblem[]; latencyMs?: number; notAsSigned?: true }
  | { outcome: 'quarantined'; reason: string; detail: string }
  /** It was ingested before, and has not changed since. */
  | { outcome: 'already-ingested'; counts: LogFileCounts }
  | { outcome: 'already-quarantined'; reason: string; detail: string }
  /** Somebody decided that it is no log file, and it has not changed since. */
  | { outcome: 'already-discarded' }
);

/** The result of ingesting a log file, before its ledger entry is written. */
export type IngestResult =
  /** `update`: absent if the ledger is as it should be. */
  | { report: LogFileReport; update?: LedgerUpdate }
  /**
   * The log file must be delivered again; `failureKind` tells whether that will help.
   * `update`: the checkpoint from which the next delivery continues.
   */
  | { error: unknown; file: LogFileIdentity; update?: LedgerUpdate };

interface LedgerDeps {
  dynamo: DynamoDBClient;
  config: TableNames;
}

/**
 * Writes the ledger entry of one log file.
 * @throws the error of the result
 */
export async function writeResult(
  result: IngestResult,
  deps: LedgerDeps,
  ledger: LedgerWriter,
): Promise<LogFileReport> {
  const { update } = result;
  try {
    const written = update && (await ledger.write(update));
    if ('error' in result) throw result.error;
    const { report } = result;
    const isMismatch = report.outcome === 'ingested' && written?.verification === 'failed';
    return isMismatch ? { ...report, notAsSigned: true } : report;
  } catch (error) {
    const file = 'error' in result ? result.file : update?.entry;
    if (file) await noteFailureOf(file, error, deps);
    throw error;
  }
}

/** Notes a failure in the ledger, so that answers can say what is missing. If that fails, the first failure is reported. */
export async function noteFailureOf(
  file: LogFileIdentity,
  error: unknown,
  { dynamo, config }: LedgerDeps,
): Promise<void> {
  try {
    await noteFailure(dynamo, config.logFilesTable, file, describeError(error));
  } catch {}
}
