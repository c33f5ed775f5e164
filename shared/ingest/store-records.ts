import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { AuditEvent, Provenance } from '../audit-event/audit-event.ts';
import { recordProblem, toAuditEvent } from '../audit-event/to-audit-event.ts';
import type { Config } from '../config.ts';
import { s3Uri, TrailError } from '../errors.ts';
import type { BadRecord, KeptRecord, ReadCounts, RecordBatch } from '../log-file/read-log-file.ts';
import { noteEvent, type SeenEnvironments } from '../store/environments-table.ts';
import { expiryOf, toEventItem } from '../store/event-item.ts';
import { type PutOutcome, putEvent } from '../store/events-table.ts';
import type { Item } from '../store/item.ts';
import { type Checkpoint, type LogFileCounts, ledgerKey } from '../store/ledger-entry.ts';
import { quarantineRecord } from '../store/quarantine.ts';
import type { TimeBudget } from './time-budget.ts';

/** What storing works with. */
export interface StorageDeps {
  s3: S3Client;
  dynamo: DynamoDBClient;
  config: Config;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** The path by which people know a log file that is a file on their machine; absent: all log files are objects in S3. */
  pathOf?(file: { bucket: string; key: string }): string | undefined;
}

/** A record that was set aside. */
export interface RecordProblem {
  recordIndex: number;
  reason: string;
  /** Names the place and the expectation; safe to show. */
  detail: string;
}

/** There is no time left for the rest of a log file. */
export class OutOfTimeError extends TrailError {
  readonly checkpoint: Checkpoint;

  constructor(file: { bucket: string; key: string }, checkpoint: Checkpoint) {
    super('out-of-time', `${s3Uri(file)}: stored up to Records[${checkpoint.nextRecord}], to go on from there`);
    this.checkpoint = checkpoint;
  }
}

/** Where to set things aside is not known, so nothing is acknowledged. */
export function noQuarantine(file: { bucket: string; key: string }, detail: string): TrailError {
  return new TrailError('no-quarantine', `${s3Uri(file)}: ${detail}; expected QUARANTINE_BUCKET to be set`);
}

/** The log file that records are of. */
export interface RecordsFile {
  bucket: string;
  key: string;
  etag: string;
  names: { account?: string };
  /** When it, or its record, was first set aside, in a replay; what is still bad keeps this time. */
  quarantinedAt?: string | undefined;
}

/** What a record is, before the table is asked. */
export type ClassifiedRecord =
  | { kind: 'bad'; reason: string }
  | { kind: 'skipped' }
  | { kind: 'event'; event: AuditEvent; item: Item };

/** Makes the item of a record, or says why there is none. */
export function classifyRecord(
  record: KeptRecord | BadRecord,
  file: RecordsFile,
  deps: Pick<StorageDeps, 'config' | 'now'>,
): ClassifiedRecord {
  if ('reason' in record) return { kind: 'bad', reason: record.reason };
  const place = { logFile: ledgerKey(file), recordIndex: record.index };
  return classifyText(textOf(record), place, file.names.account, deps);
}

/** Why a kept record can be no event, if so. */
export function problemOf(record: KeptRecord): string | undefined {
  return recordProblem(textOf(record));
}

/**
 * Makes the item of a record's JSON text, or says why there is none.
 * @param keyAccount the account in the key of its log file
 */
export function classifyText(
  text: string,
  provenance: Provenance,
  keyAccount: string | undefined,
  { config, now }: Pick<StorageDeps, 'config' | 'now'>,
): ClassifiedRecord {
  const result = toAuditEvent(text, { ...provenance, keyAccount, now: now() });
  if (result.kind !== 'event') return result;
  const { event } = result;
  const ingestedAt = new Date(now()).toISOString();
  const item = toEventItem(event, { ingestedAt, expiresAt: expiryOf(event, now(), config.retentionDays) });
  return { kind: 'event', event, item };
}

const textOf = ({ bytes }: KeptRecord) => Buffer.from(bytes).toString();

const CONCURRENT_WRITES = 8;
/** Records that are stored between two looks at the clock. */
const SLICE = 200;
const NOTHING: Checkpoint = { nextRecord: 0, stored: 0, known: 0, skipped: 0, quarantined: 0 };

