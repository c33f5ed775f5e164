import { createHash } from 'node:crypto';
import { bucketNameProblem } from '../aws/bucket-name.ts';
import {
  ObjectMissingError,
  type ObjectRef,
  type OpenObject,
  type OpenOptions,
  openObject,
} from '../aws/open-object.ts';
import { type LogFileKey, readObjectKey, type SkippedObject } from '../cloudtrail/object-key.ts';
import type { Config } from '../config.ts';
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
import { NOTHING_SEEN, type SeenEnvironments, writeEnvironments } from '../store/environments-table.ts';
import { noteFailure, writeCheckpoint } from '../store/ledger.ts';
import {
  type Checkpoint,
  countsOf,
  type LedgerEntry,
  type LogFileCounts,
  NO_COUNTS,
  withHistory,
} from '../store/ledger-entry.ts';
import { type LedgerWriter, ledgerWriter } from '../store/ledger-writer.ts';
import { quarantineFile, renewReason } from '../store/quarantine.ts';
import { failureKind, mayPass } from './failure.ts';
import {
  noQuarantine,
  OutOfTimeError,
  pathMember,
  problemOf,
  type RecordProblem,
  RecordStorage,
  type StorageDeps,
} from './store-records.ts';
import { type TimeBudget, UNLIMITED } from './time-budget.ts';

/** What the pipeline works with. */
export interface PipelineDeps extends StorageDeps {
  sleep(milliseconds: number): Promise<void>;
  /** Bytes of wanted records that may be held until their file has proved good. */
  maxHeldBytes?: number;
  /** Over the usual caps of the reader. */
  caps?: Partial<ReaderCaps>;
  /** Where the log files are; absent: where `s3` is, as the quarantine. */
  logFiles?: LogFilePlace;
  /** Who looks up and closes their books; absent: the ledger, one by one. */
  books?: LedgerWriter;
}

/** Where log files are, when that is not where the quarantine is. */
export interface LogFilePlace {
  /** As `openObject`. */
  open(object: ObjectRef, options: OpenOptions): Promise<OpenObject | undefined>;
  /** Copies an object in this state, as the quarantine's `s3` cannot. */
  copy(from: ObjectRef & { etag: string }, to: ObjectRef): Promise<void>;
}

/** A log file that was set aside, and is to be read once more. */
export interface Again {
  quarantinedAt: string;
  /** The state of the object to read, and no other. */
  ifMatch?: string;
  /** Where its bytes are, when the object itself has them no longer; events and books name the object all the same. */
  copy?: { bucket: string; key: string };
}

/** What became of one announced object. */
export type LogFileReport = { bucket: string; key: string } & (
  | { outcome: 'skipped'; reason: SkippedObject }
  /** `notAsSigned`: a digest was verified before that has the hash of other content. */
  | { outcome: 'ingested'; books: LogFileCounts; problems: RecordProblem[]; notAsSigned?: true }
  | { outcome: 'quarantined'; reason: string; detail: string }
  /** Its books were closed before, and it has not changed since. */
  | { outcome: 'already-ingested'; books: LogFileCounts }
  | { outcome: 'already-quarantined'; reason: string; detail: string }
  /** Somebody has decided that it is no log file, and it has not changed since. */
  | { outcome: 'already-discarded' }
);

/**
 * The whole way of one announced object: is it a log file, was it done before, read and verify it, store its events, close
 * its books. When this returns, everything in the object is stored, skipped by rule, or quarantined with a reason; when it
 * throws, the announcement must be delivered again, and `failureKind` tells whether that will help.
 * @param again in a replay; books that were closed with the log file in quarantine do not keep it from being read
 * @throws {TrailError} `access-point` or `bucket-not-allowed`, before any request is made; `out-of-time`, and the next delivery goes on from
 *   there; and any error of S3 and DynamoDB
 */
