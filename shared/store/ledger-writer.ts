import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { TableNames } from '../config.ts';
import { s3Uri, TrailError } from '../errors.ts';
import { conditionHeld, updateIf } from './conditional.ts';
import { joinSeen, noEnvironments, type SeenEnvironments, writeEnvironments } from './environments-table.ts';
import { number, text, toItem } from './item.ts';
import { readLedger } from './ledger.ts';
import { readLedgerBatch } from './ledger-batch.ts';
import {
  type LedgerEntry,
  ledgerKey,
  problemListing,
  type SignedHash,
  toLedgerItem,
  type Verification,
  verificationMark,
  WATERMARKS,
  withHistory,
} from './ledger-entry.ts';

/** What the reading of a log file is to leave in the tables. */
export interface LedgerUpdate {
  entry: LedgerEntry;
  /** What the ledger had when the reading began. */
  before: LedgerEntry | undefined;
  /** The days and environments of its events. */
  seen: SeenEnvironments;
}

/**
 * Writes what a reading leaves: the days and environments that it showed, then its entry, then the watermark of its account
 * and Region. An entry is never stored without the environments.
 * @returns the entry as written, with what others wrote about the log file meanwhile
 */
export async function writeLedger(
  dynamo: DynamoDBClient,
  { environmentsTable, logFilesTable }: TableNames,
  { entry, before, seen }: LedgerUpdate,
): Promise<LedgerEntry> {
  await writeEnvironments(dynamo, environmentsTable, seen);
  const written = await writeEntry(dynamo, logFilesTable, { entry, before });
  await moveWatermark(dynamo, logFilesTable, entry);
  return written;
}

/**
 * Writes the entry of a reading. If another reading, or a verification, was written since `before`, the entry keeps what
 * they left: a verification mark and the hashes of what was ingested are never overwritten.
 */
function writeEntry(
  dynamo: DynamoDBClient,
  table: string,
  { entry, before }: Omit<LedgerUpdate, 'seen'>,
): Promise<LedgerEntry> {
  return untilWritten(entry, async (race) => {
    const next = withHistory(entry, race === 0 ? before : await readLedger(dynamo, table, entry));
    return (await putEntry(dynamo, table, next)) ? next : undefined;
  });
}

/** Each lost race means that another writer finished. */
const MAX_RACES = 8;

/**
 * Tries to change the entry of a log file until no other writer comes between.
 * @param attempt returns undefined if one did
 * @throws {TrailError} `write-race`
 */
export async function untilWritten<T>(
  file: { bucket: string; key: string },
  attempt: (race: number) => Promise<T | undefined>,
): Promise<T> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const result = await attempt(race);
    if (result !== undefined) return result;
  }
  throw new TrailError(
    'write-race',
    `${s3Uri(file)}: its ledger entry keeps changing: expected to write it in ${MAX_RACES} tries`,
  );
}

