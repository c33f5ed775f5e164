import { isReadable, openObject } from '../aws/open-object.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import type { Config } from '../config.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { type ReadCounts, type RecordBatch, readLogFile } from '../log-file/read-log-file.ts';
import { type SeenEnvironments, writeEnvironments } from '../store/environments-table.ts';
import { readLedger } from '../store/ledger.ts';
import type { LogFileCounts } from '../store/ledger-entry.ts';
import {
  moveReplayedRecord,
  type RecordStatus,
  type ReplayedTo,
  readRecordStatus,
} from '../store/ledger-quarantine.ts';
import type { LedgerUpdate } from '../store/ledger-writer.ts';
import { type QuarantineEntry, removeFromQuarantine } from '../store/quarantine.ts';
import {
  type IngestResult,
  ingest,
  isForSources,
  type LogFileReport,
  type PipelineDeps,
  writeResult,
} from './ingest-log-file.ts';
import { type LogSource, quarantinedCopy, quarantinedState, s3Source } from './log-source.ts';
import { dryRunStore, quarantineBucketOf, RecordStorage, type RecordStore, recordStore } from './store-records.ts';
import { UNLIMITED } from './time-budget.ts';

/** What a report on something in quarantine is about. */
export type QuarantineRef = Pick<QuarantineEntry, 'id' | 'bucket' | 'key' | 'recordIndex' | 'path'>;

/** What became of something in quarantine. */
export type ReplayReport = QuarantineRef & ReplayOutcome;
type ReplayOutcome =
  | {
      /** All of it is in the events table, or in quarantine record by record; itself it is there no longer. */
      outcome: 'replayed';
      from: BytesFrom;
      /** The counts. Absent if only the removal of an earlier replay was finished. For a record, those of a file of one record. */
      books?: LogFileCounts;
    }
  /** Invalid once more, for this reason: it stays. */
  | { outcome: 'still-bad'; from: BytesFrom; reason: string; detail: string }
  /** It stays as it is. */
  | { outcome: 'failed'; reason: string };

/** Where the bytes are read: the log file itself, or what lies of it in quarantine. */
type BytesFrom = 'original' | 'quarantine';

type RecordEntry = QuarantineEntry & { recordIndex: number };

/**
 * Puts something from quarantine through the pipeline again. It is removed only after its events are stored and the ledger
 * says so. Hence an interrupted replay can be repeated, and a repeated one changes nothing.
 */
export function replayQuarantined(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  return replay(entry, deps, {
    store: recordStore(deps),
    quarantine: ({ quarantine }) => quarantine,
    writeResult: (result) => writeUnlessSuperseded(result, deps),
    async moveRecord(record, to, seen) {
      await writeEnvironments(deps.dynamo, deps.config.environmentsTable, seen);
      return moveReplayedRecord(deps.dynamo, deps.config.logFilesTable, record, to);
    },
    remove: () => removeFromQuarantine(deps.s3, quarantineBucketOf(deps.config, entry), entry),
  });
}

/** Finds out, without a write, what `replayQuarantined` would do. */
export function dryRunReplay(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  return replay(entry, deps, {
    store: dryRunStore(deps),
    quarantine: () => async () => {},
    async writeResult(result) {
      if ('error' in result) throw result.error;
      return result.report;
    },
    moveRecord: (record) => readRecordStatus(deps.dynamo, deps.config.logFilesTable, record),
    remove: async () => {},
  });
}

/** What a replay writes. */
interface ReplayWrites {
  store: RecordStore;
  quarantine(source: LogSource): LogSource['quarantine'];
  writeResult(result: IngestResult): Promise<LogFileReport>;
  moveRecord(record: RecordEntry, to: ReplayedTo, seen: SeenEnvironments): Promise<RecordStatus>;
  remove(): Promise<void>;
}

async function replay(entry: QuarantineEntry, deps: PipelineDeps, writes: ReplayWrites): Promise<ReplayReport> {
  const ref = quarantineRef(entry);
  try {
    const outcome = isRecord(entry) ? replayRecord(entry, deps, writes) : replayFile(entry, deps, writes);
    return { ...ref, ...(await outcome) };
  } catch (error) {
    return { ...ref, outcome: 'failed', reason: describeError(error) };
  }
}

/** Returns only what a report is about. */
export function quarantineRef({ id, bucket, key, recordIndex, path }: QuarantineEntry): QuarantineRef {
  return { id, bucket, key, ...defined({ recordIndex, path }) };
}

function isRecord(entry: QuarantineEntry): entry is RecordEntry {
  return entry.recordIndex !== undefined;
}

