import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { type ObjectRef, objectName } from '../cloudtrail/object-key.ts';
import { type Item, readItem, requiredTextAt, text, textAt } from './item.ts';
import {
  DISCARDS,
  type EventVerification,
  entryVerification,
  fromLedgerItem,
  isLedgerKey,
  type LedgerEntry,
  ledgerKey,
  type Named,
  NOT_AS_SIGNED,
  named,
  PROBLEMS,
  Verification,
  WATERMARKS,
} from './ledger-entry.ts';
import { batchGet, getItem, queryItems } from './read-items.ts';
import { readSigned } from './signed-hashes.ts';

/** Returns the entry of a log file; undefined if it was never read, or every reading failed. */
export async function readLedger(
  dynamo: DynamoDBClient,
  table: string,
  object: ObjectRef,
): Promise<LedgerEntry | undefined> {
  return entryOf(await getItem(dynamo, table, { logFile: text(ledgerKey(object)) }));
}

/**
 * Returns a function that finds the entries of log files as `readLedger` does, but looks up those of a batch in one request, when
 * the first of them is wanted. What it found is good for one reading: another one of the same log file looks again.
 * @param writeWaiting writes the entries of readings that are over and still wait to be written
 */
export function ledgerLookup(
  dynamo: DynamoDBClient,
  table: string,
  batch: readonly ObjectRef[],
  writeWaiting: () => Promise<void>,
): (object: ObjectRef) => Promise<LedgerEntry | undefined> {
  const unread = new Set(batch.map(objectName).filter(isLedgerKey));
  const readAlone = async (object: ObjectRef) => {
    await writeWaiting();
    return readLedger(dynamo, table, object);
  };
  if (unread.size < 2) return readAlone;
  let found: Promise<Map<string, Item>> | undefined;
  return async (object) => {
    const name = objectName(object);
    found ??= readItems(dynamo, table, [...unread]);
    if (!unread.delete(name)) return readAlone(object);
    return entryOf((await found).get(name));
  };
}

async function readItems(
  dynamo: DynamoDBClient,
  table: string,
  logFiles: readonly string[],
): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  const keys = logFiles.map((logFile) => ({ logFile: text(logFile) }));
  for await (const items of batchGet(dynamo, table, keys))
    for (const item of items) found.set(requiredTextAt(item, 'logFile'), item);
  return found;
}

/** A log file that could not be read yet, which has no entry. */
export type FailedLogFile = z.output<typeof FailedLogFile>;
const FailedLogFile = z.object({ state: z.literal('failed'), reason: z.optional(z.string()) });

/** Looks up many log files in the ledger, by `bucket/key`. Those that it does not know are left out. */
export async function readLedgerBatch(
  dynamo: DynamoDBClient,
  table: string,
  objects: readonly ObjectRef[],
): Promise<Map<string, LedgerEntry | FailedLogFile>> {
  const items = await readItems(dynamo, table, [...new Set(objects.map(ledgerKey))]);
  return new Map([...items].map(([name, item]) => [name, entryOf(item) ?? readItem(FailedLogFile, item)]));
}

/**
 * Returns the entries of the log files of a delivery day, by `bucket/key`, from an index that lags behind the table.
 * @param keys the first and the last `bucket/key`, inclusive
 */
export async function listLedger(
  dynamo: DynamoDBClient,
  table: string,
  deliveryDay: string,
  keys: { first: string; last: string },
): Promise<Map<string, LedgerEntry>> {
  const items = await queryItems(dynamo, {
    TableName: table,
    IndexName: 'byDeliveryDay',
    KeyConditionExpression: 'deliveryDay = :day AND logFile BETWEEN :first AND :last',
    ExpressionAttributeValues: { ':day': text(deliveryDay), ':first': text(keys.first), ':last': text(keys.last) },
  });
  return new Map(items.filter(isEntry).map((item) => [requiredTextAt(item, 'logFile'), fromLedgerItem(item)]));
}

const isEntry = (item: Item) => item.state?.S !== 'failed';
const entryOf = (item: Item | undefined) => (item && isEntry(item) ? fromLedgerItem(item) : undefined);

/** @param logFile `bucket/key`, as an event names it */
export async function readVerification(
  dynamo: DynamoDBClient,
  table: string,
  logFile: string,
): Promise<EventVerification> {
  const [item, signed] = await Promise.all([
    readAttributes(dynamo, table, logFile, Object.keys(StoredVerification.shape)),
    readSigned(dynamo, table, [logFile], false),
  ]);
  return entryVerification(readItem(StoredVerification, item), signed.get(logFile) ?? []);
}

/** As `readVerification`, for many log files, by `bucket/key`. Those that the ledger does not know are left out. */
export async function readVerifications(
  dynamo: DynamoDBClient,
  table: string,
  logFiles: readonly string[],
): Promise<Map<string, EventVerification>> {
  const [items, signed] = await Promise.all([
    readItems(dynamo, table, logFiles),
    readSigned(dynamo, table, logFiles, false),
  ]);
  return new Map(
    [...items].map(([name, item]) => [
      name,
      entryVerification(readItem(StoredVerification, item), signed.get(name) ?? []),
    ]),
  );
}

/** What an entry has of its verification. */
const StoredVerification = z.object({
  sha256: z.optional(z.string()),
  otherSha256: z.optional(z.array(z.string())),
  verification: z.optional(Verification),
  verifiedBy: z.optional(z.string()),
  verifiedAt: z.optional(z.string()),
});

/**
 * Returns the path of a log file that is a local file.
 * @param logFile `bucket/key`
 */
