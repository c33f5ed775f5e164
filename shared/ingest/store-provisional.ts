import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { isoTime } from '../cloudtrail/times.ts';
import { noEnvironments, noteEvent, writeEnvironments } from '../store/environments-table.ts';
import {
  CONCURRENT_WRITES,
  classifyText,
  type RecordSettings,
  type RecordStore,
  storeRecord,
} from './store-records.ts';

/** The counts of records that came without a log file. */
interface ProvisionalCounts {
  stored: number;
  /** Events that the table had before, from a log file or provisional. */
  duplicates: number;
  /** Aggregated and Insight records, which are not events. */
  skipped: number;
  /** Records that could not be stored. They are not quarantined. */
  bad: { index: number; reason: string }[];
}

/**
 * Stores records that came without a log file, as provisional events. They are redacted and indexed, but have no ledger entry and
 * are never verified. When their log file comes, its records replace them.
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
  await writeEnvironments(dynamo, settings.config.environmentsTable, seen, isoTime(settings.now()));
  return counts;
}