export async function ingestLogFile(
  ref: LogFileRef,
  deps: PipelineDeps,
  time: TimeBudget = UNLIMITED,
  again?: Again,
): Promise<LogFileReport> {
  const { bucket, key } = ref;
  const problem = bucketNameProblem(bucket);
  if (problem !== undefined) throw new TrailError('access-point', problem);
  const expectedOwner = allowedOwner(ref, deps.config);
  const names = readObjectKey(key);
  if ('skipped' in names) return { bucket, key, outcome: 'skipped', reason: names.skipped };
  const file: LogFile = { bucket, key, etag: ref.etag, names, expectedOwner, again, inflate: gunzip };
  try {
    const { report, closing } = await ingestUntilCertain(file, deps, time);
    const written = closing && (await closeBooks(file, deps, closing));
    return written?.verification === 'failed' && report.outcome === 'ingested'
      ? { ...report, notAsSigned: true }
      : report;
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
  versionId?: string | undefined;
  names: LogFileKey;
  expectedOwner: string | undefined;
  again: Again | undefined;
  /** What the ledger has of an earlier reading. */
  before?: LedgerEntry | undefined;
  /** By which it is read. Before a file that our own found bad is set aside, node:zlib is asked. */
  inflate: Inflate;
  /** The ledger has the books of a later state of the object, and they stay. */
  superseded?: boolean;
}
/** What became of a log file, and the books with which the work on it ends: to be closed when all else of it is let go. */
interface Worked {
  report: LogFileReport;
  closing?: { entry: LedgerEntry; seen: SeenEnvironments };
}
type OpenedLogFile = LogFile & { etag: string; object: OpenObject };

const MAX_READINGS = 4;
const PAUSE_MS = 200;

/** Reads again what may have been bad luck, and sets aside what stays bad. */
async function ingestUntilCertain(file: LogFile, deps: PipelineDeps, time: TimeBudget): Promise<Worked> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await ingestOnce(file, deps, time);
    } catch (error) {
      if (reading < MAX_READINGS && mayPass(error, reading) && !time.isSpent()) {
        file.inflate = error instanceof BadLogFileError ? gunzipByZlib : gunzip;
        await deps.sleep(PAUSE_MS * 2 ** reading * Math.random());
      } else if (failureKind(error) === 'quarantine') {
        return await setLogFileAside(file, error as TrailError, deps);
      } else {
        throw error;
      }
    }
  }
}

async function ingestOnce(file: LogFile, deps: PipelineDeps, time: TimeBudget): Promise<Worked> {
  const before = await booksOfAll(deps).find(file);
  file.before = before;
  const same = before && isForSources(before, deps.config.eventSources) ? before : undefined;
  const closed = same && isClosed(same, file.again) ? same : undefined;
  if (closed && closed.etag === file.etag) return { report: earlierReport(closed) };
  const object = await openUnlessDone(file, closed, deps);
  if (!object) return { report: earlierReport(closed!) };
  const etag = (file.again?.copy && file.etag) || object.etag;
  file.etag = etag;
  file.versionId = object.versionId;
  file.superseded = file.again?.copy !== undefined && (closed !== undefined || isOtherBadState(before, etag));
  return storeLogFile({ ...file, etag, object }, same?.etag === etag ? same.checkpoint : undefined, deps, time);
}

/** Whether the same state of the file need not be read. What was missing may have come since. */
function isClosed({ state, reason }: LedgerEntry, again: Again | undefined): boolean {
  if (state === 'quarantined' || state === 'discarded') return !again && reason !== 'object-missing';
  return state === 'ingested';
}

/** Whether the ledger has another state of the object, which is bad, too. */
function isOtherBadState(before: LedgerEntry | undefined, etag: string): boolean {
  if (before === undefined || before.etag === etag || before.reason === 'object-missing') return false;
  return before.state === 'quarantined' || before.state === 'discarded';
}

/** Returns undefined if the object is in the state that the ledger has as done. */
async function openUnlessDone(
  file: LogFile,
  closed: LedgerEntry | undefined,
  deps: PipelineDeps,
): Promise<OpenObject | undefined> {
  try {
    return await open(file, deps, { ifMatch: file.again?.ifMatch, ifNoneMatch: closed?.etag || undefined });
  } catch (error) {
    // Ingested, and gone since. A notification with an ETag could be of another state of it, which is missing.
    if (error instanceof ObjectMissingError && closed?.state === 'ingested' && file.etag === undefined)
      return undefined;
    throw error;
  }
}

