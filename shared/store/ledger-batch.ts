import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { requiredTextAt, text, textAt, textsAt } from './item.ts';
import { type LedgerEntry, type LogFileState, ledgerKey } from './ledger-entry.ts';

/** What the ledger says of a log file, in short. */
export type LedgerSummary = Pick<LedgerEntry, 'bucket' | 'key' | 'sha256' | 'otherSha256' | 'reason'> & {
  /** `failed`: the work on it failed, and there are no books. */
  state: LogFileState | 'failed';
};

/** Looks up many log files in the ledger, by `bucket/key`; those that it does not know are left out. */
export async function readLedgerSummaries(
  dynamo: DynamoDBClient,
  table: string,
  objects: readonly { bucket: string; key: string }[],
): Promise<Map<string, LedgerSummary>> {
  const summaries = new Map<string, LedgerSummary>();
  const keys = [...new Set(objects.map(ledgerKey))];
  for (let start = 0; start < keys.length; start += BATCH_KEYS) {
    const batch = keys.slice(start, start + BATCH_KEYS).map((logFile) => ({ logFile: text(logFile) }));
    for (const item of await batchGet(dynamo, table, batch, [
      'logFile',
      'bucket',
      'objectKey',
      'state',
      'sha256',
      'otherSha256',
      'reason',
    ])) {
      const [sha256, reason] = [textAt(item, 'sha256'), textAt(item, 'reason')];
      summaries.set(requiredTextAt(item, 'logFile'), {
        bucket: requiredTextAt(item, 'bucket'),
        key: requiredTextAt(item, 'objectKey'),
        state: requiredTextAt(item, 'state') as LedgerSummary['state'],
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(item.otherSha256 === undefined ? {} : { otherSha256: textsAt(item, 'otherSha256') }),
        ...(reason === undefined ? {} : { reason }),
      });
    }
  }
  return summaries;
}
