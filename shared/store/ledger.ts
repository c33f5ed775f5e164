import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { s3Place, TrailError } from '../errors.ts';
import { conditionHeld, updateIf } from './conditional.ts';
import { type Item, number, numberAt, requiredTextAt, text, textAt, textsAt, toItem } from './item.ts';
import { cutKey } from './keys.ts';

/** How the work on a log file ended; `partial`: for want of time, and it goes on from its checkpoint. */
export type LogFileState = 'ingested' | 'quarantined' | 'partial';

/** The books of one log file: recordsRead = eventsStored + eventsKnown + recordsFiltered + recordsQuarantined. */
export interface LogFileBooks {
  recordsRead: number;
  /** New events, and addenda that were joined with their original. */
  eventsStored: number;
  /** Events the table had already. */
  eventsKnown: number;
  /** Records of other event sources, and aggregated and Insight records. */
  recordsFiltered: number;
  recordsQuarantined: number;
}

/** No records at all. */
export const NO_BOOKS: LogFileBooks = {
  recordsRead: 0,
  eventsStored: 0,
  eventsKnown: 0,
  recordsFiltered: 0,
  recordsQuarantined: 0,
};

/** How far the storing of a log file has come: all wanted records before `nextRecord` are accounted for. */
export type Checkpoint = z.infer<typeof Checkpoint>;
const Count = z.int().check(z.nonnegative());
const Checkpoint = z.object({ nextRecord: Count, stored: Count, known: Count, skipped: Count, quarantined: Count });

export interface LedgerEntry extends LogFileBooks {
  bucket: string;
  key: string;
  state: LogFileState;
  /** Why the file was quarantined: the code, and the sentence with place and expectation. */
  reason?: string;
  detail?: string;
  /** Without quotes. */
  etag: string;
  /** Hex SHA-256 of the uncompressed bytes. */
  sha256?: string;
  compressedBytes: number;
  uncompressedBytes: number;
  /** The event sources that were kept; another choice means that the file must be read again. */
  eventSources: readonly string[];
  /** `YYYY-MM-DD`, from the key. */
  deliveryDay: string;
  account?: string;
  region: string;
  /** When S3 stored the object; ISO 8601. */
  deliveredAt?: string;
  ingestedAt: string;
  /** Only with the state `partial`. */
  checkpoint?: Checkpoint;
  /** Positions of records that were quarantined, and have been replayed since: the books count them where they went. */
  replayedRecords?: readonly number[];
}

/** A record that was quarantined. */
export interface QuarantinedRecord {
  bucket: string;
  key: string;
  /** The state of the log file that it was read from. */
  etag: string;
  recordIndex: number;
}

/** Where the replay of a record can bring it. */
export type ReplayedTo = 'eventsStored' | 'eventsKnown' | 'recordsFiltered';

/**
 * What the books of its log file say of a quarantined record: `quarantined` counts it; `open`, the work on the log file is
 * not done and may count it yet; `not-counted`, it has been replayed, or the books are those of another reading.
 */
export type RecordStanding = 'quarantined' | 'open' | 'not-counted';

const BOOKS = [
  'recordsRead',
  'eventsStored',
  'eventsKnown',
  'recordsFiltered',
  'recordsQuarantined',
] as const satisfies readonly (keyof LogFileBooks)[];

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
  /** `failed`: it is to be delivered again; `records-quarantined`: all but some of its records are stored. */
  state: 'failed' | 'quarantined' | 'records-quarantined';
  reason?: string;
  deliveryDay: string;
}

/** What is listed apart from the log files, in the index byListing. */
const WATERMARKS = 'watermarks';
const PROBLEMS = 'problems';
/** Longest sort key, in UTF-8 bytes. DynamoDB quota. */
const MAX_SORT_KEY_BYTES = 1024;

/** Only the books of a ledger entry. */
export function booksOf({
  recordsRead,
  eventsStored,
  eventsKnown,
  recordsFiltered,
  recordsQuarantined,
}: LogFileBooks): LogFileBooks {
  return { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined };
}

/** @throws {TrailError} `key-too-long`; CloudTrail's own keys are far below the limit */
export function ledgerKey(object: { bucket: string; key: string }): string {
  const key = `${object.bucket}/${object.key}`;
  if (Buffer.byteLength(key) <= MAX_SORT_KEY_BYTES) return key;
  throw new TrailError(
    'key-too-long',
    `${s3Place(object)}: expected at most ${MAX_SORT_KEY_BYTES} bytes of bucket and key`,
  );
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
  return item === undefined || item.state?.S === FAILED ? undefined : fromLedgerItem(item);
}

