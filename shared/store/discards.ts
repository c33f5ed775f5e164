import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { listDiscards, readLedger } from './ledger.ts';
import type { Discard, LedgerEntry } from './ledger-entry.ts';
import type { QuarantineEntry } from './quarantine.ts';
import { changeEntry, entryRace, MAX_RACES, recordStatus, withRecordMoved } from './replayed-records.ts';

/** Something that was discarded, and the log file that it was, or was a record of. */
export type DiscardedEntry = Discard & { bucket: string; key: string };

/**
 * Writes into the ledger that something in quarantine is discarded, once, however often it is called. A log file is
 * `discarded` from then on; a record counts as filtered out. Where the books are those of another state of the object, they
 * stay, and only say that it was discarded.
 * @returns `open` when there are no books yet that could say so
 */
export async function writeDiscard(
  dynamo: DynamoDBClient,
  table: string,
  entry: QuarantineEntry,
  discard: Discard,
): Promise<'discarded' | 'open'> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const books = await readLedger(dynamo, table, entry);
    if (books === undefined || books.state === 'partial') return 'open';
    const next = withoutEntry(books, entry);
    const { discards = [] } = books;
    if (next === books && discards.some(({ id }) => id === entry.id)) return 'discarded';
    if (await changeEntry(dynamo, table, books, { ...next, discards: [...discards, discard] })) return 'discarded';
  }
  throw entryRace(entry);
}

/** The books themselves where they do not count the entry as quarantined. */
function withoutEntry(books: LedgerEntry, entry: QuarantineEntry): LedgerEntry {
  const { etag, recordIndex } = entry;
  if (recordIndex !== undefined) {
    const isCounted = recordStatus(books, { ...entry, recordIndex }) === 'quarantined';
    return isCounted ? withRecordMoved(books, recordIndex, 'recordsFiltered') : books;
  }
  return books.state === 'quarantined' && books.etag === etag ? { ...books, state: 'discarded' } : books;
}

const CONCURRENT_READS = 8;

/** Everything that was discarded, the last first. */
export async function readDiscards(dynamo: DynamoDBClient, table: string): Promise<DiscardedEntry[]> {
  const logFiles = await listDiscards(dynamo, table);
  const entries = await pMap(logFiles, (logFile) => readLedger(dynamo, table, objectOf(logFile)), {
    concurrency: CONCURRENT_READS,
  });
  const discarded = entries.flatMap((entry) =>
    (entry?.discards ?? []).map((discard) => ({ ...discard, bucket: entry!.bucket, key: entry!.key })),
  );
  return discarded.sort((a, b) => (a.discardedAt < b.discardedAt ? 1 : -1));
}

/** A bucket's name has no slash. */
function objectOf(logFile: string): { bucket: string; key: string } {
  const slash = logFile.indexOf('/');
  return { bucket: logFile.slice(0, slash), key: logFile.slice(slash + 1) };
}
