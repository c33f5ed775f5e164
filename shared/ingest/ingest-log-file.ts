import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectMissingError, ObjectUnchangedError, type OpenObject } from '../aws/open-object.ts';
import { type LogFileKey, type ObjectRef, readObjectKey } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { expectedOwnerOf } from '../config.ts';
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
import type { LedgerEntry } from '../store/ledger-entry.ts';
import { SCHEMA_VERSION } from '../store/schema-version.ts';
import { checkpointOf, doneBefore, earlierReport, type SettledEntry } from './done-before.ts';
import { isInvalidFile, mayPass } from './failure.ts';
import type { IngestResult } from './ingest-result.ts';
import { hashOf, type LogSource } from './log-source.ts';
import {
  OutOfTimeError,
  problemOf,
  quarantineBucketOf,
  type RecordSettings,
  type RecordStore,
  recordStorage,
} from './store-records.ts';
import type { TimeBudget } from './time-budget.ts';

/** What ingesting works with. */
export interface PipelineDeps extends RecordSettings {
  /** Where the quarantine is. */
  s3: S3Client;
  dynamo: DynamoDBClient;
  sleep(milliseconds: number): Promise<void>;
  /** Maximum bytes of wanted records held until their file has been checked; beyond it, the file is read twice. */
  maxHeldBytes?: number;
  /** Override the reader's default caps. */
  caps?: Partial<ReaderCaps>;
}

/** A log file to be ingested. */
export interface IngestJob {
  /** The object that events and the ledger name, and its state if that is known. */
  ref: LogFileRef;
  source: LogSource;
  store: RecordStore;
  time: TimeBudget;
  /** Returns what the ledger has on it, or had a moment ago: its entry is written only if that has not changed. */
  findEntry(): Promise<LedgerEntry | undefined>;
  /** In a replay: when the file was first quarantined. It is then read although the ledger has it as quarantined. */
  quarantinedAt?: string | undefined;
}

/** A job whose log file may be read. */
interface LogFileJob extends IngestJob {
  file: LogFileKey & { bucket: string; key: string; path?: string };
  expectedOwner: string | undefined;
  /** What the ledger has on it. */
  before: LedgerEntry | undefined;
}

/**
 * The whole story of a log file: may it be read, is it a log file, was it done before; read and check it, store its events.
 * Every write is idempotent, so ingesting may be interrupted anywhere and repeated. When its result is written to the ledger,
 * everything in the object is stored, skipped by rule, or quarantined with a reason.
 * @throws {TrailError} `access-point` or `bucket-not-allowed`, before any request is made
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

const PAUSE_MS = 200;

/** Reads again after a fault that may pass, and with the other inflate if the file looks invalid; quarantines what stays so. */
async function readUntilCertain(job: LogFileJob, deps: PipelineDeps): Promise<IngestResult> {
  const done = doneBefore(job.before, deps.config.eventSources, job.quarantinedAt !== undefined);
  if (done && done.etag === job.ref.etag) return { report: earlierReport(done) };
  let inflate: Inflate = gunzip;
  for (let reading = 1; ; reading += 1) {
    const result = await readOnce(job, done, inflate, deps);
    if (!('failure' in result)) return result;
    const { failure, state } = result;
    if (!mayPass(failure, reading, inflate !== gunzip)) {
      if (!isInvalidFile(failure)) throw failure;
      return quarantineLogFile(job, state, failure, deps);
    }
    if (job.time.isSpent()) {
      throw new TrailError('out-of-time', `${s3Uri(job.file)}: to be read again after ${describeError(failure)}`);
    }
    inflate = failure instanceof BadLogFileError ? gunzipByZlib : gunzip;
    await deps.sleep(PAUSE_MS * 2 ** reading * Math.random());
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

/** Whether a failure to open says that the object is as the ledger has it. */
function isAsDone(failure: unknown, done: SettledEntry, ref: LogFileRef): boolean {
  if (failure instanceof ObjectUnchangedError) return true;
  // It was ingested, and then deleted. A notification with an ETag may announce another state, which is missing.
  return failure instanceof ObjectMissingError && done.state === 'ingested' && ref.etag === undefined;
}

/** Verify, then write: all of a file is read and checked before any of it is stored. */
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
  const hash = createHash('sha256');
  const read = await verify(object, file, { ...options, onRecords: (records) => held.add(records), hash });

  const storage = recordStorage(
    { ...file, etag, quarantinedAt },
    deps,
    store,
    checkpointOf(before, etag, deps.config.eventSources),
  );
  const entry = {
    ...entryOf(job, etag, deps),
    ...defined({ deliveredAt: file.deliveredAt ?? object.deliveredAt, sha256: hash.digest('hex') }),
  };
  const { seen, problems, latencyMs } = storage;
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
  const { bucket, key } = file;
  return {
    report: { bucket, key, outcome: 'ingested', counts, problems, ...defined({ latencyMs: latencyMs() }) },
    update: { entry: { ...entry, state: 'ingested', ...counts, compressedBytes, uncompressedBytes }, before, seen },
  };
}

async function verify(object: OpenObject, file: ObjectRef, options: ReadOptions): Promise<ReadCounts> {
  try {
    return await readLogFile(object.body, options);
  } catch (error) {
    // Without a size, an incomplete transfer looks like an invalid file.
    if (!(error instanceof BadLogFileError) || object.size !== undefined) throw error;
    throw new TrailError(
      'body-incomplete',
      `${s3Uri(file)}: expected a whole log file, from a response without a size`,
    );
  }
}

/** Puts the raw bytes, if there are any, and the reason into quarantine. */
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
  const sha256 =
    reason === 'object-missing'
      ? undefined
      : await hashOf(source, { ifMatch: etag, expectedOwner: job.expectedOwner, sleep: deps.sleep });
  await store.quarantineFile(source, quarantineBucket, { ...about, sha256 });
  const entry: LedgerEntry = { ...entryOf(job, etag, deps), state: 'quarantined', reason, detail };
  return {
    report: { bucket, key, outcome: 'quarantined', reason, detail },
    update: { entry, before, seen: noEnvironments() },
  };
}

function entryOf({ file }: LogFileJob, etag: string, deps: PipelineDeps) {
  const eventSources = [...deps.config.eventSources];
  return { ...file, etag, eventSources, schemaVersion: SCHEMA_VERSION, ingestedAt: isoNow(deps) };
}

const isoNow = (deps: PipelineDeps) => isoTime(deps.now());
