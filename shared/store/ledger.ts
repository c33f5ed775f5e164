import { type DynamoDBClient, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { s3Uri, TrailError } from '../errors.ts';
import { conditionHeld, updateIf } from './conditional.ts';
import { type Item, number, numberAt, requiredTextAt, text, textAt, toItem } from './item.ts';
import {
  type Checkpoint,
  DISCARDS,
  fromLedgerItem,
  type LedgerEntry,
  type LogFileCounts,
  ledgerKey,
  NO_COUNTS,
  NOT_AS_SIGNED,
  PROBLEMS,
  problemListing,
  type SignedHash,
  toLedgerItem,
  type Verification,
  verificationMark,
  WATERMARKS,
  withHistory,
} from './ledger-entry.ts';
import { queryItems } from './query-items.ts';

/** The state of a log file on which the work failed: there are no books yet. */
const FAILED = 'failed';

/** The newest log file of an account and Region. */
export interface Watermark {
  /** `-` when the key of the log file has none. */
  account: string;
  region: string;
  /** ISO 8601. */
  deliveredAt: string;
}

/** A log file of which something is missing in the events table. */
export interface LogFileProblem {
  /** `bucket/key` */
  logFile: string;
  /** Of a file on somebody's machine: its path, as it was given. A list does not have it: `readPath`. */
  path?: string;
  /**
   * `failed`: it is to be delivered again; `records-quarantined`: all but some of its records are stored; `not-as-signed`:
   * what was ingested is not what CloudTrail signed.
   */
  state: 'failed' | 'quarantined' | 'records-quarantined' | 'not-as-signed';
  reason?: string;
  deliveryDay: string;
}

/** A log file as a list of the ledger has it. */
export interface LedgerLogFile {
  bucket: string;
  key: string;
  /** `failed`: it is to be delivered again, or to be gone on with. */
  state: 'ingested' | 'quarantined' | 'discarded' | 'failed';
  recordsQuarantined: number;
  /** What a signed digest said of the content that was ingested; absent: none was checked against it yet. */
  verification?: Verification;
}

/** What the ledger has on a log file whose books were closed, or nothing. */
export async function readLedger(
  dynamo: DynamoDBClient,
  table: string,
  object: { bucket: string; key: string },
): Promise<LedgerEntry | undefined> {
  const { Item: item } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { logFile: text(ledgerKey(object)) }, ConsistentRead: true }),
  );
  return item && hasBooks(item) ? fromLedgerItem(item) : undefined;
}

/**
 * What the ledger has on the log files of a delivery day, by `bucket/key`; those without books are left out. An index is
 * asked, which lags a little behind the table.
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
  return new Map(items.filter(hasBooks).map((item) => [requiredTextAt(item, 'logFile'), fromLedgerItem(item)]));
}

const hasBooks = (item: Item) => item.state?.S !== FAILED;

/** Notes that the work on a log file failed, unless its books were closed before. They are when it has succeeded. */
export async function noteFailure(
  dynamo: DynamoDBClient,
  table: string,
  file: Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay' | 'path'>,
  reason: string,
): Promise<void> {
  const { logFile, ...attributes } = toItem({
    logFile: ledgerKey(file),
    bucket: file.bucket,
    objectKey: file.key,
    deliveryDay: file.deliveryDay,
    path: file.path,
    state: FAILED,
    reason,
    ...problemListing(file),
  });
  await updateIf(dynamo, table, { logFile: logFile! }, attributes, 'attribute_not_exists(#state) OR #state = :state');
}

/**
 * Writes a file's books, over those of an earlier reading; then moves the watermark of its account and Region.
 * @returns the entry as written
 */
