import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { bucketNameProblem } from '../aws/bucket-name.ts';
import { ObjectMissingError, ObjectUnchangedError, type OpenObject } from '../aws/open-object.ts';
import { type LogFileKey, type ObjectRef, readObjectKey, type SkippedObject } from '../cloudtrail/object-key.ts';
import type { Config } from '../config.ts';
import { defined } from '../defined.ts';
import type { LogFileRef } from '../delivery/announcement.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { gunzip, type Inflate } from '../log-file/gunzip.ts';
import { HeldRecords } from '../log-file/held-records.ts';
import {
  BadLogFileError,
  type ReadCounts,
  type ReaderCaps,
  type ReadOptions,
  readLogFile,
} from '../log-file/read-log-file.ts';
import { gunzipByZlib } from '../log-file/zlib-gunzip.ts';
import { noEnvironments } from '../store/environments-table.ts';
import { readLedger } from '../store/ledger.ts';
import { countsOf, type LedgerEntry, type LogFileCounts } from '../store/ledger-entry.ts';
import { type LedgerUpdate, type LogFileIdentity, noteFailure, writeLedger } from '../store/ledger-writer.ts';
import { checkpointOf, doneBefore, type SettledEntry } from './done-before.ts';
import { isInvalidFile, mayPass } from './failure.ts';
import { type LogSource, s3Source } from './log-source.ts';
import {
  OutOfTimeError,
  problemOf,
  quarantineBucketOf,
  type RecordProblem,
  type RecordStore,
  recordStorage,
  recordStore,
} from './store-records.ts';
import { type TimeBudget, UNLIMITED } from './time-budget.ts';

/** What ingesting works with. */
export interface PipelineDeps {
  /** Where the quarantine is. */
  s3: S3Client;
  dynamo: DynamoDBClient;
  config: Config;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Bytes of wanted records that may be held until their file has proved good. */
  maxHeldBytes?: number;
  /** Over the usual caps of the reader. */
  caps?: Partial<ReaderCaps>;
}

/** A log file to be ingested. */
export interface IngestJob {
  /** The object that events and the ledger name, and its state if that is known. */
  ref: LogFileRef;
  source: LogSource;
  store: RecordStore;
  time: TimeBudget;
  /** Returns what the ledger has on it. */
  findEntry(): Promise<LedgerEntry | undefined>;
  /** In a replay: when it was first quarantined. Its being in quarantine then does not keep it from being read. */
  quarantinedAt?: string | undefined;
}

/** What became of a log file. */
export type LogFileReport = { bucket: string; key: string } & (
  | { outcome: 'skipped'; reason: SkippedObject }
  /** `notAsSigned`: a digest was verified before that has the hash of other content. */
  | { outcome: 'ingested'; counts: LogFileCounts; problems: RecordProblem[]; notAsSigned?: true }
  | { outcome: 'quarantined'; reason: string; detail: string }
  /** It was done before, and has not changed since. */
  | { outcome: 'already-ingested'; counts: LogFileCounts }
  | { outcome: 'already-quarantined'; reason: string; detail: string }
  /** Somebody has decided that it is no log file, and it has not changed since. */
  | { outcome: 'already-discarded' }
);

/** What became of a job, and what is to be written into the ledger. */
export type IngestResult = IngestDone | IngestFailure;
export interface IngestDone {
  report: LogFileReport;
  /** Absent if the ledger is as it should be. */
  update?: LedgerUpdate;
}
/** The log file must be delivered again; `failureKind` tells whether that will help. */
export interface IngestFailure {
  error: unknown;
  file: LogFileIdentity;
  /** From where the next delivery is to go on. */
  update?: LedgerUpdate;
}

/**
 * Ingests a log file that is announced, and writes its ledger entry. If this returns, everything in the object is stored,
 * skipped by rule, or quarantined with a reason.
 * @throws {TrailError} `access-point` or `bucket-not-allowed`, before any request is made; `out-of-time`, and the next delivery
 *   goes on from there; and any error of S3 and DynamoDB
 */
export async function ingestLogFile(
  ref: LogFileRef,
  deps: PipelineDeps,
  time: TimeBudget = UNLIMITED,
  source: LogSource = s3Source(deps.s3, ref),
): Promise<LogFileReport> {
  const findEntry = () => readLedger(deps.dynamo, deps.config.logFilesTable, ref);
  const job = { ref, source, store: recordStore(deps), time, findEntry };
  return writeResult(await ingest(job, deps), deps);
}

/**
 * Writes what a job leaves in the ledger, for this log file alone.
 * @throws what the job failed with
 */
export async function writeResult(result: IngestResult, deps: PipelineDeps): Promise<LogFileReport> {
  const { update } = result;
  try {
    const written = update && (await writeLedger(deps.dynamo, deps.config, update));
    if ('error' in result) throw result.error;
    return asWritten(result.report, written);
  } catch (error) {
    const file = 'error' in result ? result.file : update?.entry;
    if (file) await noteFailureOf(file, error, deps);
    throw error;
  }
}