async function replayFile(entry: QuarantineEntry, deps: PipelineDeps, writes: ReplayWrites): Promise<ReplayOutcome> {
  const { bucket, key, quarantinedAt } = entry;
  const { from, etag, source } = await sourceOf(entry, deps);
  const job = {
    ref: { bucket, key, ...defined({ etag }) },
    source: { ...source, path: entry.path, quarantine: writes.quarantine(source) },
    store: writes.store,
    time: UNLIMITED,
    findEntry: () => readLedger(deps.dynamo, deps.config.logFilesTable, entry),
    quarantinedAt,
  };
  const report = await writes.writeResult(await ingest(job, deps));
  switch (report.outcome) {
    case 'ingested':
    case 'already-ingested':
      await writes.remove();
      return { outcome: 'replayed', from, books: report.counts };
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
): Promise<{ from: BytesFrom; etag: string | undefined; source: LogSource }> {
  const original = s3Source(deps.s3, entry);
  if (entry.size === undefined) return { from: 'original', etag: entry.etag || undefined, source: original };
  const etag = quarantinedState(entry);
  if (etag !== undefined && (await isReadable(deps.s3, entry, etag))) {
    const open: LogSource['open'] = (options) => original.open({ ...options, ifMatch: etag });
    return { from: 'original', etag, source: { ...original, open } };
  }
  return { from: 'quarantine', etag, source: quarantinedCopy(deps.s3, quarantineBucketOf(deps.config, entry), entry) };
}

/** The ledger keeps the entry of the state that the log file is in now; what was quarantined can be an earlier one. */
async function writeUnlessSuperseded(result: IngestResult, deps: PipelineDeps): Promise<LogFileReport> {
  const { update, ...others } = result;
  if (update === undefined || !isSuperseded(update, deps.config)) return writeResult(result, deps);
  await writeEnvironments(deps.dynamo, deps.config.environmentsTable, update.seen);
  return writeResult(others, deps);
}

/** Whether the ledger has another state of the object, ingested or invalid. */
function isSuperseded({ before, entry }: LedgerUpdate, { eventSources }: Config): boolean {
  if (before === undefined || before.etag === entry.etag || before.reason === 'object-missing') return false;
  if (before.state === 'ingested') return isForSources(before, eventSources);
  return before.state !== 'partial';
}

/** Events, environments, ledger, and only then the removal: whatever is done twice changes nothing the second time. */
async function replayRecord(entry: RecordEntry, deps: PipelineDeps, writes: ReplayWrites): Promise<ReplayOutcome> {
  const status = await readRecordStatus(deps.dynamo, deps.config.logFilesTable, entry);
  if (status === 'open') throw notFinished(entry);
  const done = { outcome: 'replayed', from: 'quarantine' } as const;
  if (entry.size === undefined) {
    if (status === 'quarantined') throw noBytes(entry);
    await writes.remove();
    return done;
  }
  const { batch, read } = await readRecord(entry, deps);
  const storage = new RecordStorage({ ...entry, account: accountIn(entry.key) }, deps, writes.store);
  await storage.add(batch, UNLIMITED);
  const counts = storage.counts(read);
  const [problem] = storage.problems;
  if (problem) return { outcome: 'still-bad', from: 'quarantine', reason: problem.reason, detail: problem.detail };
  if ((await writes.moveRecord(entry, countOf(counts), storage.seen)) === 'open') throw notFinished(entry);
  await writes.remove();
  return { ...done, books: counts };
}

/** Returns which of the counts has the one record. */
function countOf({ eventsStored, eventsKnown }: LogFileCounts): ReplayedTo {
  if (eventsStored > 0) return 'eventsStored';
  return eventsKnown > 0 ? 'eventsKnown' : 'recordsFiltered';
}

function accountIn(key: string): string | undefined {
  const names = readObjectKey(key);
  return 'skipped' in names ? undefined : names.account;
}

/** Reads a record as the only one of a log file, so that the reader judges it as it would in its own. */
async function readRecord(entry: RecordEntry, deps: PipelineDeps): Promise<{ batch: RecordBatch; read: ReadCounts }> {
  const { body } = await openObject(deps.s3, { bucket: quarantineBucketOf(deps.config, entry), key: entry.name });
  const batch: RecordBatch = { kept: [], bad: [] };
  const inPlace = { index: entry.recordIndex, offset: entry.recordOffset ?? 0 };
  const read = await readLogFile(asLogFile(body), {
    eventSources: deps.config.eventSources,
    caps: deps.caps,
    onRecords({ kept, bad }) {
      batch.kept.push(...kept.map((record) => ({ ...record, ...inPlace })));
      batch.bad.push(...bad.map((record) => ({ ...record, ...inPlace })));
    },
  });
  if (read.recordsRead === 1) return { batch, read };
  throw new TrailError('not-a-record', `${entry.name} in quarantine: expected one record`);
}

async function* asLogFile(record: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"Records":[');
  yield* record;
  yield Buffer.from(']}');
}

function notFinished(entry: QuarantineEntry): TrailError {
  return new TrailError(
    'ledger-entry-open',
    `${s3Uri(entry)}: expected its ledger entry to be finished; have the log file delivered again first`,
  );
}

function noBytes(entry: RecordEntry): TrailError {
  return new TrailError(
    'no-bytes',
    `Records[${entry.recordIndex}] of ${s3Uri(entry)}: expected its bytes in quarantine, found only the reason`,
  );
}
