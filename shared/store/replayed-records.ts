import { type DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { s3Place, TrailError } from '../errors.ts';
import { conditionHeld } from './conditional.ts';
import { number, text } from './item.ts';
import { readLedger } from './ledger.ts';
import { type LedgerEntry, ledgerKey } from './ledger-entry.ts';

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
  const isWhole = entry.recordsQuarantined === 1 && entry.verification !== 'failed';
  return {
    TableName: table,
    Key: { logFile: text(ledgerKey(entry)) },
    UpdateExpression: `SET recordsQuarantined = :fewer, ${to} = :more, replayedRecords = :replayed${isWhole ? ' REMOVE listing, listingKey' : ''}`,
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
