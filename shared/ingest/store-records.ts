import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { AuditEvent, Provenance } from '../audit-event/audit-event.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { recordProblem, toAuditEvent } from '../audit-event/to-audit-event.ts';
import { isoTime } from '../cloudtrail/times.ts';
import type { Config } from '../config.ts';
import { s3Uri, TrailError } from '../errors.ts';
import type { BadRecord, KeptRecord, ReadCounts, RecordBatch } from '../log-file/read-log-file.ts';
import { noEnvironments, noteEvent } from '../store/environments-table.ts';
import { expiryOf, toEventItem } from '../store/event-item.ts';
import { dryRunPut, type PutOutcome, putEvent } from '../store/events-table.ts';
import type { Item } from '../store/item.ts';
import { type Checkpoint, type LogFileCounts, ledgerKey } from '../store/ledger-entry.ts';
import { type QuarantineReason, quarantineRecord } from '../store/quarantine.ts';
import type { LogSource } from './log-source.ts';
import type { TimeBudget } from './time-budget.ts';

/** The log file that records come from. */
export interface RecordsFile {
  bucket: string;
  key: string;
  etag: string;
  /** The account in its key. */
  account?: string | undefined;
  path?: string | undefined;
  /** In a replay: when the file, or its record, was first quarantined. */
  quarantinedAt?: string | undefined;
}

/** What items depend on. */
export interface RecordSettings {
  config: Config;
  /** A backfill stores them. */
  backfilled?: true;
  /** The clock, in milliseconds since 1970. */
  now(): number;
}

/** Takes the events of log files, and what is invalid. */
export interface RecordStore {
  putEvent(item: Item): Promise<PutOutcome | 'refused'>;
  quarantineRecord(bucket: string, bytes: Uint8Array, reason: QuarantineReason): Promise<void>;
  quarantineFile(source: LogSource, bucket: string, reason: QuarantineReason): Promise<void>;
}

/** A record that was quarantined. */
export interface RecordProblem {
  recordIndex: number;
  reason: string;
  /** Names the place and the expectation; safe to show. */
  detail: string;
}

export const CONCURRENT_WRITES = 8;
/** Records that are stored between two checks of the clock. */
const SLICE = 200;
const NOTHING: Checkpoint = { nextRecord: 0, stored: 0, known: 0, skipped: 0, quarantined: 0 };

/**
 * Stores the records of one log file, in file order, and counts them.
 * @param checkpoint how far an earlier delivery came with the same state of the file
 */
export function recordStorage(
  file: RecordsFile,
  settings: RecordSettings,
  store: RecordStore,
  checkpoint: Checkpoint = NOTHING,
) {
  const done = { ...checkpoint };
  const seen = noEnvironments();
  const problems: RecordProblem[] = [];
  let longest: number | undefined;

  const addRecord = async (record: KeptRecord | BadRecord) => {
    const stored = await storeRecord(classifyRecord(record, file, settings), store);
    if (stored.kind === 'bad') await quarantine(record, stored.reason);
    else if (stored.kind === 'skipped') done.skipped += 1;
    else {
      done[stored.kind === 'stored' ? 'stored' : 'known'] += 1;
      noteEvent(seen, stored.event);
      const latency = stored.kind === 'stored' ? latencyOf(stored.event, settings.now()) : undefined;
      if (latency !== undefined) longest = Math.max(latency, longest ?? latency);
    }
  };

  const quarantine = async ({ index, offset, bytes }: KeptRecord | BadRecord, reason: string) => {
    const { bucket, key, etag, path, quarantinedAt = isoTime(settings.now()) } = file;
    const detail = `Records[${index}] at byte ${offset}: ${expectationOf(reason)}`;
    const about = { reason, detail, bucket, key, etag, recordIndex: index, recordOffset: offset, path, quarantinedAt };
    await store.quarantineRecord(quarantineBucketOf(settings.config, about), bytes, about);
    done.quarantined += 1;
    problems.push({ recordIndex: index, reason, detail });
  };

  return {
    /** The days and environments of the events. */
    seen,
    problems,
    /** The longest time from an event to its item, in milliseconds; undefined if none was stored. */
    latencyMs: () => longest,

    /** @throws {OutOfTimeError} if the time is spent; everything before its checkpoint is stored */
    async add({ kept, bad }: RecordBatch, time: TimeBudget): Promise<void> {
      const isNew = ({ index }: KeptRecord | BadRecord) => index >= checkpoint.nextRecord;
      const records = [...kept, ...bad].filter(isNew).sort((a, b) => a.index - b.index);
      for (let start = 0; start < records.length; start += SLICE) {
        if (time.isSpent()) throw new OutOfTimeError(file, { ...done });
        const slice = records.slice(start, start + SLICE);
        await pMap(slice, addRecord, { concurrency: CONCURRENT_WRITES });
        done.nextRecord = slice.at(-1)!.index + 1;
      }
    },

    /** @throws {TrailError} `counts-do-not-add-up`, if records are unaccounted for */
    counts({ recordsRead, recordsKept, recordsBad }: ReadCounts): LogFileCounts {
      const { stored, known, skipped, quarantined } = done;
      if (stored + known + skipped + quarantined !== recordsKept + recordsBad) {
        throw new TrailError('counts-do-not-add-up', `${s3Uri(file)}: expected every record to be accounted for`);
      }
      return {
        recordsRead,
        eventsStored: stored,
        eventsKnown: known,
        recordsFiltered: recordsRead - recordsKept - recordsBad + skipped,
        recordsQuarantined: quarantined,
      };
    },
  };
}