/** Stores the records of one log file, in file order, and keeps its books. */
export class RecordStorage {
  readonly seen: SeenEnvironments = { environments: new Map(), days: new Set() };
  readonly problems: RecordProblem[] = [];
  private readonly file: RecordsFile;
  private readonly deps: StorageDeps;
  private readonly time: TimeBudget;
  private readonly from: number;
  private readonly counts: Checkpoint;

  /** @param checkpoint how far an earlier delivery came with the same state of the file */
  constructor(file: RecordsFile, deps: StorageDeps, time: TimeBudget, checkpoint: Checkpoint = NOTHING) {
    this.file = file;
    this.deps = deps;
    this.time = time;
    this.from = checkpoint.nextRecord;
    this.counts = { ...checkpoint };
  }

  /** @throws {OutOfTimeError} when the time is spent; everything before its checkpoint is stored */
  async store({ kept, bad }: RecordBatch): Promise<void> {
    const records = [...kept, ...bad].filter(({ index }) => index >= this.from).sort((a, b) => a.index - b.index);
    for (let start = 0; start < records.length; start += SLICE) {
      if (this.time.isSpent()) throw new OutOfTimeError(this.file, { ...this.counts });
      const slice = records.slice(start, start + SLICE);
      await pMap(slice, (record) => this.storeRecord(record), { concurrency: CONCURRENT_WRITES });
      this.counts.nextRecord = slice.at(-1)!.index + 1;
    }
  }

  /** @throws {TrailError} `books-do-not-balance`, when records are unaccounted for */
  closeBooks({ recordsRead, recordsKept, recordsBad }: ReadCounts): LogFileCounts {
    const { stored, known, skipped, quarantined } = this.counts;
    if (stored + known + skipped + quarantined !== recordsKept + recordsBad) {
      throw new TrailError('books-do-not-balance', `${s3Uri(this.file)}: expected every record to be accounted for`);
    }
    return {
      recordsRead,
      eventsStored: stored,
      eventsKnown: known,
      recordsFiltered: recordsRead - recordsKept - recordsBad + skipped,
      recordsQuarantined: quarantined,
    };
  }

  private async storeRecord(record: KeptRecord | BadRecord): Promise<void> {
    const classified = classifyRecord(record, this.file, this.deps);
    if (classified.kind === 'bad') return this.setAside(record, classified.reason);
    if (classified.kind === 'skipped') {
      this.counts.skipped += 1;
      return;
    }
    const outcome = await putItem(classified.item, this.deps);
    if (outcome === 'conflict') return this.setAside(record, 'event-conflict');
    if (outcome === 'refused') return this.setAside(record, 'item-refused');
    this.counts[outcome === 'known' ? 'known' : 'stored'] += 1;
    noteEvent(this.seen, classified.event);
  }

  private async setAside({ index, offset, bytes }: KeptRecord, reason: string): Promise<void> {
    const { bucket, key, etag } = this.file;
    const { s3, config, now } = this.deps;
    const detail = recordDetail({ index, offset }, reason);
    if (config.quarantineBucket === undefined) throw noQuarantine(this.file, detail);
    await quarantineRecord(s3, config.quarantineBucket, bytes, {
      reason,
      detail,
      bucket,
      key,
      etag,
      recordIndex: index,
      recordOffset: offset,
      ...pathMember(this.file, this.deps),
      quarantinedAt: this.file.quarantinedAt ?? new Date(now()).toISOString(),
    });
    this.counts.quarantined += 1;
    this.problems.push({ recordIndex: index, reason, detail });
  }
}

/** Items keep all limits that are known; should DynamoDB refuse one all the same, the others are to be stored. */
export async function putItem(
  item: Item,
  { dynamo, config }: Pick<StorageDeps, 'dynamo' | 'config'>,
): Promise<PutOutcome | 'refused'> {
  try {
    return await putEvent(dynamo, config.eventsTable, item);
  } catch (error) {
    // The SDK has no class for it.
    if ((error as Error).name === 'ValidationException') return 'refused';
    throw error;
  }
}

/** The member `path` of what is said of a log file, where it has one. */
export function pathMember(
  file: { bucket: string; key: string },
  { pathOf }: Pick<StorageDeps, 'pathOf'>,
): { path?: string } {
  const path = pathOf?.(file);
  return path === undefined ? {} : { path };
}

/** Where a bad record is, and what was expected of it. */
export function recordDetail({ index, offset }: { index: number; offset: number }, reason: string): string {
  return `Records[${index}] at byte ${offset}: ${expectationOf(reason)}`;
}

/** What was expected of a record, by the reason for which it is bad. */
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
