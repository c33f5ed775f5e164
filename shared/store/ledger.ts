import { type DynamoDBClient, GetItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { defined } from '../defined.ts';
import { type Item, readItem, requiredTextAt, text, textAt } from './item.ts';
import {
  DISCARDS,
  fromLedgerItem,
  type LedgerEntry,
  ledgerKey,
  type Named,
  NOT_AS_SIGNED,
  named,
  PROBLEMS,
  Verification,
  WATERMARKS,
} from './ledger-entry.ts';
import { queryItems } from './query-items.ts';

/** Returns what the ledger has on a log file; undefined if it was never read, or only failed. */
export async function readLedger(
  dynamo: DynamoDBClient,
  table: string,
  object: { bucket: string; key: string },
): Promise<LedgerEntry | undefined> {
  const { Item: item } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { logFile: text(ledgerKey(object)) }, ConsistentRead: true }),
  );
  return item && isEntry(item) ? fromLedgerItem(item) : undefined;
}

/**
 * Returns what the ledger has on the log files of a delivery day, by `bucket/key`. An index is asked, which lags a little
 * behind the table.
 * @param keys the first and the last `bucket/key`, both inclusive
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

/** What is known of where an event came from: whether a signed digest has the hash of its log file. */
export interface EventVerification {
  /** `pending`: no digest was compared with its log file yet; `no-log-file`: it is provisional. */
  verification: Verification | 'pending' | 'no-log-file';
  /** The key of the digest that names the log file. */
  verifiedBy?: string;
  /** ISO 8601. */
  verifiedAt?: string;
}

/** @param logFile `bucket/key`, as an event names it */
export async function readVerification(
  dynamo: DynamoDBClient,
  table: string,
  logFile: string,
): Promise<EventVerification> {
  const item = await readAttributes(dynamo, table, logFile, ['verification', 'verifiedBy', 'verifiedAt']);
  const { verification = 'pending', ...by } = readItem(StoredVerification, item);
  return verification === 'pending' ? { verification } : { verification, ...defined(by) };
}

const StoredVerification = z.object({
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

async function readAttributes(
  dynamo: DynamoDBClient,
  table: string,
  logFile: string,
  names: readonly string[],
): Promise<Item> {
  const { Item: item = {} } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { logFile: text(logFile) }, ...projection(names) }),
  );
  return item;
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

/** A log file of which something is missing in the events table. */
export type LogFileProblem = Omit<z.output<typeof StoredProblem>, 'state'> & {
  /**
   * `failed`: it is to be delivered again; `records-quarantined`: all but some of its records are stored; `not-as-signed`:
   * what was ingested is not what CloudTrail signed.
   */
  state: 'failed' | 'quarantined' | 'records-quarantined' | 'not-as-signed';
  /** The path of a local file, as it was given. A list does not have it: `readPath`. */
  path?: string;
};

const PROBLEM_STATES: Readonly<Record<string, LogFileProblem['state']>> = {
  failed: 'failed',
  partial: 'failed',
  quarantined: 'quarantined',
};

/**
 * Returns log files of which something is missing, the newest first.
 * @param days delivery days, `YYYY-MM-DD`, both inclusive
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

/** Returns the log files of which something was discarded from quarantine, `bucket/key`, the last to be discarded first. */
export async function listDiscards(dynamo: DynamoDBClient, table: string): Promise<string[]> {
  return (await listItems(dynamo, table, DISCARDS)).map((item) => requiredTextAt(item, 'logFile'));
}

async function listItems(
  dynamo: DynamoDBClient,
  table: string,
  listing: string,
  { from = ' ', to = '~', limit }: { from?: string | undefined; to?: string | undefined; limit?: number } = {},
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
export type LedgerLogFile = Named<z.output<typeof ListedLogFile>>;
const ListedLogFile = z.object({
  bucket: z.string(),
  objectKey: z.string(),
  /** `failed`: it is to be delivered again, or to be gone on with. */
  state: z.catch(z.enum(['ingested', 'quarantined', 'discarded', 'failed']), 'failed'),
  recordsQuarantined: z._default(z.int(), 0),
  /** What a signed digest said of the content that was ingested; absent: none was compared with it yet. */
  verification: z.optional(Verification),
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
    yield* Items.map((item) => named(readItem(ListedLogFile, item)));
  }
}
