import pMap from 'p-map';
import { isReadable, openObject } from '../aws/open-object.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import {
  type BadRecord,
  type KeptRecord,
  type ReadCounts,
  type RecordBatch,
  readLogFile,
} from '../log-file/read-log-file.ts';
import { writeEnvironments } from '../store/environments-table.ts';
import { dryRunPut } from '../store/events-table.ts';
import type { LogFileCounts } from '../store/ledger-entry.ts';
import { type QuarantineEntry, removeFromQuarantine } from '../store/quarantine.ts';
import { moveReplayedRecord, readLedgerStatus } from '../store/replayed-records.ts';
import { failureKind } from './failure.ts';
import { type Again, ingestLogFile, type PipelineDeps } from './ingest-log-file.ts';
import {
  classifyRecord,
  noQuarantine,
  problemOf,
  RecordStorage,
  type RecordsFile,
  recordDetail,
} from './store-records.ts';
import { UNLIMITED } from './time-budget.ts';

/** What a report on something in quarantine is about. */
export type QuarantinePlace = Pick<QuarantineEntry, 'id' | 'bucket' | 'key' | 'recordIndex' | 'path'>;

/** What became of something in quarantine. */
export type ReplayReport = QuarantinePlace &
  (
    | {
        /** All of it is in the events table, or in quarantine record by record; itself it is there no longer. */
        outcome: 'replayed';
        from: BytesPlace;
        /** Absent when only the removal of an earlier replay was finished. For a record, those of a file of one record. */
        books?: LogFileCounts;
      }
    /** Bad once more, for this reason: it stays. */
    | { outcome: 'still-bad'; from: BytesPlace; reason: string; detail: string }
    /** It stays as it is. */
    | { outcome: 'failed'; reason: string }
  );

/** Where the bytes are read: the log file itself, or what was set aside of it. */
type BytesPlace = 'original' | 'quarantine';

type RecordEntry = QuarantineEntry & { recordIndex: number };

/**
 * Puts something from the quarantine through the pipeline again. It is removed only when its events are stored and the
 * books of its log file say so, hence an interrupted replay can be repeated, and a repeated one changes nothing.
 */
export async function replayQuarantined(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  // What is still bad keeps its path.
  const known = { ...deps, pathOf: () => entry.path };
  return reported(entry, () => (isRecord(entry) ? replayRecord(entry, known) : replayFile(entry, known)));
}

/** Finds out, without a write, what `replayQuarantined` would do. */
export async function dryRunReplay(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  return reported(entry, () => (isRecord(entry) ? dryRunRecord(entry, deps) : dryRunFile(entry, deps)));
}

type Outcome<T = ReplayReport> = T extends ReplayReport ? Omit<T, keyof QuarantinePlace> : never;

/** Only what a report is about. */
export function quarantinePlace({ id, bucket, key, recordIndex, path }: QuarantineEntry): QuarantinePlace {
  return {
    ...{ id, bucket, key },
    ...(recordIndex === undefined ? {} : { recordIndex }),
    ...(path === undefined ? {} : { path }),
  };
}

async function reported(entry: QuarantineEntry, replay: () => Promise<Outcome>): Promise<ReplayReport> {
  const place = quarantinePlace(entry);
  try {
    return { ...place, ...(await replay()) };
  } catch (error) {
    return { ...place, outcome: 'failed', reason: describeError(error) };
  }
}

function isRecord(entry: QuarantineEntry): entry is RecordEntry {
  return entry.recordIndex !== undefined;
}

async function replayFile(entry: QuarantineEntry, deps: PipelineDeps): Promise<Outcome> {
  const { from, etag, again } = await sourceOf(entry, deps);
  const { bucket, key } = entry;
  const report = await ingestLogFile({ bucket, key, ...(etag ? { etag } : {}) }, deps, UNLIMITED, again);
  switch (report.outcome) {
    case 'ingested':
    case 'already-ingested':
      await removeFromQuarantine(deps.s3, quarantineOf(entry, deps), entry);
      return { outcome: 'replayed', from, books: report.books };
    case 'quarantined':
    case 'already-quarantined':
      return { outcome: 'still-bad', from, reason: report.reason, detail: report.detail };
    case 'already-discarded':
      throw new Error(`${s3Uri(entry)} was to be read, and was not`);
    case 'skipped':
      return { outcome: 'failed', reason: `its key is not one of a log file: ${report.reason}` };
  }
}

