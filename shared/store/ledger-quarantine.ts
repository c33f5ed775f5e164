import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { objectRef } from '../cloudtrail/object-key.ts';
import { listDiscards, readLedger } from './ledger.ts';
import type { Discard, IngestedEntry, LedgerEntry } from './ledger-entry.ts';
import { untilWritten, updateEntry } from './ledger-writer.ts';
import type { QuarantineEntry } from './quarantine.ts';

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
 * What the ledger says of a quarantined record: `quarantined`: it is counted; `open`: the reading of its log file is not
 * finished and may count it yet; `not-counted`: it was replayed, or the entry is of another reading.
 */
export type RecordStatus = 'quarantined' | 'open' | 'not-counted';

/** Looks up a quarantined record in the entry of its log file. */
export async function readRecordStatus(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
): Promise<RecordStatus> {
  return recordStatus(await readLedger(dynamo, table, record), record);
}

function recordStatus(entry: LedgerEntry | undefined, record: QuarantinedRecord): RecordStatus {
  if (entry === undefined || (entry.state === 'partial' && entry.etag === record.etag)) return 'open';
  return countsRecord(entry, record) ? 'quarantined' : 'not-counted';
}

function countsRecord(entry: LedgerEntry, { etag, recordIndex }: QuarantinedRecord): entry is IngestedEntry {
  if (entry.state !== 'ingested' || entry.etag !== etag) return false;
  return entry.recordsQuarantined > 0 && !entry.replayedRecords?.includes(recordIndex);
}

/**
 * Moves a quarantined record in the counts of its log file to where its replay brought it; once, however often it is called.
 * @returns what the ledger said of it before
 */
export function moveReplayedRecord(
  dynamo: DynamoDBClient,
  table: string,
  record: QuarantinedRecord,
  to: ReplayedTo,
): Promise<RecordStatus> {
  return untilWritten(record, async () => {
    const entry = await readLedger(dynamo, table, record);
    if (entry === undefined || !countsRecord(entry, record)) return recordStatus(entry, record);
    return (await updateEntry(dynamo, table, entry, moved(entry, record, to))) ? 'quarantined' : undefined;
  });
}

function moved(entry: IngestedEntry, { recordIndex }: QuarantinedRecord, to: ReplayedTo): IngestedEntry {
  return {
    ...entry,
    recordsQuarantined: entry.recordsQuarantined - 1,
    [to]: entry[to] + 1,
    replayedRecords: [...(entry.replayedRecords ?? []), recordIndex],
  };
}

/** Something that was discarded, and the log file that it was, or was a record of. */
export type DiscardedEntry = Discard & { bucket: string; key: string };

/**
 * Writes into the ledger that something in quarantine is discarded, once, however often it is called. A log file is
 * `discarded` from then on; a record counts as filtered out. An entry of another state of the object stays, and only says
 * that it was discarded.
 * @returns `open` if there is no finished entry that could say so
 */
export function writeDiscard(
  dynamo: DynamoDBClient,
  table: string,
  quarantined: QuarantineEntry,
  discard: Discard,
): Promise<'discarded' | 'open'> {
  return untilWritten(quarantined, async () => {
    const entry = await readLedger(dynamo, table, quarantined);
    if (entry === undefined || entry.state === 'partial') return 'open';
    const { discards = [] } = entry;
    const next = withoutQuarantined(entry, quarantined);
    if (next === entry && discards.some(({ id }) => id === quarantined.id)) return 'discarded';
    const written = await updateEntry(dynamo, table, entry, { ...next, discards: [...discards, discard] });
    return written ? 'discarded' : undefined;
  });
}

/** Returns the entry itself if it does not count the discarded log file or record as quarantined. */
function withoutQuarantined(entry: LedgerEntry, { etag, recordIndex, ...file }: QuarantineEntry): LedgerEntry {
  if (recordIndex !== undefined) {
    const record = { ...file, etag, recordIndex };
    return countsRecord(entry, record) ? moved(entry, record, 'recordsFiltered') : entry;
  }
  return entry.state === 'quarantined' && entry.etag === etag ? { ...entry, state: 'discarded' } : entry;
}

const CONCURRENT_READS = 8;

/** Returns everything that was discarded, the last first. */
export async function readDiscards(dynamo: DynamoDBClient, table: string): Promise<DiscardedEntry[]> {
  const logFiles = await listDiscards(dynamo, table);
  const entries = await pMap(logFiles, (logFile) => readLedger(dynamo, table, objectRef(logFile)), {
    concurrency: CONCURRENT_READS,
  });
  const discarded = entries.flatMap((entry) =>
    entry ? (entry.discards ?? []).map((discard) => ({ ...discard, bucket: entry.bucket, key: entry.key })) : [],
  );
  return discarded.sort((a, b) => (a.discardedAt < b.discardedAt ? 1 : -1));
}