function open(file: LogFile, deps: PipelineDeps, options: OpenOptions): Promise<OpenObject | undefined> {
  const { again, expectedOwner } = file;
  if (again?.copy) return openObject(deps.s3, again.copy, { ...options, sleep: deps.sleep });
  const from = { ...options, expectedOwner, sleep: deps.sleep };
  return deps.logFiles ? deps.logFiles.open(file, from) : openObject(deps.s3, file, from);
}

/** Verify, then write: nothing of a file is stored before all of it has been read and found good. */
async function storeLogFile(
  file: OpenedLogFile,
  checkpoint: Checkpoint | undefined,
  deps: PipelineDeps,
  time: TimeBudget,
): Promise<Worked> {
  const { environmentsTable, logFilesTable } = deps.config;
  const held = new HeldRecords(deps.maxHeldBytes);
  const counts = await verify(file, deps, held);

  const storage = new RecordStorage({ ...file, quarantinedAt: file.again?.quarantinedAt }, deps, time, checkpoint);
  try {
    const batch = held.all();
    if (batch) await storage.store(batch);
    else
      await readLogFile(
        await reopen(file, deps),
        reading(file, deps, (records) => storage.store(records)),
      );
  } catch (error) {
    if (error instanceof OutOfTimeError) {
      await writeEnvironments(deps.dynamo, environmentsTable, storage.seen);
      await writeCheckpoint(
        deps.dynamo,
        logFilesTable,
        ledgerEntry(file, deps, counts.sha256),
        error.checkpoint,
        file.before,
      );
    }
    throw error;
  }
  const books = storage.closeBooks(counts);
  const entry = { ...ledgerEntry(file, deps, counts.sha256), ...counts, ...books, state: 'ingested' as const };
  const { seen, problems } = storage;
  const { bucket, key } = file;
  return {
    report: { bucket, key, outcome: 'ingested', books, problems },
    closing: { entry: withHistory(entry, file.before), seen },
  };
}

async function verify(file: OpenedLogFile, deps: PipelineDeps, held: HeldRecords): Promise<ReadCounts> {
  try {
    return await readLogFile(file.object.body, { ...reading(file, deps, (records) => held.add(records)), hash: true });
  } catch (error) {
    // Without a size nobody knows whether the file ends so, or only its transfer.
    if (!(error instanceof BadLogFileError) || file.object.size !== undefined) throw error;
    throw new TrailError('body-incomplete', `${s3Uri(file)}: expected a whole log file, from an answer without a size`);
  }
}

function reading(
  { inflate }: LogFile,
  { config, caps }: PipelineDeps,
  onRecords: ReadOptions['onRecords'],
): ReadOptions {
  return { eventSources: config.eventSources, caps, inflate, problemOf, onRecords };
}

/** The same state of the object once more. */
async function reopen(file: OpenedLogFile, deps: PipelineDeps): Promise<AsyncIterable<Uint8Array>> {
  const object = await open(file, deps, { ifMatch: file.object.etag });
  if (object) return object.body;
  throw new TrailError('s3-answer', `${s3Uri(file)}: expected the object`);
}

/** The raw bytes, where there are any, and the reason go to the quarantine; then the books are to be closed. */
async function setLogFileAside(file: LogFile, error: TrailError, deps: PipelineDeps): Promise<Worked> {
  const { bucket, key, etag = '', versionId, again } = file;
  const { quarantineBucket } = deps.config;
  const { code: reason, message: detail } = error;
  if (quarantineBucket === undefined) throw noQuarantine(file, detail);
  const quarantinedAt = again?.quarantinedAt ?? isoNow(deps);
  const sha256 = reason === 'object-missing' ? undefined : await hashOf({ ...file, etag }, deps);
  const entry = {
    ...{ reason, detail, bucket, key, etag, quarantinedAt },
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(versionId === undefined ? {} : { versionId }),
    ...pathMember(file, deps),
  };
  if (again?.copy) await renewReason(deps.s3, quarantineBucket, again.copy.key, entry);
  else await quarantineFile(deps.s3, quarantineBucket, entry, deps.logFiles?.copy);
  const books = {
    ...ledgerEntry({ ...file, etag }, deps),
    ...NO_COUNTS,
    compressedBytes: 0,
    uncompressedBytes: 0,
    state: 'quarantined' as const,
    reason,
    detail,
  };
  return {
    report: { bucket, key, outcome: 'quarantined', reason, detail },
    closing: { entry: withHistory(books, file.before), seen: NOTHING_SEEN },
  };
}

