import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { requiredTextAt, text, textAt } from './item.ts';
import { fromLedgerItem, type LedgerEntry, ledgerKey } from './ledger-entry.ts';

/** A log file on which the work failed: it has no counts. */
export interface FailedLogFile extends ObjectRef {
  state: 'failed';
  reason: string | undefined;
}

/** Looks up many log files in the ledger, by `bucket/key`; those that it does not know are left out. */
export async function readLedgerBatch(
  dynamo: DynamoDBClient,
  table: string,
  objects: readonly ObjectRef[],
): Promise<Map<string, LedgerEntry | FailedLogFile>> {
  const entries = new Map<string, LedgerEntry | FailedLogFile>();
  const keys = [...new Set(objects.map(ledgerKey))];
  for (let start = 0; start < keys.length; start += BATCH_KEYS) {
    const batch = keys.slice(start, start + BATCH_KEYS).map((logFile) => ({ logFile: text(logFile) }));
    for (const item of await batchGet(dynamo, table, batch)) {
      const [bucket, key] = [requiredTextAt(item, 'bucket'), requiredTextAt(item, 'objectKey')];
      const isFailed = textAt(item, 'state') === 'failed';
      const reason = textAt(item, 'reason');
      entries.set(`${bucket}/${key}`, isFailed ? { bucket, key, state: 'failed', reason } : fromLedgerItem(item));
    }
  }
  return entries;
}