/** A log file is read from its own bucket while it is there as it was; what was missing, from wherever there is any of it. */
async function sourceOf(
  entry: QuarantineEntry,
  deps: PipelineDeps,
): Promise<{ from: BytesPlace; etag: string | undefined; again: Again }> {
  const { name, etag, quarantinedAt, reason, size } = entry;
  if (size === undefined) return { from: 'original', etag, again: { quarantinedAt } };
  // The ETag of what was missing is not that of the bytes which an earlier state has left.
  const ofBytes = reason === 'object-missing' ? undefined : etag;
  if (ofBytes && (await isReadable(deps.s3, entry, ofBytes))) {
    return { from: 'original', etag, again: { quarantinedAt, ifMatch: ofBytes } };
  }
  const copy = { bucket: quarantineOf(entry, deps), key: name };
  return { from: 'quarantine', etag: ofBytes, again: { quarantinedAt, copy } };
}

/** Events, environments, books, and only then the removal: whatever is done twice changes nothing the second time. */
async function replayRecord(entry: RecordEntry, deps: PipelineDeps): Promise<Outcome> {
  const { dynamo, config } = deps;
  const status = await readLedgerStatus(dynamo, config.logFilesTable, entry);
  if (status === 'open') throw booksOpen(entry);
  if (entry.size === undefined) {
    if (status === 'quarantined') throw noBytes(entry);
    await removeFromQuarantine(deps.s3, quarantineOf(entry, deps), entry);
    return { outcome: 'replayed', from: 'quarantine' };
  }
  const { batch, counts } = await readRecord(entry, deps);
  const storage = new RecordStorage(recordsFile(entry), deps, UNLIMITED);
  await storage.store(batch);
  await writeEnvironments(dynamo, config.environmentsTable, storage.seen);
  const books = storage.closeBooks(counts);
  const [problem] = storage.problems;
  if (problem) return { outcome: 'still-bad', from: 'quarantine', reason: problem.reason, detail: problem.detail };
  if ((await moveReplayedRecord(dynamo, config.logFilesTable, entry, accountOf(books))) === 'open')
    throw booksOpen(entry);
  await removeFromQuarantine(deps.s3, quarantineOf(entry, deps), entry);
  return { outcome: 'replayed', from: 'quarantine', books };
}

/** Where the books have the one record. */
function accountOf({ eventsStored, eventsKnown }: LogFileCounts) {
  if (eventsStored > 0) return 'eventsStored';
  return eventsKnown > 0 ? 'eventsKnown' : 'recordsFiltered';
}

/** Reads a record as the only one of a log file, so that the reader judges it as it would in its own. */
async function readRecord(entry: RecordEntry, deps: PipelineDeps): Promise<{ batch: RecordBatch; counts: ReadCounts }> {
  const object = await openObject(deps.s3, { bucket: quarantineOf(entry, deps), key: entry.name });
  const batch: RecordBatch = { kept: [], bad: [] };
  const inPlace = { index: entry.recordIndex, offset: entry.recordOffset ?? 0 };
  const counts = await readLogFile(asLogFile(object!.body), {
    eventSources: deps.config.eventSources,
    caps: deps.caps,
    onRecords({ kept, bad }) {
      batch.kept.push(...kept.map((record) => ({ ...record, ...inPlace })));
      batch.bad.push(...bad.map((record) => ({ ...record, ...inPlace })));
    },
  });
  if (counts.recordsRead === 1) return { batch, counts };
  throw new TrailError('not-a-record', `${entry.name} in quarantine: expected one record`);
}