/** Notes that the work on a log file failed, unless its books were closed before. They are when it has succeeded. */
export async function noteFailure(
  dynamo: DynamoDBClient,
  table: string,
  file: Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay'>,
  reason: string,
): Promise<void> {
  const { logFile, ...attributes } = toItem({
    logFile: ledgerKey(file),
    bucket: file.bucket,
    objectKey: file.key,
    deliveryDay: file.deliveryDay,
    state: FAILED,
    reason,
    ...problemListing(file),
  });
  await updateIf(dynamo, table, { logFile: logFile! }, attributes, 'attribute_not_exists(#state) OR #state = :state');
}

/** Writes a file's books, over those of an earlier reading; then moves the watermark of its account and Region. */
export async function writeLedger(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<void> {
  await dynamo.send(new PutItemCommand({ TableName: table, Item: toLedgerItem(entry) }));
  await moveWatermark(dynamo, table, entry);
}

/** Notes how far the storing of a log file has come, for the next delivery of its notification to go on from there. */
export async function writeCheckpoint(
  dynamo: DynamoDBClient,
  table: string,
  file: Omit<LedgerEntry, keyof LogFileBooks | 'state' | 'compressedBytes' | 'uncompressedBytes'>,
  checkpoint: Checkpoint,
): Promise<void> {
  const entry = {
    ...file,
    ...NO_BOOKS,
    compressedBytes: 0,
    uncompressedBytes: 0,
    state: 'partial' as const,
    checkpoint,
  };
  await dynamo.send(new PutItemCommand({ TableName: table, Item: toLedgerItem(entry) }));
}

/** Looks up a quarantined record in the books of its log file. */
export async function readStanding(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
): Promise<RecordStanding> {
  return standingIn(await readLedger(dynamo, table, record), record);
}

/** Each lost race means that another writer finished. */
const MAX_RACES = 8;

/**
 * Moves a quarantined record in the books of its log file to where its replay brought it; once, however often it is called.
 * @returns what the books said of it before
 */
export async function moveReplayedRecord(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
  to: ReplayedTo,
): Promise<RecordStanding> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const entry = await readLedger(dynamo, table, record);
    const standing = standingIn(entry, record);
    if (entry === undefined || standing !== 'quarantined') return standing;
    const update = new UpdateItemCommand(replayedRecordUpdate(table, entry, record, to));
    if (await conditionHeld(dynamo.send(update))) return standing;
  }
  throw new TrailError(
    'write-race',
    `${s3Place(record)}: its books keep changing: expected to write them in ${MAX_RACES} tries`,
  );
}

function standingIn(entry: LedgerEntry | undefined, { etag, recordIndex }: QuarantinedRecord): RecordStanding {
  if (entry === undefined) return 'open';
  if (entry.etag !== etag) return 'not-counted';
  if (entry.state === 'partial') return 'open';
  const counted = entry.recordsQuarantined > 0 && !entry.replayedRecords?.includes(recordIndex);
  return counted ? 'quarantined' : 'not-counted';
}

/** Until its file is read anew, an entry's books change only by fewer quarantined records. */
function replayedRecordUpdate(
  table: string,
  entry: LedgerEntry,
  { recordIndex }: QuarantinedRecord,
  to: ReplayedTo,
): UpdateItemCommandInput {
  const isLast = entry.recordsQuarantined === 1;
  return {
    TableName: table,
    Key: { logFile: text(ledgerKey(entry)) },
    UpdateExpression: `SET recordsQuarantined = :fewer, ${to} = :more, replayedRecords = :replayed${isLast ? ' REMOVE listing, listingKey' : ''}`,
    ConditionExpression: 'etag = :etag AND ingestedAt = :ingestedAt AND recordsQuarantined = :quarantined',
    ExpressionAttributeValues: {
      ':fewer': number(entry.recordsQuarantined - 1),
      ':more': number(entry[to] + 1),
      ':replayed': { L: [...(entry.replayedRecords ?? []), recordIndex].map((position) => text(String(position))) },
      ':etag': text(entry.etag),
      ':ingestedAt': text(entry.ingestedAt),
      ':quarantined': number(entry.recordsQuarantined),
    },
  };
}

