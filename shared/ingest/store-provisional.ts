import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { noEnvironments, noteEvent, writeEnvironments } from '../store/environments-table.ts';
import {
  CONCURRENT_WRITES,
  classifyText,
  type RecordSettings,
  type RecordStore,
  storeRecord,
} from './store-records.ts';

/** What became of records that came without a log file. */
export interface ProvisionalCounts {
  stored: number;
  /** Events that the table has already, from a log file or provisional. */
  duplicates: number;
  /** Aggregated and Insight records, which are no events of their own. */
  skipped: number;
  /** Could not be stored. Nothing keeps these but whoever brought them. */
  bad: { index: number; reason: string }[];
}

/**
 * Stores records that came without a log file, as provisional events: redacted and indexed as all others, but of no log file,
 * in no ledger, and never verified. The log file's own record takes the place of such an event when it comes.
 * @param records JSON texts of records of wanted event sources, each an object
 */
export async function storeProvisional(
  records: readonly { index: number; text: string }[],
  { dynamo, ...settings }: RecordSettings & { dynamo: DynamoDBClient },
  store: RecordStore,
): Promise<ProvisionalCounts> {
  const seen = noEnvironments();
  const counts: ProvisionalCounts = { stored: 0, duplicates: 0, skipped: 0, bad: [] };
  const add = async ({ index, text }: { index: number; text: string }) => {
    const record = await storeRecord(classifyText(text, { provisional: true }, undefined, settings), store);
    if (record.kind === 'bad') counts.bad.push({ index, reason: record.reason });
    else if (record.kind === 'skipped') counts.skipped += 1;
    else {
      counts[record.kind === 'stored' ? 'stored' : 'duplicates'] += 1;
      noteEvent(seen, record.event);
    }
  };
  await pMap(records, add, { concurrency: CONCURRENT_WRITES });
  await writeEnvironments(dynamo, settings.config.environmentsTable, seen);
  return counts;
}