/** Returns the report with what the entry, as it was written, says of the content. */
export function asWritten(report: LogFileReport, written: LedgerEntry | undefined): LogFileReport {
  const isMismatch = report.outcome === 'ingested' && written?.verification === 'failed';
  return isMismatch ? { ...report, notAsSigned: true } : report;
}

/** Notes a failure, so that answers can say what is missing. What failed may be DynamoDB itself: that is the failure to report. */
export async function noteFailureOf(file: LogFileIdentity, error: unknown, deps: PipelineDeps): Promise<void> {
  try {
    await noteFailure(deps.dynamo, deps.config.logFilesTable, file, describeError(error));
  } catch {}
}

/** A job on a log file that may be read. */
interface LogFileJob extends IngestJob {
  file: LogFileKey & { bucket: string; key: string; path?: string };
  expectedOwner: string | undefined;
  /** What the ledger has on it. */
  before: LedgerEntry | undefined;
}

/**
 * The whole story of a log file: may it be read, is it a log file, was it done before; read and check it, store its events.
 * Whatever is stored twice changes nothing the second time, so it may end anywhere and be repeated.
 * @throws {TrailError} `access-point` or `bucket-not-allowed`
 */
export async function ingest(job: IngestJob, deps: PipelineDeps): Promise<IngestResult> {
  const { bucket, key } = job.ref;
  const expectedOwner = expectedOwnerOf(job.ref, deps.config);
  const names = readObjectKey(key);
  if ('skipped' in names) return { report: { bucket, key, outcome: 'skipped', reason: names.skipped } };
  const file = { bucket, key, ...names, ...defined({ path: job.source.path }) };
  try {
    const before = await job.findEntry();
    return await readUntilCertain({ ...job, file, expectedOwner, before }, deps);
  } catch (error) {
    return { error, file };
  }
}

const MAX_READINGS = 4;
const PAUSE_MS = 200;

/** Reads again what may be a passing fault, then with the other inflate; quarantines what stays invalid. */
async function readUntilCertain(job: LogFileJob, deps: PipelineDeps): Promise<IngestResult> {
  const done = doneBefore(job.before, deps.config.eventSources, job.quarantinedAt !== undefined);
  if (done && done.etag === job.ref.etag) return { report: earlierReport(done) };
  let inflate: Inflate = gunzip;
  for (let reading = 1; ; reading += 1) {
    const result = await readOnce(job, done, inflate, deps);
    if (!('failure' in result)) return result;
    const { failure, state } = result;
    if (reading < MAX_READINGS && mayPass(failure, reading) && !job.time.isSpent()) {
      inflate = failure instanceof BadLogFileError ? gunzipByZlib : gunzip;
      await deps.sleep(PAUSE_MS * 2 ** reading * Math.random());
    } else if (isInvalidFile(failure)) {
      return quarantineLogFile(job, state, failure, deps);
    } else {
      throw failure;
    }
  }
}

/** A reading that failed, and the state of the object that was read. */
interface FailedReading {
  failure: unknown;
  state: Pick<OpenObject, 'etag' | 'versionId'>;
}

async function readOnce(
  job: LogFileJob,
  done: SettledEntry | undefined,
  inflate: Inflate,
  deps: PipelineDeps,
): Promise<IngestResult | FailedReading> {
  const { source, expectedOwner, ref } = job;
  let object: OpenObject;
  try {
    object = await source.open({ ifNoneMatch: done?.etag || undefined, expectedOwner, sleep: deps.sleep });
  } catch (failure) {
    if (done && isAsDone(failure, done, ref)) return { report: earlierReport(done) };
    return { failure, state: { etag: ref.etag ?? '' } };
  }
  try {
    return await storeLogFile(job, object, inflate, deps);
  } catch (failure) {
    return { failure, state: object };
  }
}

/** Whether an object that could not be opened is the one that was done before. */
function isAsDone(failure: unknown, done: SettledEntry, ref: LogFileRef): boolean {
  if (failure instanceof ObjectUnchangedError) return true;
  // Ingested, and gone since. A notification with an ETag could be of another state of it, which is missing.
  return failure instanceof ObjectMissingError && done.state === 'ingested' && ref.etag === undefined;
}