export function toLedgerItem(entry: LedgerEntry): Item {
  const { bucket, key, checkpoint, replayedRecords, ...others } = entry;
  const problem = entry.state !== 'ingested' || entry.recordsQuarantined > 0;
  return toItem({
    logFile: ledgerKey(entry),
    bucket,
    objectKey: key,
    ...others,
    checkpoint: checkpoint && JSON.stringify(checkpoint),
    replayedRecords: replayedRecords?.map(String),
    ...(problem ? problemListing(entry) : {}),
  });
}

export function fromLedgerItem(item: Item): LedgerEntry {
  const optional = (name: string) => {
    const value = textAt(item, name);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    bucket: requiredTextAt(item, 'bucket'),
    key: requiredTextAt(item, 'objectKey'),
    state: requiredTextAt(item, 'state') as LogFileState,
    etag: requiredTextAt(item, 'etag'),
    compressedBytes: numberAt(item, 'compressedBytes') ?? 0,
    uncompressedBytes: numberAt(item, 'uncompressedBytes') ?? 0,
    eventSources: textsAt(item, 'eventSources'),
    deliveryDay: requiredTextAt(item, 'deliveryDay'),
    region: requiredTextAt(item, 'region'),
    ingestedAt: requiredTextAt(item, 'ingestedAt'),
    ...(Object.fromEntries(BOOKS.map((name) => [name, numberAt(item, name) ?? 0])) as unknown as LogFileBooks),
    ...optional('reason'),
    ...optional('detail'),
    ...optional('sha256'),
    ...optional('account'),
    ...optional('deliveredAt'),
    ...readCheckpoint(textAt(item, 'checkpoint')),
    ...readReplayedRecords(textsAt(item, 'replayedRecords')),
  };
}

function readCheckpoint(json: string | undefined): { checkpoint?: Checkpoint } {
  return json === undefined ? {} : { checkpoint: Checkpoint.parse(JSON.parse(json)) };
}

function readReplayedRecords(positions: readonly string[]): { replayedRecords?: readonly number[] } {
  return positions.length === 0 ? {} : { replayedRecords: positions.map(Number) };
}

/** The newest log files, by account and Region. */
export async function listWatermarks(dynamo: DynamoDBClient, table: string): Promise<Watermark[]> {
  const items = await listItems(dynamo, table, WATERMARKS, {}, Number.POSITIVE_INFINITY);
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
      state: PROBLEM_STATES[state] ?? 'records-quarantined',
      ...(reason === undefined ? {} : { reason }),
      deliveryDay: requiredTextAt(item, 'deliveryDay'),
    };
  });
}

async function listItems(
  dynamo: DynamoDBClient,
  table: string,
  listing: string,
  { from = ' ', to = '~' }: { from?: string | undefined; to?: string | undefined },
  limit: number,
): Promise<Item[]> {
  const items: Item[] = [];
  if (from > to) return items;
  const pages = paginateQuery(
    { client: dynamo },
    {
      TableName: table,
      IndexName: 'byListing',
      KeyConditionExpression: 'listing = :listing AND listingKey BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':listing': text(listing), ':from': text(from), ':to': text(to) },
      ScanIndexForward: false,
    },
  );
  for await (const page of pages) {
    items.push(...(page.Items ?? []));
    if (items.length >= limit) return items.slice(0, limit);
  }
  return items;
}

const FAILED = 'failed';
const PROBLEM_STATES: Readonly<Record<string, LogFileProblem['state']>> = {
  [FAILED]: 'failed',
  partial: 'failed',
  quarantined: 'quarantined',
};

function problemListing(file: Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay'>) {
  const listingKey = cutKey(`${file.deliveryDay}/${ledgerKey(file)}`, MAX_SORT_KEY_BYTES);
  return { listing: PROBLEMS, listingKey };
}

/** A bucket's name cannot start with `#`, so no log file has this key. */
async function moveWatermark(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<void> {
  if (entry.deliveredAt === undefined) return;
  const { account = '-', region, deliveredAt } = entry;
  const attributes = toItem({ listing: WATERMARKS, listingKey: `${account}/${region}`, account, region, deliveredAt });
  const key = { logFile: text(`#watermark/${account}/${region}`) };
  const isNewer = 'attribute_not_exists(#deliveredAt) OR #deliveredAt < :deliveredAt';
  await updateIf(dynamo, table, key, attributes, isNewer);
}
