import pMap from 'p-map';
import { noteEvent, type SeenEnvironments, writeEnvironments } from '../store/environments-table.ts';
import { classifyText, putItem, type StorageDeps } from './store-records.ts';

/** What became of records that came without a log file. */
export interface ProvisionalCounts {
  /** New in the table. */
  stored: number;
  /** The table has the event already, from a log file or provisional. */
  known: number;
  /** Aggregated and Insight records, which are no events of their own. */
  skipped: number;
  /** Could not be stored. Nothing keeps these but whoever brought them. */
  bad: { index: number; reason: string }[];
}

const CONCURRENT_WRITES = 8;

/**
 * Stores records that came without a log file, as provisional events: redacted and indexed as all others, but of no log file,
 * in no ledger, and never verified. The log file's own record takes the place of such an event when it comes.
 * @param records JSON texts of records of wanted event sources, each an object
 */
export async function storeProvisional(
  records: readonly { index: number; text: string }[],
  deps: Pick<StorageDeps, 'dynamo' | 'config' | 'now'>,
): Promise<ProvisionalCounts> {
  const seen: SeenEnvironments = { environments: new Map(), days: new Set() };
  const counts: ProvisionalCounts = { stored: 0, known: 0, skipped: 0, bad: [] };
  const store = async ({ index, text }: { index: number; text: string }) => {
    const classified = classifyText(text, { provisional: true }, undefined, deps);
    if (classified.kind === 'bad') {
      counts.bad.push({ index, reason: classified.reason });
      return;
    }
    if (classified.kind === 'skipped') {
      counts.skipped += 1;
      return;
    }
    const outcome = await putItem(classified.item, deps);
    if (outcome === 'refused') {
      counts.bad.push({ index, reason: 'item-refused' });
      return;
    }
    counts[outcome === 'stored' ? 'stored' : 'known'] += 1;
    noteEvent(seen, classified.event);
  };
  await pMap(records, store, { concurrency: CONCURRENT_WRITES });
  await writeEnvironments(deps.dynamo, deps.config.environmentsTable, seen);
  return counts;
}