async function* asLogFile(record: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"Records":[');
  yield* record;
  yield Buffer.from(']}');
}

function recordsFile(entry: QuarantineEntry): RecordsFile {
  const { bucket, key, etag, quarantinedAt } = entry;
  const names = readObjectKey(key);
  return { bucket, key, etag, names: 'skipped' in names ? {} : names, quarantinedAt };
}

async function dryRunFile(entry: QuarantineEntry, deps: PipelineDeps): Promise<Outcome> {
  const { from, etag, again } = await sourceOf(entry, deps);
  const records = new DryRunRecords({ ...recordsFile(entry), etag: etag ?? '' }, deps);
  try {
    const object = await openObject(deps.s3, again.copy ?? entry, { ifMatch: again.ifMatch });
    const { recordsRead } = await readLogFile(object!.body, {
      eventSources: deps.config.eventSources,
      caps: deps.caps,
      problemOf,
      onRecords: (batch) => records.add(batch),
    });
    return { outcome: 'replayed', from, books: records.books(recordsRead) };
  } catch (error) {
    if (failureKind(error) !== 'quarantine') throw error;
    const { code: reason, message: detail } = error as TrailError;
    return { outcome: 'still-bad', from, reason, detail };
  }
}

async function dryRunRecord(entry: RecordEntry, deps: PipelineDeps): Promise<Outcome> {
  const status = await readLedgerStatus(deps.dynamo, deps.config.logFilesTable, entry);
  if (status === 'open') throw booksOpen(entry);
  if (entry.size === undefined) {
    if (status === 'quarantined') throw noBytes(entry);
    return { outcome: 'replayed', from: 'quarantine' };
  }
  const { batch, counts } = await readRecord(entry, deps);
  const records = new DryRunRecords(recordsFile(entry), deps);
  await records.add(batch);
  if (!records.problem) return { outcome: 'replayed', from: 'quarantine', books: records.books(counts.recordsRead) };
  return { outcome: 'still-bad', from: 'quarantine', ...records.problem };
}

/** Records that would be stored. An event that is among them twice is dryRun as stored twice. */
class DryRunRecords {
  /** The first record that is bad. */
  problem: { reason: string; detail: string } | undefined;
  private readonly counts = { stored: 0, known: 0, quarantined: 0 };
  private readonly file: RecordsFile;
  private readonly deps: PipelineDeps;

  constructor(file: RecordsFile, deps: PipelineDeps) {
    this.file = file;
    this.deps = deps;
  }

  async add({ kept, bad }: RecordBatch): Promise<void> {
    await pMap([...kept, ...bad], (record) => this.addRecord(record), { concurrency: CONCURRENT_READS });
  }

  books(recordsRead: number): LogFileCounts {
    const { stored, known, quarantined } = this.counts;
    return {
      recordsRead,
      eventsStored: stored,
      eventsKnown: known,
      recordsFiltered: recordsRead - stored - known - quarantined,
      recordsQuarantined: quarantined,
    };
  }

  private async addRecord(record: KeptRecord | BadRecord): Promise<void> {
    const classified = classifyRecord(record, this.file, this.deps);
    if (classified.kind === 'bad') return this.setAside(record, classified.reason);
    if (classified.kind === 'skipped') return;
    const outcome = await dryRunPut(this.deps.dynamo, this.deps.config.eventsTable, classified.item);
    if (outcome === 'conflict') return this.setAside(record, 'event-conflict');
    this.counts[outcome === 'known' ? 'known' : 'stored'] += 1;
  }

  private setAside(record: KeptRecord, reason: string): void {
    this.counts.quarantined += 1;
    this.problem ??= { reason, detail: recordDetail(record, reason) };
  }
}

const CONCURRENT_READS = 8;

function quarantineOf(entry: QuarantineEntry, { config }: PipelineDeps): string {
  if (config.quarantineBucket !== undefined) return config.quarantineBucket;
  throw noQuarantine(entry, entry.detail);
}

function booksOpen(entry: QuarantineEntry): TrailError {
  return new TrailError(
    'books-open',
    `${s3Uri(entry)}: expected its books to be closed; have the log file delivered again first`,
  );
}

function noBytes(entry: RecordEntry): TrailError {
  return new TrailError(
    'no-bytes',
    `Records[${entry.recordIndex}] of ${s3Uri(entry)}: expected its bytes in quarantine, found only the reason`,
  );
}