/** Verify, then write: nothing of a file is stored before all of it has been read and found good. */
async function storeLogFile(
  job: LogFileJob,
  object: OpenObject,
  inflate: Inflate,
  deps: PipelineDeps,
): Promise<IngestResult> {
  const { file, before, source, store, time, quarantinedAt } = job;
  const { etag } = object;
  const options = { eventSources: deps.config.eventSources, caps: deps.caps, inflate, problemOf };
  const held = new HeldRecords(deps.maxHeldBytes);
  const read = await verify(object, file, { ...options, onRecords: (records) => held.add(records), hash: true });

  const storage = recordStorage(
    { ...file, etag, quarantinedAt },
    deps,
    store,
    checkpointOf(before, etag, deps.config.eventSources),
  );
  const entry = {
    ...entryOf(job, etag, deps),
    ...defined({ deliveredAt: file.deliveredAt ?? object.deliveredAt, sha256: read.sha256 }),
  };
  const { seen, problems } = storage;
  try {
    const batch = held.all();
    if (batch) await storage.add(batch, time);
    else {
      const { body } = await source.open({ ifMatch: etag, expectedOwner: job.expectedOwner, sleep: deps.sleep });
      await readLogFile(body, { ...options, onRecords: (records) => storage.add(records, time) });
    }
  } catch (error) {
    if (!(error instanceof OutOfTimeError)) throw error;
    const { checkpoint } = error;
    return { error, file, update: { entry: { ...entry, state: 'partial', checkpoint }, before, seen } };
  }
  const counts = storage.counts(read);
  const { compressedBytes, uncompressedBytes } = read;
  return {
    report: { bucket: file.bucket, key: file.key, outcome: 'ingested', counts, problems },
    update: { entry: { ...entry, state: 'ingested', ...counts, compressedBytes, uncompressedBytes }, before, seen },
  };
}

async function verify(object: OpenObject, file: ObjectRef, options: ReadOptions): Promise<ReadCounts> {
  try {
    return await readLogFile(object.body, options);
  } catch (error) {
    // Without a size nobody knows whether the file ends so, or only its transfer.
    if (!(error instanceof BadLogFileError) || object.size !== undefined) throw error;
    throw new TrailError('body-incomplete', `${s3Uri(file)}: expected a whole log file, from an answer without a size`);
  }
}

/** The raw bytes, if there are any, and the reason go to the quarantine. */
async function quarantineLogFile(
  job: LogFileJob,
  { etag, versionId }: FailedReading['state'],
  { code: reason, message: detail }: TrailError,
  deps: PipelineDeps,
): Promise<IngestResult> {
  const { file, before, source, store, quarantinedAt = isoNow(deps) } = job;
  const { bucket, key, path } = file;
  const about = { reason, detail, bucket, key, etag, quarantinedAt, versionId, path };
  const quarantineBucket = quarantineBucketOf(deps.config, about);
  const sha256 = reason === 'object-missing' ? undefined : await hashOf(job, etag, deps);
  await store.quarantineFile(source, quarantineBucket, { ...about, sha256 });
  const entry: LedgerEntry = { ...entryOf(job, etag, deps), state: 'quarantined', reason, detail };
  return {
    report: { bucket, key, outcome: 'quarantined', reason, detail },
    update: { entry, before, seen: noEnvironments() },
  };
}

/** No log file of CloudTrail is nearly as long: what is longer is told apart by its ETag alone. */
const MAX_HASHED_BYTES = 1024 ** 3;

/** Returns the hex SHA-256 of the raw bytes. An invalid file was not read to its end, so all of it is read now. */
async function hashOf({ source, expectedOwner }: LogFileJob, etag: string, { sleep }: PipelineDeps) {
  const { body } = await source.open({ ifMatch: etag, expectedOwner, sleep });
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MAX_HASHED_BYTES) return undefined;
    hash.update(piece);
  }
  return hash.digest('hex');
}

function entryOf({ file }: LogFileJob, etag: string, deps: PipelineDeps) {
  return { ...file, etag, eventSources: [...deps.config.eventSources], ingestedAt: isoNow(deps) };
}

/** A bucket that is not on the list fails: its notification is forged, or the list is wrong and events would be lost. */
function expectedOwnerOf(ref: LogFileRef, { logBuckets }: Config): string | undefined {
  const problem = bucketNameProblem(ref.bucket);
  if (problem !== undefined) throw new TrailError('access-point', problem);
  if (logBuckets.length === 0) return undefined;
  const bucket = logBuckets.find(({ name }) => name === ref.bucket);
  if (bucket) return bucket.account;
  throw new TrailError('bucket-not-allowed', `${s3Uri(ref)}: expected a bucket that LOG_BUCKETS names`);
}

function earlierReport(entry: SettledEntry): LogFileReport {
  const { bucket, key, state } = entry;
  if (state === 'discarded') return { bucket, key, outcome: 'already-discarded' };
  if (state === 'ingested') return { bucket, key, outcome: 'already-ingested', counts: countsOf(entry) };
  return { bucket, key, outcome: 'already-quarantined', reason: entry.reason, detail: entry.detail };
}

const isoNow = (deps: PipelineDeps) => new Date(deps.now()).toISOString();
