import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { readItem, text } from './item.ts';
import { ledgerKey, type Named, named } from './ledger-entry.ts';

/** What the ledger says of a log file, in short. */
export type LedgerSummary = Named<Omit<z.output<typeof StoredSummary>, 'logFile'>>;
const StoredSummary = z.object({
  logFile: z.string(),
  bucket: z.string(),
  objectKey: z.string(),
  /** `failed`: it could not be read yet. */
  state: z.enum(['ingested', 'quarantined', 'discarded', 'partial', 'failed']),
  sha256: z.optional(z.string()),
  otherSha256: z.optional(z.array(z.string())),
  reason: z.optional(z.string()),
});

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
    for (const item of await batchGet(dynamo, table, batch, Object.keys(StoredSummary.shape))) {
      const { logFile, ...summary } = readItem(StoredSummary, item);
      summaries.set(logFile, named(summary));
    }
  }
  return summaries;
}
