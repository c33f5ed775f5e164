import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { readItem, text, textAt } from './item.ts';
import { fromLedgerItem, type LedgerEntry, ledgerKey } from './ledger-entry.ts';

/** A log file that could not be read yet, which is no entry. */
export type FailedLogFile = z.output<typeof FailedLogFile>;
const FailedLogFile = z.object({ state: z.literal('failed'), reason: z.optional(z.string()) });

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
      const isFailed = textAt(item, 'state') === 'failed';
      entries.set(textAt(item, 'logFile') ?? '', isFailed ? readItem(FailedLogFile, item) : fromLedgerItem(item));
    }
  }
  return entries;
}