export async function readPath(dynamo: DynamoDBClient, table: string, logFile: string): Promise<string | undefined> {
  return textAt(await readAttributes(dynamo, table, logFile, ['path']), 'path');
}

async function readAttributes(dynamo: DynamoDBClient, table: string, logFile: string, names: readonly string[]) {
  return (await getItem(dynamo, table, { logFile: text(logFile) }, projection(names))) ?? {};
}

function projection(names: readonly string[]) {
  return {
    ProjectionExpression: names.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  };
}

/** The newest log file of an account and Region. */
export type Watermark = z.output<typeof Watermark>;
const Watermark = z.object({
  /** `-` if the key of the log file has none. */
  account: z.string(),
  region: z.string(),
  /** ISO 8601. */
  deliveredAt: z.string(),
});

/** Returns the newest log files, by account and Region. */
export async function listWatermarks(dynamo: DynamoDBClient, table: string): Promise<Watermark[]> {
  return (await listItems(dynamo, table, WATERMARKS)).map((item) => readItem(Watermark, item));
}

const StoredProblem = z.object({
  /** `bucket/key` */
  logFile: z.string(),
  state: z.string(),
  reason: z.optional(z.string()),
  deliveryDay: z.string(),
});

/** A log file some of whose events are missing in the events table. */
export type LogFileProblem = Omit<z.output<typeof StoredProblem>, 'state'> & {
  /**
   * `failed`: it must be delivered again; `records-quarantined`: some of its records are quarantined; `not-as-signed`: what was
   * ingested is not what CloudTrail signed.
   */
  state: 'failed' | 'quarantined' | 'records-quarantined' | 'not-as-signed';
  /** The path of a local file, as it was given. Lists do not have it: see `readPath`. */
  path?: string;
};

const PROBLEM_STATES: Readonly<Record<string, LogFileProblem['state']>> = {
  failed: 'failed',
  partial: 'failed',
  quarantined: 'quarantined',
  // Discarded log files are listed only if their content was not what CloudTrail signed.
  discarded: NOT_AS_SIGNED,
};

/**
 * Returns log files with problems, the newest first.
 * @param days delivery days, `YYYY-MM-DD`, inclusive
 */
export async function listProblems(
  dynamo: DynamoDBClient,
  table: string,
  days: { from?: string | undefined; to?: string | undefined },
  limit: number,
): Promise<LogFileProblem[]> {
  const items = await listItems(dynamo, table, PROBLEMS, { from: days.from, to: days.to && `${days.to}~`, limit });
  return items.map((item) => {
    const problem = readItem(StoredProblem, item);
    const ingested = problem.reason === NOT_AS_SIGNED ? NOT_AS_SIGNED : 'records-quarantined';
    return { ...problem, state: PROBLEM_STATES[problem.state] ?? ingested };
  });
}

/** Returns the log files from which something was discarded, `bucket/key`, the latest discard first. */
export async function listDiscards(dynamo: DynamoDBClient, table: string): Promise<string[]> {
  return (await listItems(dynamo, table, DISCARDS)).map((item) => requiredTextAt(item, 'logFile'));
}

/** Returns what the index byListing has of the items of a listing, those with the greatest `listingKey` first. */
export async function listItems(
  dynamo: DynamoDBClient,
  table: string,
  listing: string,
  {
    from = ' ',
    to = '~',
    limit,
  }: Partial<Record<'from' | 'to', string | undefined>> & { limit?: number | undefined } = {},
): Promise<Item[]> {
  if (from > to) return [];
  const input = {
    TableName: table,
    IndexName: 'byListing',
    KeyConditionExpression: 'listing = :listing AND listingKey BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':listing': text(listing), ':from': text(from), ':to': text(to) },
    ScanIndexForward: false,
  };
  return queryItems(dynamo, input, limit);
}

/** A log file as a list of the ledger has it. */
export type LedgerLogFile = Omit<Named<z.output<typeof ListedLogFile>>, keyof typeof StoredVerification.shape> &
  Pick<EventVerification, 'verification'>;
const ListedLogFile = z.object({
  bucket: z.string(),
  objectKey: z.string(),
  /** `failed`: it must be delivered again, also to continue from a checkpoint. */
  state: z.catch(z.enum(['ingested', 'quarantined', 'discarded', 'failed']), 'failed'),
  recordsQuarantined: z._default(z.int(), 0),
  ...StoredVerification.shape,
});

/**
 * Lists the log files delivered on a day, in the order of bucket and key, a page at a time.
 * @param day `YYYY-MM-DD`
 * @param prefix only those whose `bucket/key` begins with this
 */
export async function* listLogFiles(
  dynamo: DynamoDBClient,
  table: string,
  day: string,
  prefix?: string,
): AsyncGenerator<LedgerLogFile> {
  const input = {
    TableName: table,
    IndexName: 'byDeliveryDay',
    KeyConditionExpression: `deliveryDay = :day${prefix === undefined ? '' : ' AND begins_with(logFile, :prefix)'}`,
    ExpressionAttributeValues: { ':day': text(day), ...(prefix === undefined ? {} : { ':prefix': text(prefix) }) },
    ...projection(Object.keys(ListedLogFile.shape)),
  };
  for await (const { Items = [] } of paginateQuery({ client: dynamo }, input)) {
    const files = Items.map((item) => named(readItem(ListedLogFile, item)));
    const ingested = files.filter(({ state }) => state === 'ingested');
    const signed = await readSigned(dynamo, table, ingested.map(objectName), false);
    for (const file of files) {
      const { bucket, key, state, recordsQuarantined } = file;
      const { verification } = entryVerification(file, signed.get(objectName(file)) ?? []);
      yield { bucket, key, state, recordsQuarantined, verification };
    }
  }
}