/** No log file of CloudTrail is nearly as long: what is longer is told apart by its ETag alone. */
const MAX_HASHED_BYTES = 1024 ** 3;

/** Hex SHA-256 of the bytes that are set aside. A bad file was not read to its end, so all of it is read now. */
async function hashOf(file: LogFile & { etag: string }, deps: PipelineDeps): Promise<string | undefined> {
  const object = await open(file, deps, file.again?.copy ? {} : { ifMatch: file.etag });
  if (object === undefined) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of object.body) {
    bytes += piece.length;
    if (bytes > MAX_HASHED_BYTES) return undefined;
    hash.update(piece);
  }
  return hash.digest('hex');
}

async function closeBooks(
  { superseded }: LogFile,
  deps: PipelineDeps,
  { entry, seen }: NonNullable<Worked['closing']>,
): Promise<LedgerEntry> {
  if (!superseded) return booksOfAll(deps).close(entry, seen);
  await writeEnvironments(deps.dynamo, deps.config.environmentsTable, seen);
  return entry;
}

function booksOfAll({ books, dynamo, config }: PipelineDeps): LedgerWriter {
  return books ?? ledgerWriter(dynamo, config);
}

/** So that answers can say what is missing. What failed may be DynamoDB itself: the failure to be reported is the first. */
async function noteFailureOf({ bucket, key, names }: LogFile, error: unknown, deps: PipelineDeps): Promise<void> {
  const file = { bucket, key, deliveryDay: names.deliveryDay, ...pathMember({ bucket, key }, deps) };
  try {
    await noteFailure(deps.dynamo, deps.config.logFilesTable, file, describeError(error));
  } catch {}
}

function ledgerEntry(file: LogFile & { etag: string; object?: OpenObject }, deps: PipelineDeps, sha256?: string) {
  const { bucket, key, etag, names, object, again } = file;
  // The time of a copy is when it was set aside.
  const deliveredAt = again?.copy ? undefined : object?.deliveredAt;
  return {
    bucket,
    key,
    etag,
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    ...names,
    ...pathMember(file, deps),
    eventSources: deps.config.eventSources,
    ingestedAt: isoNow(deps),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** A bucket that is not on the list fails: its notification is forged, or the list is wrong and events would be lost. */
function allowedOwner(ref: LogFileRef, { logBuckets }: Config): string | undefined {
  if (logBuckets.length === 0) return undefined;
  const bucket = logBuckets.find(({ name }) => name === ref.bucket);
  if (bucket) return bucket.account;
  throw new TrailError('bucket-not-allowed', `${s3Uri(ref)}: expected a bucket that LOG_BUCKETS names`);
}

/** Whether an object in this state need not be read, because its books are closed. */
export function isDone(entry: LedgerEntry | undefined, etag: string, eventSources: readonly string[]): boolean {
  return entry?.etag === etag && isClosed(entry, undefined) && isForSources(entry, eventSources);
}

/** Whether its books are those of a reading for these event sources; what was discarded holds events of none. */
function isForSources({ state, eventSources }: LedgerEntry, wanted: readonly string[]): boolean {
  return state === 'discarded' || [...eventSources].sort().join() === [...wanted].sort().join();
}

function earlierReport(entry: LedgerEntry): LogFileReport {
  const { bucket, key, state, reason = '', detail = '' } = entry;
  if (state === 'discarded') return { bucket, key, outcome: 'already-discarded' };
  if (state === 'quarantined') return { bucket, key, outcome: 'already-quarantined', reason, detail };
  return { bucket, key, outcome: 'already-ingested', books: countsOf(entry) };
}

const isoNow = (deps: PipelineDeps) => new Date(deps.now()).toISOString();
