import type { Config } from './config.ts';
import type { LogFileRef } from './delivery/announcement.ts';
import { type LogFileKey, readObjectKey, type SkippedObject } from './delivery/object-key.ts';
import { describeError, s3Place, TrailError } from './errors.ts';
import { failureKind, mayPass } from './failure.ts';
import { HeldRecords } from './log-file/held-records.ts';
import { type OpenLogFile, openLogFile } from './log-file/open-log-file.ts';
import { BadLogFileError, type LogFileCounts, readLogFile } from './log-file/read-log-file.ts';
import { writeEnvironments } from './store/environments-table.ts';
import {
  booksOf,
  type Checkpoint,
  type LedgerEntry,
  type LogFileBooks,
  NO_BOOKS,
  noteFailure,
  readLedger,
  writeCheckpoint,
  writeLedger,
} from './store/ledger.ts';
import { quarantineFile } from './store/quarantine.ts';
import { noQuarantine, OutOfTimeError, type RecordProblem, RecordStorage, type StorageDeps } from './store-records.ts';
import { type TimeBudget, UNLIMITED } from './time-budget.ts';

/** What the pipeline works with. */
export interface PipelineDeps extends StorageDeps {
  sleep(milliseconds: number): Promise<void>;
  /** Bytes of wanted records that may be held until their file has proved good. */
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

/**
 * The whole way of one announced object: is it a log file, was it done before, read and verify it, store its events, close
 * its books. When this returns, everything in the object is stored, skipped by rule, or quarantined with a reason; when it
 * throws, the announcement must be delivered again, and `failureKind` tells whether that will help.
 * @throws {TrailError} `bucket-not-allowed`, before any request is made; `out-of-time`, and the next delivery goes on from
 *   there; and any error of S3 and DynamoDB
 */
export async function ingestLogFile(
  ref: LogFileRef,
  deps: PipelineDeps,
  time: TimeBudget = UNLIMITED,
): Promise<LogFileReport> {
  const { bucket, key } = ref;
  const expectedOwner = allowedOwner(ref, deps.config);
  const names = readObjectKey(key);
  if ('skipped' in names) return { bucket, key, outcome: 'skipped', reason: names.skipped };
  const file: LogFile = { bucket, key, etag: ref.etag, names, expectedOwner };
  try {
    return await ingestUntilCertain(file, deps, time);
  } catch (error) {
    await noteFailureOf(file, error, deps);
    throw error;
  }
}

/** A log file at work. */
interface LogFile {
  bucket: string;
  key: string;
  /** The state that is announced or, once it is open, that is read; without quotes. */
  etag: string | undefined;
  names: LogFileKey;
  expectedOwner: string | undefined;
}
type OpenedLogFile = LogFile & { etag: string; object: OpenLogFile };

const MAX_READINGS = 4;
const PAUSE_MS = 200;

/** Reads again what may have been bad luck, and sets aside what stays bad. */
async function ingestUntilCertain(file: LogFile, deps: PipelineDeps, time: TimeBudget): Promise<LogFileReport> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await ingestOnce(file, deps, time);
    } catch (error) {
      if (reading < MAX_READINGS && mayPass(error, reading) && !time.isSpent()) {
        await deps.sleep(PAUSE_MS * 2 ** reading * Math.random());
      } else if (failureKind(error) === 'quarantine') {
        return await setLogFileAside(file, error as TrailError, deps);
      } else {
        throw error;
      }
    }
  }
}

async function ingestOnce(file: LogFile, deps: PipelineDeps, time: TimeBudget): Promise<LogFileReport> {
  const before = await readLedger(deps.dynamo, deps.config.logFilesTable, file);
  const same = before && sameSources(before.eventSources, deps.config.eventSources) ? before : undefined;
  const closed = same && isClosed(same) ? same : undefined;
  if (closed && closed.etag === file.etag) return earlierReport(closed);
  const object = await openLogFile(deps.s3, file, {
    expectedOwner: file.expectedOwner,
    ifNoneMatch: closed?.etag || undefined,
    sleep: deps.sleep,
  });
  if (!object) return earlierReport(closed!);
  file.etag = object.etag;
  const opened = { ...file, etag: object.etag, object };
  return storeLogFile(opened, same?.etag === object.etag ? same.checkpoint : undefined, deps, time);
}

