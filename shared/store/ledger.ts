import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Item, numberAt, requiredTextAt, text, textAt, textsAt, toItem } from './item.ts';

/** How the work on a log file ended. */
export type LogFileState = 'ingested' | 'quarantined';

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
}

const BOOKS = [
  'recordsRead',
  'eventsStored',
  'eventsKnown',
  'recordsFiltered',
  'recordsQuarantined',
] as const satisfies readonly (keyof LogFileBooks)[];

/** Watermarks share the table's day index under this "day". */
export const WATERMARK_DAY = 'watermark';

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

export function ledgerKey(object: { bucket: string; key: string }): string {
  return `${object.bucket}/${object.key}`;
}

/** What the ledger has on a log file, or nothing. */
export async function readLedger(
  dynamo: DynamoDBClient,
  table: string,
  object: { bucket: string; key: string },
): Promise<LedgerEntry | undefined> {
  const { Item: item } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { logFile: text(ledgerKey(object)) }, ConsistentRead: true }),
  );
  return item && fromLedgerItem(item);
}

/** Writes a file's books, over those of an earlier reading; then moves the watermark of its account and Region. */
export async function writeLedger(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<void> {
  await dynamo.send(new PutItemCommand({ TableName: table, Item: toLedgerItem(entry) }));
  await moveWatermark(dynamo, table, entry);
}

export function toLedgerItem({ bucket, key, ...entry }: LedgerEntry): Item {
  return toItem({ logFile: ledgerKey({ bucket, key }), bucket, objectKey: key, ...entry });
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
  };
}

/** The newest log file of an account and Region. A bucket's name cannot start with `#`, so no log file has this key. */
async function moveWatermark(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<void> {
  if (entry.deliveredAt === undefined) return;
  const account = entry.account ?? '-';
  try {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { logFile: text(`#watermark/${account}/${entry.region}`) },
        UpdateExpression:
          'SET deliveryDay = :watermark, account = :account, #region = :region, deliveredAt = :deliveredAt, newestLogFile = :logFile',
        ConditionExpression: 'attribute_not_exists(deliveredAt) OR deliveredAt < :deliveredAt',
        ExpressionAttributeNames: { '#region': 'region' },
        ExpressionAttributeValues: {
          ':watermark': text(WATERMARK_DAY),
          ':account': text(account),
          ':region': text(entry.region),
          ':deliveredAt': text(entry.deliveredAt),
          ':logFile': text(ledgerKey(entry)),
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