export async function writeLedger(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<LedgerEntry> {
  const written = await putEntry(dynamo, table, entry);
  await moveWatermark(dynamo, table, written);
  return written;
}

/** Each lost race means that another writer finished. */
const MAX_RACES = 8;

/**
 * Writes the entry of a reading. If another reading, or a verification, was written since the entry was made, the entry
 * keeps what they left: a verification mark and the hashes of what was ingested are never overwritten.
 * @param entry as `withHistory` made it
 * @returns the entry as written
 * @throws {TrailError} `write-race`
 */
export async function putEntry(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<LedgerEntry> {
  let next = entry;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const expected = (next.revision ?? 1) - 1;
    const put = new PutItemCommand({
      TableName: table,
      Item: toLedgerItem({ ...next, revision: expected + 1 }),
      ConditionExpression: expected === 0 ? 'attribute_not_exists(revision)' : 'revision = :expected',
      ...(expected > 0 && { ExpressionAttributeValues: { ':expected': number(expected) } }),
    });
    if (await conditionHeld(dynamo.send(put))) return { ...next, revision: expected + 1 };
    next = withHistory(next, await readLedger(dynamo, table, entry));
  }
  throw new TrailError(
    'write-race',
    `${s3Uri(entry)}: its ledger entry keeps changing: expected to write it in ${MAX_RACES} tries`,
  );
}

/**
 * Notes how far the storing of a log file has come, for the next delivery of its notification to go on from there.
 * @param before what the ledger had of the log file when its reading began
 */
export async function writeCheckpoint(
  dynamo: DynamoDBClient,
  table: string,
  file: Omit<LedgerEntry, keyof LogFileCounts | 'state' | 'compressedBytes' | 'uncompressedBytes'>,
  checkpoint: Checkpoint,
  before: LedgerEntry | undefined,
): Promise<void> {
  const entry = {
    ...file,
    ...NO_COUNTS,
    compressedBytes: 0,
    uncompressedBytes: 0,
    state: 'partial' as const,
    checkpoint,
  };
  await putEntry(dynamo, table, withHistory(entry, before));
}

/**
 * Writes what a signed digest says of a log file that was ingested, unless its books have changed since they were read.
 * @returns undefined if they have
 */
export async function writeVerification(
  dynamo: DynamoDBClient,
  table: string,
  entry: LedgerEntry,
  signed: SignedHash,
): Promise<Verification | undefined> {
  const { state, ingestedAt } = entry;
  const mark = verificationMark(entry, signed);
  if (mark.verification === undefined) return undefined;
  const revision = (entry.revision ?? 0) + 1;
  const attributes = toItem({
    ...mark,
    ...(mark.verification === 'failed' ? problemListing(entry) : {}),
    revision,
    // Unchanged, for the condition.
    ...{ state, ingestedAt },
  });
  const isFirst = 'attribute_not_exists(#revision) OR #revision < :revision';
  const unchanged = `#state = :state AND #ingestedAt = :ingestedAt AND (${isFirst})`;
  const written = await updateIf(dynamo, table, { logFile: text(ledgerKey(entry)) }, attributes, unchanged);
  return written ? mark.verification : undefined;
}

/** What is known of where an event came from: whether a signed digest has the hash of its log file. */
export interface EventVerification {
  /** `pending`: no digest was checked against its log file yet; `no-log-file`: it is provisional. */
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
  const names = ['verification', 'verifiedBy', 'verifiedAt'] as const;
  const { Item: item = {} } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { logFile: text(logFile) }, ProjectionExpression: names.join(', ') }),
  );
  const [verification, verifiedBy, verifiedAt] = names.map((name) => textAt(item, name));
  if (verification === undefined) return { verification: 'pending' };
  return {
    verification: verification as Verification,
    ...(verifiedBy === undefined ? {} : { verifiedBy }),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
  };
}

/**
 * The path of a log file that is a file on somebody's machine.
 * @param logFile `bucket/key`
 */
export async function readPath(dynamo: DynamoDBClient, table: string, logFile: string): Promise<string | undefined> {
  const { Item: item = {} } = await dynamo.send(
    new GetItemCommand({
      TableName: table,
      Key: { logFile: text(logFile) },
      ProjectionExpression: '#path',
      ExpressionAttributeNames: { '#path': 'path' },
    }),
  );
  return textAt(item, 'path');
}

