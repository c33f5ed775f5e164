import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { toAuditEvent } from './audit-event/to-audit-event.ts';
import type { Config } from './config.ts';
import type { LogFileRef } from './delivery/announcement.ts';
import { type LogFileKey, readObjectKey, type SkippedObject } from './delivery/object-key.ts';
import { s3Place, TrailError } from './errors.ts';
import { HeldRecords } from './log-file/held-records.ts';
import { type OpenLogFile, openLogFile } from './log-file/open-log-file.ts';
import { BadLogFileError, type KeptRecord, type RecordBatch, readLogFile } from './log-file/read-log-file.ts';
import { noteEvent, type SeenEnvironments, writeEnvironments } from './store/environments-table.ts';
import { expiryOf, toEventItem } from './store/event-item.ts';
import { putEvent } from './store/events-table.ts';
import { type LedgerEntry, type LogFileBooks, ledgerKey, readLedger, writeLedger } from './store/ledger.ts';
import { type QuarantineReason, quarantineFile, quarantineRecord } from './store/quarantine.ts';

/** What the pipeline works with. */
export interface PipelineDeps {
  s3: S3Client;
  dynamo: DynamoDBClient;
  config: Config;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Bytes of records that may be held until their file has proved good; beyond them it is read twice. */
  maxHeldBytes?: number;
}

/** What became of one announced object. */
export type LogFileReport = { bucket: string; key: string } & (
  | { outcome: 'skipped'; reason: SkippedObject }
  | { outcome: 'ingested'; books: LogFileBooks; problems: RecordProblem[] }
  | { outcome: 'quarantined'; reason: string; detail: string }
  /** Its books were closed before, and it has not changed since. */
  | { outcome: 'already-ingested'; books: LogFileBooks }
  | { outcome: 'already-quarantined'; reason: string; detail: string }
);

/** A record that was set aside. */
export interface RecordProblem {
  recordIndex: number;
  reason: string;
  /** Names the place and the expectation; safe to show. */
  detail: string;
}

const CONCURRENT_WRITES = 8;

/**
 * The whole way of one announced object: is it a log file, was it done before, read and verify it, store its events, close
 * its books. When this returns, everything in the object is stored, skipped by rule, or quarantined with a reason; when it
 * throws, the announcement must be delivered again.
 * @throws {TrailError} `bucket-not-allowed`, before any request is made; and any error of S3 and DynamoDB
 */
export async function ingestLogFile(ref: LogFileRef, deps: PipelineDeps): Promise<LogFileReport> {
  const expectedOwner = allowedOwner(ref, deps.config);
  const place = { bucket: ref.bucket, key: ref.key };
  const names = readObjectKey(ref.key);
  if ('skipped' in names) return { ...place, outcome: 'skipped', reason: names.skipped };

  const before = await readLedger(deps.dynamo, deps.config.logFilesTable, ref);
  const closed = before && sameSources(before.eventSources, deps.config.eventSources) ? before : undefined;
  if (closed && closed.etag === ref.etag) return earlierReport(closed);
  const object = await openLogFile(deps.s3, ref, { expectedOwner, ifNoneMatch: closed?.etag });
  if (!object) return earlierReport(closed!);

  const file: LogFile = { ...place, names, object, expectedOwner };
  try {
    return await storeLogFile(file, deps);
  } catch (error) {
    if (!(error instanceof BadLogFileError)) throw error;
    return await setLogFileAside(file, deps, error);
  }
}

/** A log file at work. */
interface LogFile {
  bucket: string;
  key: string;
  names: LogFileKey;
  object: OpenLogFile;
  expectedOwner: string | undefined;
}

/** Verify, then write: nothing of a file is stored before all of it has been read and found good. */
async function storeLogFile(file: LogFile, deps: PipelineDeps): Promise<LogFileReport> {
  const { eventSources } = deps.config;
  const held = new HeldRecords(deps.maxHeldBytes);
  const counts = await readLogFile(file.object.body, {
    eventSources,
    hash: true,
    onRecords: (batch) => held.add(batch),
  });

  const work = new StoringWork(file, deps);
  const batch = held.all();
  if (batch) await work.store(batch);
  else await readLogFile((await reopen(file, deps)).body, { eventSources, onRecords: (again) => work.store(again) });

  const books = work.closeBooks(counts.recordsRead);
  await writeEnvironments(deps.dynamo, deps.config.environmentsTable, work.seen);
  await writeLedger(deps.dynamo, deps.config.logFilesTable, {
    ...ledgerEntry(file, deps),
    ...counts,
    ...books,
    state: 'ingested',
  });
  return { bucket: file.bucket, key: file.key, outcome: 'ingested', books, problems: work.problems };
}

/** The same state of the object once more; a changed one fails, and is announced by a notification of its own. */
async function reopen(file: LogFile, deps: PipelineDeps): Promise<OpenLogFile> {
  const object = await openLogFile(deps.s3, file, { expectedOwner: file.expectedOwner, ifMatch: file.object.etag });
  if (object) return object;
  throw new TrailError('s3-answer', `${s3Place(file)}: expected the object, found it not modified`);
}

/** Stores the records of one file and keeps its books. */
class StoringWork {
  readonly seen: SeenEnvironments = { environments: new Map(), days: new Set() };
  readonly problems: RecordProblem[] = [];
  private readonly file: LogFile;
  private readonly deps: PipelineDeps;
  private readonly counts = { stored: 0, known: 0, skipped: 0 };
  private wanted = 0;

  constructor(file: LogFile, deps: PipelineDeps) {
    this.file = file;
    this.deps = deps;
  }