/** Verify, then write: nothing of a file is stored before all of it has been read and found good. */
async function storeLogFile(
  file: OpenedLogFile,
  checkpoint: Checkpoint | undefined,
  deps: PipelineDeps,
  time: TimeBudget,
): Promise<LogFileReport> {
  const { eventSources, environmentsTable, logFilesTable } = deps.config;
  const held = new HeldRecords(deps.maxHeldBytes);
  const counts = await verify(file, eventSources, held);

  const storage = new RecordStorage(file, deps, time, checkpoint);
  try {
    const batch = held.all();
    if (batch) await storage.store(batch);
    else await readLogFile(await reopen(file, deps), { eventSources, onRecords: (again) => storage.store(again) });
  } catch (error) {
    if (error instanceof OutOfTimeError) {
      await writeEnvironments(deps.dynamo, environmentsTable, storage.seen);
      await writeCheckpoint(deps.dynamo, logFilesTable, ledgerEntry(file, deps), error.checkpoint);
    }
    throw error;
  }
  await writeEnvironments(deps.dynamo, environmentsTable, storage.seen);
  const books = storage.closeBooks(counts);
  await writeLedger(deps.dynamo, logFilesTable, { ...ledgerEntry(file, deps), ...counts, ...books, state: 'ingested' });
  return { bucket: file.bucket, key: file.key, outcome: 'ingested', books, problems: storage.problems };
}

async function verify(file: OpenedLogFile, eventSources: readonly string[], held: HeldRecords): Promise<LogFileCounts> {
  try {
    return await readLogFile(file.object.body, { eventSources, hash: true, onRecords: (batch) => held.add(batch) });
  } catch (error) {
    // Without a size nobody knows whether the file ends so, or only its transfer.
    if (!(error instanceof BadLogFileError) || file.object.size !== undefined) throw error;
    throw new TrailError(
      'body-incomplete',
      `${s3Place(file)}: expected a whole log file, from an answer without a size`,
    );
  }
}

/** The same state of the object once more. */
async function reopen(file: OpenedLogFile, deps: PipelineDeps): Promise<AsyncIterable<Uint8Array>> {
  const object = await openLogFile(deps.s3, file, {
    expectedOwner: file.expectedOwner,
    ifMatch: file.etag,
    sleep: deps.sleep,
  });
  if (object) return object.body;
  throw new TrailError('s3-answer', `${s3Place(file)}: expected the object`);
}

/** The raw bytes, where there are any, and the reason go to the quarantine; then the books are closed. */
async function setLogFileAside(file: LogFile, error: TrailError, deps: PipelineDeps): Promise<LogFileReport> {
  const { bucket, key, etag = '' } = file;
  const { quarantineBucket, logFilesTable } = deps.config;
  const { code: reason, message: detail } = error;
  if (quarantineBucket === undefined) throw noQuarantine(file, detail);
  const quarantinedAt = isoNow(deps);
  await quarantineFile(deps.s3, quarantineBucket, { reason, detail, bucket, key, etag, quarantinedAt });
  await writeLedger(deps.dynamo, logFilesTable, {
    ...ledgerEntry({ ...file, etag }, deps),
    ...NO_BOOKS,
    compressedBytes: 0,
    uncompressedBytes: 0,
    state: 'quarantined',
    reason,
    detail,
  });
  return { bucket, key, outcome: 'quarantined', reason, detail };
}

/** So that answers can say what is missing. What failed may be DynamoDB itself: the failure to be reported is the first. */
async function noteFailureOf({ bucket, key, names }: LogFile, error: unknown, deps: PipelineDeps): Promise<void> {
  const file = { bucket, key, deliveryDay: names.deliveryDay };
  try {
    await noteFailure(deps.dynamo, deps.config.logFilesTable, file, describeError(error));
  } catch {}
}

function ledgerEntry(file: LogFile & { etag: string; object?: OpenLogFile }, deps: PipelineDeps) {
  const { bucket, key, etag, names, object } = file;
  return {
    bucket,
    key,
    etag,
    ...(object?.deliveredAt === undefined ? {} : { deliveredAt: object.deliveredAt }),
    ...names,
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

/** Whether the same state of the file need not be read again. What was not there may have come since. */
function isClosed({ state, reason }: LedgerEntry): boolean {
  return state !== 'partial' && reason !== 'object-missing';
}

function earlierReport(entry: LedgerEntry): LogFileReport {
  const { bucket, key, state, reason = '', detail = '' } = entry;
  if (state === 'quarantined') return { bucket, key, outcome: 'already-quarantined', reason, detail };
  return { bucket, key, outcome: 'already-ingested', books: booksOf(entry) };
}

const isoNow = (deps: PipelineDeps) => new Date(deps.now()).toISOString();