/** Returns the milliseconds since an event happened; undefined if its time is invalid. */
export function latencyOf({ timeKey }: Pick<AuditEvent, 'timeKey'>, now: number): number | undefined {
  const time = Date.parse(timeOf(timeKey));
  return Number.isNaN(time) ? undefined : now - time;
}

/** Stores a record's event, if it is one. */
export async function storeRecord(
  record: ClassifiedRecord,
  store: RecordStore,
): Promise<Exclude<ClassifiedRecord, { kind: 'event' }> | { kind: 'stored' | 'duplicate'; event: AuditEvent }> {
  if (record.kind !== 'event') return record;
  const { event, item } = record;
  const outcome = await store.putEvent(item);
  if (outcome === 'conflict') return { kind: 'bad', reason: 'event-conflict' };
  if (outcome === 'refused') return { kind: 'bad', reason: 'item-refused' };
  return { kind: outcome === 'duplicate' ? 'duplicate' : 'stored', event };
}

/** What a record is, before the table is read. */
export type ClassifiedRecord =
  | { kind: 'bad'; reason: string }
  | { kind: 'skipped' }
  | { kind: 'event'; event: AuditEvent; item: Item };

/** Returns the item of a record, or why there is none. */
export function classifyRecord(
  record: KeptRecord | BadRecord,
  file: RecordsFile,
  settings: RecordSettings,
): ClassifiedRecord {
  if ('reason' in record) return { kind: 'bad', reason: record.reason };
  const provenance = { logFile: ledgerKey(file), recordIndex: record.index };
  return classifyText(textOf(record), provenance, file.account, settings);
}

/** @param keyAccount the account in the key of its log file */
export function classifyText(
  text: string,
  provenance: Provenance,
  keyAccount: string | undefined,
  { config, now, backfilled }: RecordSettings,
): ClassifiedRecord {
  const result = toAuditEvent(text, { ...provenance, keyAccount, now: now() });
  if (result.kind !== 'event') return result;
  const { event } = result;
  const ingestedAt = isoTime(now());
  const expiresAt = expiryOf(event, now(), config.retentionDays);
  const item = toEventItem(event, { ingestedAt, expiresAt, backfilled });
  return { kind: 'event', event, item };
}

const textOf = ({ bytes }: KeptRecord) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** Returns why a kept record cannot be an event; undefined if it can. */
export function problemOf(record: KeptRecord): string | undefined {
  return recordProblem(textOf(record));
}

interface StoreDeps {
  s3: S3Client;
  dynamo: DynamoDBClient;
  config: Config;
}

/** The events table and the quarantine. */
export function recordStore({ s3, dynamo, config: { eventsTable } }: StoreDeps): RecordStore {
  return {
    async putEvent(item) {
      try {
        return await putEvent(dynamo, eventsTable, item);
      } catch (error) {
        // Items keep every known limit. If DynamoDB refuses one anyway, the others are still stored. The SDK has no class for it.
        if ((error as Error).name === 'ValidationException') return 'refused';
        throw error;
      }
    },
    quarantineRecord: (bucket, bytes, reason) => quarantineRecord(s3, bucket, bytes, reason),
    quarantineFile: (source, bucket, reason) => source.quarantine(bucket, reason),
  };
}

/** Writes nothing, and finds out what would be stored. An event that comes twice counts as stored twice. */
export function dryRunStore({ dynamo, config }: StoreDeps): RecordStore {
  return {
    putEvent: (item) => dryRunPut(dynamo, config.eventsTable, item),
    quarantineRecord: async () => {},
    quarantineFile: async () => {},
  };
}

/** The time is spent before all of a log file is stored. */
export class OutOfTimeError extends TrailError {
  readonly checkpoint: Checkpoint;

  constructor(file: { bucket: string; key: string }, checkpoint: Checkpoint) {
    super('out-of-time', `${s3Uri(file)}: stored up to Records[${checkpoint.nextRecord}], to continue from there`);
    this.checkpoint = checkpoint;
  }
}

/**
 * Returns the quarantine bucket.
 * @throws {TrailError} `no-quarantine`, so that what is invalid is not acknowledged
 */
export function quarantineBucketOf({ quarantineBucket }: Config, file: QuarantineReason): string {
  if (quarantineBucket !== undefined) return quarantineBucket;
  throw new TrailError('no-quarantine', `${s3Uri(file)}: ${file.detail}; expected QUARANTINE_BUCKET to be set`);
}

/** Returns what was expected of a record, by the reason for which it is invalid. */
export function expectationOf(reason: string): string {
  return EXPECTATIONS[reason] ?? reason;
}

const EXPECTATIONS: Readonly<Record<string, string>> = {
  'not-an-object': 'expected a JSON object',
  'invalid-utf8': 'expected UTF-8',
  'event-id-missing': 'expected a non-empty eventID',
  'event-id-malformed': 'expected the eventID to be a string of Unicode characters',
  'event-id-too-long': 'expected an eventID of at most 512 bytes',
  'too-many-values': 'expected at most 50,000 values',
  'event-conflict': 'expected the same content as the event stored under this eventID',
  'item-refused': 'expected an item that DynamoDB takes',
  'no-cloudtrail-event': 'expected an event with its record as the text CloudTrailEvent',
  'record-bytes-cap': 'expected a record of at most 8 MiB',
  'depth-cap': 'expected less nesting',
};