  async store({ kept, bad }: RecordBatch): Promise<void> {
    this.wanted += kept.length + bad.length;
    const concurrency = { concurrency: CONCURRENT_WRITES };
    await pMap(kept, (record) => this.storeRecord(record), concurrency);
    await pMap(bad, (record) => this.setAside(record, record.reason), concurrency);
  }

  /** @throws {TrailError} `books-do-not-balance`, when records are unaccounted for */
  closeBooks(recordsRead: number): LogFileBooks {
    const { stored, known, skipped } = this.counts;
    const recordsQuarantined = this.problems.length;
    if (stored + known + skipped + recordsQuarantined !== this.wanted) {
      throw new TrailError('books-do-not-balance', `${s3Place(this.file)}: expected every record to be accounted for`);
    }
    const recordsFiltered = recordsRead - this.wanted + skipped;
    return { recordsRead, eventsStored: stored, eventsKnown: known, recordsFiltered, recordsQuarantined };
  }

  private async storeRecord(record: KeptRecord): Promise<void> {
    const { file, deps } = this;
    const result = toAuditEvent(Buffer.from(record.bytes).toString(), {
      logFile: ledgerKey(file),
      recordIndex: record.index,
      keyAccount: file.names.account,
      now: deps.now(),
    });
    if (result.kind === 'bad') return this.setAside(record, result.reason);
    if (result.kind === 'skipped') {
      this.counts.skipped += 1;
      return;
    }
    const { event } = result;
    const stored = { ingestedAt: isoNow(deps), expiresAt: expiryOf(event, deps.now(), deps.config.retentionDays) };
    const outcome = await putEvent(deps.dynamo, deps.config.eventsTable, toEventItem(event, stored));
    if (outcome === 'conflict') return this.setAside(record, 'event-conflict');
    this.counts[outcome === 'known' ? 'known' : 'stored'] += 1;
    noteEvent(this.seen, event);
  }

  private async setAside({ index, offset, bytes }: KeptRecord, reason: RecordProblem['reason']): Promise<void> {
    const detail = `Records[${index}] at byte ${offset}: ${RECORD_PROBLEMS[reason] ?? reason}`;
    const { s3, config } = this.deps;
    const record = { recordIndex: index, recordOffset: offset };
    await quarantineRecord(s3, quarantineBucket(config, this.file, detail), bytes, {
      ...quarantineReason(this.file, this.deps, reason, detail),
      ...record,
    });
    this.problems.push({ recordIndex: index, reason, detail });
  }
}

const RECORD_PROBLEMS: Readonly<Record<string, string>> = {
  'not-an-object': 'expected a JSON object',
  'invalid-utf8': 'expected UTF-8',
  'event-id-missing': 'expected a non-empty eventID',
  'event-id-malformed': 'expected the eventID to be a string of Unicode characters',
  'event-id-too-long': 'expected an eventID of at most 512 bytes',
  'event-conflict': 'expected the same content as the event stored under this eventID',
};

async function setLogFileAside(file: LogFile, deps: PipelineDeps, error: BadLogFileError): Promise<LogFileReport> {
  const { bucket, key } = file;
  const detail = error.message;
  const reason = quarantineReason(file, deps, error.code, detail);
  await quarantineFile(deps.s3, quarantineBucket(deps.config, file, detail), reason);
  await writeLedger(deps.dynamo, deps.config.logFilesTable, {
    ...ledgerEntry(file, deps),
    ...NO_BOOKS,
    state: 'quarantined',
    reason: error.code,
    detail,
  });
  return { bucket, key, outcome: 'quarantined', reason: error.code, detail };
}

const NO_BOOKS = {
  recordsRead: 0,
  eventsStored: 0,
  eventsKnown: 0,
  recordsFiltered: 0,
  recordsQuarantined: 0,
  compressedBytes: 0,
  uncompressedBytes: 0,
};

function quarantineBucket(config: Config, file: LogFile, detail: string): string {
  if (config.quarantineBucket !== undefined) return config.quarantineBucket;
  throw new TrailError('no-quarantine', `${s3Place(file)}: ${detail}; expected QUARANTINE_BUCKET to be set`);
}

function quarantineReason(file: LogFile, deps: PipelineDeps, reason: string, detail: string): QuarantineReason {
  const { bucket, key, object } = file;
  return { reason, detail, bucket, key, etag: object.etag, quarantinedAt: isoNow(deps) };
}

function ledgerEntry({ bucket, key, names, object }: LogFile, deps: PipelineDeps) {
  const { etag, deliveredAt } = object;
  return {
    bucket,
    key,
    ...names,
    etag,
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    eventSources: deps.config.eventSources,
    ingestedAt: isoNow(deps),
  };
}

/** A bucket that is not on the list fails: its notification is forged, or the list is wrong and events would be lost. */
function allowedOwner(ref: LogFileRef, { logBuckets }: Config): string | undefined {
  if (logBuckets.length === 0) return undefined;
  const bucket = logBuckets.find(({ name }) => name === ref.bucket);
  if (bucket) return bucket.account;
  throw new TrailError('bucket-not-allowed', `${s3Place(ref)}: expected a bucket that LOG_BUCKETS names`);
}

function sameSources(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

function earlierReport(entry: LedgerEntry): LogFileReport {
  const { bucket, key, state, reason = '', detail = '' } = entry;
  if (state === 'quarantined') return { bucket, key, outcome: 'already-quarantined', reason, detail };
  return { bucket, key, outcome: 'already-ingested', books: entry };
}

const isoNow = (deps: PipelineDeps) => new Date(deps.now()).toISOString();
