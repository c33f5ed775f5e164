import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { TableNames } from '../config.ts';
import { TrailError } from '../errors.ts';
import { joinSeen, type SeenEnvironments, writeEnvironments } from './environments-table.ts';
import { moveWatermark, putEntry, readLedger } from './ledger.ts';
import { readLedgerSummaries } from './ledger-batch.ts';
import { type LedgerEntry, ledgerKey, toLedgerItem } from './ledger-entry.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** Books that wait for their group. */
interface Waiting {
  entry: LedgerEntry;
  seen: SeenEnvironments;
  done(written: LedgerEntry): void;
  failed(error: unknown): void;
}

/** Log files whose books are written together, and how long the first of them waits for the others. */
const GROUP = 1_000;
const LINGER_MS = 5_000;
/** Once no more files are begun. */
const LAST_LINGER_MS = 20;

/**
 * Closes the books of many log files together: the environments that all of them showed, then their entries in batches,
 * then the watermarks. Who is interrupted before has stored events whose files are read once more.
 */
export class GroupedLedgerWriter implements LedgerWriter {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: TableNames;
  private readonly sleep: (milliseconds: number) => Promise<unknown>;
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private linger = LINGER_MS;
  /** The groups being written, one after the other. */
  private writing: Promise<void> = Promise.resolve();
  private readonly written: SeenEnvironments = { environments: new Map(), days: new Set() };
  private readonly watermarks = new Map<string, string>();

  constructor(dynamo: DynamoDBClient, tables: TableNames, sleep: (milliseconds: number) => Promise<unknown>) {
    this.dynamo = dynamo;
    this.tables = tables;
    this.sleep = sleep;
  }

  find(object: { bucket: string; key: string }): Promise<LedgerEntry | undefined> {
    return readLedger(this.dynamo, this.tables.logFilesTable, object);
  }

  async close(entry: LedgerEntry, seen: SeenEnvironments): Promise<LedgerEntry> {
    return new Promise((done, failed) => {
      this.waiting.push({ entry, seen, done, failed });
      if (this.waiting.length >= GROUP) this.writeGroup();
      else this.timer ??= setTimeout(() => this.writeGroup(), this.linger);
    });
  }

  /** Waits while a group is full and the one before is not written yet. */
  async room(): Promise<void> {
    if (this.waiting.length >= GROUP / 2) await this.writing;
  }

  /** No more files are begun: those at work need not wait long for others. */
  finish(): void {
    this.linger = LAST_LINGER_MS;
    if (this.waiting.length > 0) this.writeGroup();
  }

  private writeGroup(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const group = this.waiting;
    this.waiting = [];
    this.writing = this.writing.then(() => this.write(group));
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    try {
      const seen: SeenEnvironments = { environments: new Map(), days: new Set() };
      for (const one of group) joinSeen(seen, one.seen);
      await writeEnvironments(this.dynamo, this.tables.environmentsTable, seen, this.written);
      const entries = group.map(({ entry }) => entry);
      const written = await writeEntries(this.dynamo, this.tables.logFilesTable, entries, this.sleep);
      await this.moveWatermarks(entries);
      for (const { entry, done } of group) done(written.get(ledgerKey(entry)) ?? entry);
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }

  /** Once for each account and Region, and not where an earlier group was further. */
  private async moveWatermarks(entries: readonly LedgerEntry[]): Promise<void> {
    const newest = new Map<string, LedgerEntry>();
    for (const entry of entries) {
      const place = `${entry.account ?? '-'}/${entry.region}`;
      const deliveredAt = entry.deliveredAt ?? '';
      const before = newest.get(place)?.deliveredAt ?? this.watermarks.get(place) ?? '';
      if (deliveredAt > before) newest.set(place, entry);
    }
    for (const [place, entry] of newest) {
      await moveWatermark(this.dynamo, this.tables.logFilesTable, entry);
      this.watermarks.set(place, entry.deliveredAt ?? '');
    }
  }
}

/** DynamoDB takes so many items at once, and no two with one key. */
const BATCH = 25;
const CONCURRENT_BATCHES = 4;

/** @returns the entries as written, by `bucket/key` */
async function writeEntries(
  dynamo: DynamoDBClient,
  table: string,
  entries: readonly LedgerEntry[],
  sleep: (milliseconds: number) => Promise<unknown>,
): Promise<Map<string, LedgerEntry>> {
  const written = new Map(entries.map((entry) => [ledgerKey(entry), entry]));
  const all = [...written.values()];
  const batches = Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) =>
    all.slice(i * BATCH, (i + 1) * BATCH),
  );
  const write = async (batch: readonly LedgerEntry[]) => {
    // A batch knows no conditions: what the ledger has already is written one by one, so that no verification mark is lost.
    const known = await readLedgerSummaries(dynamo, table, batch);
    const [earlier, first] = [true, false].map((is) => batch.filter((entry) => known.has(ledgerKey(entry)) === is));
    const puts = first!.map((entry) => ({ PutRequest: { Item: toLedgerItem({ ...entry, revision: 1 }) } }));
    await writeBatch(dynamo, table, puts, sleep);
    for (const entry of earlier!) written.set(ledgerKey(entry), await putEntry(dynamo, table, entry));
  };
  await pMap(batches, write, { concurrency: CONCURRENT_BATCHES });
  return written;
}

const MAX_ROUNDS = 12;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** What DynamoDB had no capacity for comes back, and is written again. */
async function writeBatch(
  dynamo: DynamoDBClient,
  table: string,
  batch: WriteRequest[],
  sleep: (milliseconds: number) => Promise<unknown>,
): Promise<void> {
  let left = batch;
  if (left.length === 0) return;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { UnprocessedItems } = await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
    left = UnprocessedItems?.[table] ?? [];
    if (left.length === 0) return;
    await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** round) * Math.random());
  }
  throw new TrailError('unprocessed-items', `table ${table}: expected to take ${left.length} more items, in time`);
}