/** Writes an entry in place of the one of the revision before; returns false if the ledger has another. */
function putEntry(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<boolean> {
  const before = (entry.revision ?? 1) - 1;
  const isFirst = { ConditionExpression: 'attribute_not_exists(revision)' };
  const isNext = {
    ConditionExpression: 'revision = :before',
    ExpressionAttributeValues: { ':before': number(before) },
  };
  const put = { TableName: table, Item: toLedgerItem(entry), ...(before === 0 ? isFirst : isNext) };
  return conditionHeld(dynamo.send(new PutItemCommand(put)));
}

/** Changes an entry without a new reading; returns false if it has changed since it was read. Needs `UpdateItem` alone. */
export function updateEntry(
  dynamo: DynamoDBClient,
  table: string,
  before: LedgerEntry,
  next: LedgerEntry,
): Promise<boolean> {
  const { logFile: _, ...attributes } = toLedgerItem({ ...next, revision: (before.revision ?? 0) + 1 });
  const removed = Object.keys(toLedgerItem(before)).filter((name) => name !== 'logFile' && !(name in attributes));
  const key = { logFile: text(ledgerKey(before)) };
  return updateIf(dynamo, table, key, attributes, '#revision < :revision', removed);
}

/** What names a log file in the ledger, also before it has an entry. */
export type LogFileIdentity = Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay' | 'path'>;

/** Notes that the reading of a log file failed, unless it has an entry. */
export async function noteFailure(
  dynamo: DynamoDBClient,
  table: string,
  { bucket, key, deliveryDay, path }: LogFileIdentity,
  reason: string,
): Promise<void> {
  const listing = problemListing({ bucket, key, deliveryDay });
  const note = toItem({ bucket, objectKey: key, deliveryDay, path, state: 'failed', reason, ...listing });
  const logFile = text(ledgerKey({ bucket, key }));
  await updateIf(dynamo, table, { logFile }, note, 'attribute_not_exists(#state) OR #state = :state');
}

/**
 * Writes what a signed digest says of a log file that was ingested, unless its entry has changed since it was read.
 * @returns undefined if it has
 */
export async function writeVerification(
  dynamo: DynamoDBClient,
  table: string,
  entry: LedgerEntry,
  signed: SignedHash,
): Promise<Verification | undefined> {
  const mark = verificationMark(entry, signed);
  if (mark.verification === undefined) return undefined;
  return (await updateEntry(dynamo, table, entry, { ...entry, ...mark })) ? mark.verification : undefined;
}

const scopeOf = ({ account = '-', region }: LedgerEntry) => `${account}/${region}`;

/** When the newest log file that an entry stands for was stored; empty if not all of it was read. */
const deliveredAtOf = ({ state, deliveredAt = '' }: LedgerEntry) => (state === 'partial' ? '' : deliveredAt);

/**
 * Moves the watermark of an account and Region, unless it is further already.
 * A bucket's name cannot start with `#`, so no log file has its key.
 */
async function moveWatermark(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<void> {
  const deliveredAt = deliveredAtOf(entry);
  if (deliveredAt === '') return;
  const { account = '-', region } = entry;
  const scope = scopeOf(entry);
  const attributes = toItem({ listing: WATERMARKS, listingKey: scope, account, region, deliveredAt });
  const isNewer = 'attribute_not_exists(#deliveredAt) OR #deliveredAt < :deliveredAt';
  await updateIf(dynamo, table, { logFile: text(`#watermark/${scope}`) }, attributes, isNewer);
}

/**
 * Writes what the readings of many log files leave, group by group: the environments that all of them showed, then their
 * entries in batches, then the watermarks. If it is interrupted before, events are stored whose log files are read once more.
 */
export class GroupLedgerWriter {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: TableNames;
  private readonly sleep: (milliseconds: number) => Promise<unknown>;
  private readonly written = noEnvironments();
  private readonly watermarks = new Map<string, string>();

  constructor(dynamo: DynamoDBClient, tables: TableNames, sleep: (milliseconds: number) => Promise<unknown>) {
    this.dynamo = dynamo;
    this.tables = tables;
    this.sleep = sleep;
  }

  /** @returns the entries as written, by `bucket/key` */
  async write(updates: readonly LedgerUpdate[]): Promise<Map<string, LedgerEntry>> {
    const seen = noEnvironments();
    for (const update of updates) joinSeen(seen, update.seen);
    await writeEnvironments(this.dynamo, this.tables.environmentsTable, seen, this.written);
    const written = await this.writeEntries(updates);
    await this.moveWatermarks(updates);
    return written;
  }

  private async writeEntries(updates: readonly LedgerUpdate[]): Promise<Map<string, LedgerEntry>> {
    const { dynamo, sleep } = this;
    const { logFilesTable } = this.tables;
    const byKey = new Map(updates.map((update) => [ledgerKey(update.entry), update]));
    const written = new Map<string, LedgerEntry>();
    const writeBatch = async (keys: readonly string[]) => {
      const batch = keys.flatMap((key) => byKey.get(key) ?? []);
      // A batch knows no conditions: what the ledger has already is written one by one, so that no verification mark is lost.
      const known = await readLedgerBatch(
        dynamo,
        logFilesTable,
        batch.map(({ entry }) => entry),
      );
      const first = batch.filter(({ entry }) => !known.has(ledgerKey(entry)));
      const puts = first.map(({ entry }) => ({ PutRequest: { Item: toLedgerItem({ ...entry, revision: 1 }) } }));
      await batchWrite(dynamo, logFilesTable, puts, sleep);
      for (const { entry } of first) written.set(ledgerKey(entry), entry);
      for (const update of batch.filter((one) => !first.includes(one))) {
        written.set(ledgerKey(update.entry), await writeEntry(dynamo, logFilesTable, update));
      }
    };
    const keys = [...byKey.keys()];
    const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, i) =>
      keys.slice(i * BATCH, (i + 1) * BATCH),
    );
    await pMap(batches, writeBatch, { concurrency: CONCURRENT_BATCHES });
    return written;
  }

  /** Once for each account and Region, and not where an earlier group was further. */
  private async moveWatermarks(updates: readonly LedgerUpdate[]): Promise<void> {
    const newest = new Map<string, LedgerEntry>();
    for (const { entry } of updates) {
      const scope = scopeOf(entry);
      const before = newest.get(scope)?.deliveredAt ?? this.watermarks.get(scope) ?? '';
      if (deliveredAtOf(entry) > before) newest.set(scope, entry);
    }
    for (const [scope, entry] of newest) {
      await moveWatermark(this.dynamo, this.tables.logFilesTable, entry);
      this.watermarks.set(scope, deliveredAtOf(entry));
    }
  }
}

/** DynamoDB takes so many items at once, and no two with one key. */
const BATCH = 25;
const CONCURRENT_BATCHES = 4;
const MAX_ROUNDS = 12;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** What DynamoDB had no capacity for comes back, and is written again. */
async function batchWrite(
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
