import { type DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { s3Uri, TrailError } from '../errors.ts';
import { conditionHeld } from './conditional.ts';
import { number, text } from './item.ts';
import { readLedger } from './ledger.ts';
import { type LedgerEntry, ledgerKey, toLedgerItem } from './ledger-entry.ts';

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
export type RecordStatus = 'quarantined' | 'open' | 'not-counted';

/** Looks up a quarantined record in the books of its log file. */
export async function readLedgerStatus(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
): Promise<RecordStatus> {
  return recordStatus(await readLedger(dynamo, table, record), record);
}

/** Each lost race means that another writer finished. */
export const MAX_RACES = 8;

export function entryRace(file: { bucket: string; key: string }): TrailError {
  return new TrailError(
    'write-race',
    `${s3Uri(file)}: its books keep changing: expected to write them in ${MAX_RACES} tries`,
  );
}

/**
 * Moves a quarantined record in the books of its log file to where its replay brought it; once, however often it is called.
 * @returns what the books said of it before
 */
export async function moveReplayedRecord(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
  to: ReplayedTo,
): Promise<RecordStatus> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const entry = await readLedger(dynamo, table, record);
    const status = recordStatus(entry, record);
    if (entry === undefined || status !== 'quarantined') return status;
    if (await changeEntry(dynamo, table, entry, withRecordMoved(entry, record.recordIndex, to))) return status;
  }
  throw entryRace(record);
}

/** The same, in books that were read before. */
export function recordStatus(entry: LedgerEntry | undefined, { etag, recordIndex }: QuarantinedRecord): RecordStatus {
  if (entry === undefined) return 'open';
  if (entry.etag !== etag) return 'not-counted';
  if (entry.state === 'partial') return 'open';
  const counted = entry.recordsQuarantined > 0 && !entry.replayedRecords?.includes(recordIndex);
  return counted ? 'quarantined' : 'not-counted';
}

/** What the books of a log file become when a quarantined record has gone somewhere else. */
export function withRecordMoved(entry: LedgerEntry, recordIndex: number, to: ReplayedTo): LedgerEntry {
  return {
    ...entry,
    recordsQuarantined: entry.recordsQuarantined - 1,
    [to]: entry[to] + 1,
    replayedRecords: [...(entry.replayedRecords ?? []), recordIndex],
  };
}

/**
 * Changes the entry of a log file that is not read anew: its state, its books, and what was discarded of it.
 * @returns false when it has changed since it was read
 */
export async function changeEntry(
  dynamo: DynamoDBClient,
  table: string,
  entry: LedgerEntry,
  next: LedgerEntry,
): Promise<boolean> {
  const item = toLedgerItem({ ...next, revision: (entry.revision ?? 0) + 1 });
  const sets = CHANGED.filter((name) => item[name] !== undefined);
  const removed = CHANGED.filter((name) => item[name] === undefined);
  const revision = entry.revision === undefined ? 'attribute_not_exists(#revision)' : '#revision = :expected';
  const discards = entry.discards === undefined ? 'attribute_not_exists(discards)' : 'size(discards) = :discarded';
  const update: UpdateItemCommandInput = {
    TableName: table,
    Key: { logFile: text(ledgerKey(entry)) },
    UpdateExpression: [
      `SET ${sets.map((name) => `#${name} = :${name}`).join(', ')}`,
      ...(removed.length === 0 ? [] : [`REMOVE ${removed.map((name) => `#${name}`).join(', ')}`]),
    ].join(' '),
    ConditionExpression: `etag = :etag AND ingestedAt = :ingestedAt AND #state = :before AND #recordsQuarantined = :quarantined AND ${discards} AND ${revision}`,
    ExpressionAttributeNames: Object.fromEntries(CHANGED.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(sets.map((name) => [`:${name}`, item[name]!])),
      ':etag': text(entry.etag),
      ':ingestedAt': text(entry.ingestedAt),
      ':before': text(entry.state),
      ':quarantined': number(entry.recordsQuarantined),
      ...(entry.revision === undefined ? {} : { ':expected': number(entry.revision) }),
      ...(entry.discards === undefined ? {} : { ':discarded': number(entry.discards.length) }),
    },
  };
  return conditionHeld(dynamo.send(new UpdateItemCommand(update)));
}

const CHANGED = [
  ...['state', 'recordsQuarantined', 'eventsStored', 'eventsKnown', 'recordsFiltered'],
  ...['replayedRecords', 'discards', 'listing', 'listingKey', 'revision'],
];