/** The newest log files, by account and Region. */
export async function listWatermarks(dynamo: DynamoDBClient, table: string): Promise<Watermark[]> {
  const items = await listItems(dynamo, table, WATERMARKS, {});
  return items.map((item) => ({
    account: requiredTextAt(item, 'account'),
    region: requiredTextAt(item, 'region'),
    deliveredAt: requiredTextAt(item, 'deliveredAt'),
  }));
}

/**
 * Log files of which something is missing, the newest first.
 * @param days delivery days, `YYYY-MM-DD`, both inclusive
 */
export async function listProblems(
  dynamo: DynamoDBClient,
  table: string,
  days: { from?: string | undefined; to?: string | undefined },
  limit: number,
): Promise<LogFileProblem[]> {
  const range = { from: days.from, to: days.to && `${days.to}~` };
  return (await listItems(dynamo, table, PROBLEMS, range, limit)).map((item) => {
    const state = requiredTextAt(item, 'state');
    const reason = textAt(item, 'reason');
    return {
      logFile: requiredTextAt(item, 'logFile'),
      state: PROBLEM_STATES[state] ?? (reason === NOT_AS_SIGNED ? NOT_AS_SIGNED : 'records-quarantined'),
      ...(reason === undefined ? {} : { reason }),
      deliveryDay: requiredTextAt(item, 'deliveryDay'),
    };
  });
}

/** Log files of which something was discarded from the quarantine, `bucket/key`, the last to be discarded first. */
export async function listDiscards(dynamo: DynamoDBClient, table: string): Promise<string[]> {
  return (await listItems(dynamo, table, DISCARDS, {})).map((item) => requiredTextAt(item, 'logFile'));
}

/**
 * The log files delivered on a day, in the order of bucket and key, a page at a time.
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
    ProjectionExpression: LISTED.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(LISTED.map((name) => [`#${name}`, name])),
  };
  for await (const page of paginateQuery({ client: dynamo }, input)) yield* (page.Items ?? []).map(fromListedItem);
}

const LISTED = ['bucket', 'objectKey', 'state', 'recordsQuarantined', 'verification'] as const;

function fromListedItem(item: Item): LedgerLogFile {
  const state = requiredTextAt(item, 'state');
  const verification = textAt(item, 'verification') as LedgerLogFile['verification'];
  return {
    bucket: requiredTextAt(item, 'bucket'),
    key: requiredTextAt(item, 'objectKey'),
    state: state === 'ingested' || state === 'quarantined' || state === 'discarded' ? state : 'failed',
    recordsQuarantined: numberAt(item, 'recordsQuarantined') ?? 0,
    ...(verification === undefined ? {} : { verification }),
  };
}

async function listItems(
  dynamo: DynamoDBClient,
  table: string,
  listing: string,
  { from = ' ', to = '~' }: { from?: string | undefined; to?: string | undefined },
  limit?: number,
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

const PROBLEM_STATES: Readonly<Record<string, LogFileProblem['state']>> = {
  [FAILED]: 'failed',
  partial: 'failed',
  quarantined: 'quarantined',
};

/**
 * Moves the watermark of an account and Region, unless it is further already.
 * A bucket's name cannot start with `#`, so no log file has its key.
 */
export async function moveWatermark(
  dynamo: DynamoDBClient,
  table: string,
  { account = '-', region, deliveredAt }: Pick<LedgerEntry, 'account' | 'region' | 'deliveredAt'>,
): Promise<void> {
  if (deliveredAt === undefined) return;
  const attributes = toItem({ listing: WATERMARKS, listingKey: `${account}/${region}`, account, region, deliveredAt });
  const key = { logFile: text(`#watermark/${account}/${region}`) };
  const isNewer = 'attribute_not_exists(#deliveredAt) OR #deliveredAt < :deliveredAt';
  await updateIf(dynamo, table, key, attributes, isNewer);
}
