import { isReadable, openObject } from '../aws/open-object.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { type ReadCounts, type RecordBatch, readLogFile } from '../log-file/read-log-file.ts';
import { writeEnvironments } from '../store/environments-table.ts';
import { readLedger } from '../store/ledger.ts';
import type { LogFileCounts } from '../store/ledger-entry.ts';
import { moveReplayedRecord, type ReplayedTo, readRecordStatus } from '../store/ledger-quarantine.ts';
import { LedgerWriter } from '../store/ledger-writer.ts';
import { type QuarantineEntry, removeFromQuarantine } from '../store/quarantine.ts';
import { isSuperseded } from './done-before.ts';
import { ingest, type PipelineDeps } from './ingest-log-file.ts';
import { type IngestResult, type LogFileReport, writeResult } from './ingest-result.ts';
import { type LogSource, quarantinedCopy, quarantinedState, s3Source } from './log-source.ts';
import { dryRunStore, quarantineBucketOf, type RecordStore, recordStorage, recordStore } from './store-records.ts';
import { UNLIMITED } from './time-budget.ts';

/** What a report on something in quarantine is about. */
export type QuarantineRef = Pick<QuarantineEntry, 'id' | 'bucket' | 'key' | 'recordIndex' | 'path'>;

/** What became of something in quarantine. */
export type ReplayReport = QuarantineRef & ReplayOutcome;
type ReplayOutcome =
  | {
      /** All of it is in the events table, or in quarantine record by record, and it is removed from quarantine. */
      outcome: 'replayed';
      from: BytesFrom;
      /** The counts, for a record as of a file of one record. Absent if only the removal of an earlier replay was finished. */
      books?: LogFileCounts;
    }
  /** It is still invalid, and stays. */
  | { outcome: 'still-bad'; from: BytesFrom; reason: string; detail: string }
  | Failed;
/** Nothing of it was changed. */
export type Failed = { outcome: 'failed'; reason: string };

/** Where the bytes are read: the log file itself, or its copy in quarantine. */
type BytesFrom = 'original' | 'quarantine';

type RecordEntry = QuarantineEntry & { recordIndex: number };

/**
 * Ingests something from quarantine again. It is removed only after its events are stored and the ledger says so, so an
 * interrupted replay can be repeated, and a repeated one changes nothing.
 */
export function replayQuarantined(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  return report(entry, async () => {
    const { outcome, finish } = await replay(entry, deps, recordStore(deps));
    await finish();
    if (outcome.outcome === 'replayed') {
      await removeFromQuarantine(deps.s3, quarantineBucketOf(deps.config, entry), entry);
    }
    return outcome;
  });
}

/** Returns what `replayQuarantined` would return, without a write. */
export function dryRunReplay(entry: QuarantineEntry, deps: PipelineDeps): Promise<ReplayReport> {
  return report(entry, async () => (await replay(entry, deps, dryRunStore(deps))).outcome);
}

/** Works on something in quarantine, and reports the outcome, or the failure. */
export async function report<T>(
  { id, bucket, key, recordIndex, path }: QuarantineEntry,
  work: () => Promise<T>,
): Promise<QuarantineRef & (T | Failed)> {
  const ref = { id, bucket, key, ...defined({ recordIndex, path }) };
  try {
    return { ...ref, ...(await work()) };
  } catch (error) {
    return { ...ref, outcome: 'failed', reason: describeError(error) };
  }
}

/** The outcome of a replay before the ledger is written. */
interface Replay {
  outcome: ReplayOutcome;
  /** Writes the ledger. @throws the error of the replay */
  finish(): Promise<unknown>;
}

function replay(entry: QuarantineEntry, deps: PipelineDeps, store: RecordStore): Promise<Replay> {
  const { recordIndex } = entry;
  return recordIndex === undefined
    ? replayFile(entry, deps, store)
    : replayRecord({ ...entry, recordIndex }, deps, store);
}

async function replayFile(entry: QuarantineEntry, deps: PipelineDeps, store: RecordStore): Promise<Replay> {
  const { bucket, key, path, quarantinedAt } = entry;
  const { from, etag, source } = await sourceOf(entry, deps);
  const job = {
    ref: { bucket, key, ...defined({ etag }) },
    source: { ...source, path },
    store,
    time: UNLIMITED,
    findEntry: () => readLedger(deps.dynamo, deps.config.logFilesTable, entry),
    quarantinedAt,
  };
  const result = await ingest(job, deps);
  return { outcome: outcomeOf(result, from), finish: () => writeUnlessSuperseded(result, deps) };
}

function outcomeOf(result: IngestResult, from: BytesFrom): ReplayOutcome {
  if ('error' in result) return { outcome: 'failed', reason: describeError(result.error) };
  const { report } = result;
  switch (report.outcome) {
    case 'ingested':
    case 'already-ingested':
      return { outcome: 'replayed', from, books: report.counts };
    case 'quarantined':
    case 'already-quarantined':
      return { outcome: 'still-bad', from, reason: report.reason, detail: report.detail };
    case 'already-discarded':
      return { outcome: 'failed', reason: 'it was to be read, and was not' };
    case 'skipped':
      return { outcome: 'failed', reason: `its key is not one of a log file: ${report.reason}` };
  }
}

/** A log file is read from its own bucket while that has the same state of it, or else from quarantine. */
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

async function writeUnlessSuperseded(result: IngestResult, deps: PipelineDeps): Promise<LogFileReport> {
  const { dynamo, config } = deps;
  const { update, ...others } = result;
  const ledger = new LedgerWriter(dynamo, config);
  if (!update || !isSuperseded(update.entry, update.before, config.eventSources)) {
    const report = await writeResult(result, deps, ledger);
    await ledger.moveWatermarks();
    return report;
  }
  await writeEnvironments(dynamo, config.environmentsTable, update.seen, update.entry.ingestedAt);
  return writeResult(others, deps, ledger);
}

/** Writes events, environments, ledger, and only then removes the record. Every step is idempotent. */
async function replayRecord(entry: RecordEntry, deps: PipelineDeps, store: RecordStore): Promise<Replay> {
  const { dynamo, config } = deps;
  const status = await readRecordStatus(dynamo, config.logFilesTable, entry);
  if (status === 'open') throw notFinished(entry);
  const done = { outcome: 'replayed', from: 'quarantine' } as const;
  if (entry.size === undefined) {
    if (status === 'quarantined') throw noBytes(entry);
    return { outcome: done, finish: async () => {} };
  }
  const { batch, read } = await readRecord(entry, deps);
  const storage = recordStorage({ ...entry, account: accountIn(entry.key) }, deps, store);
  await storage.add(batch, UNLIMITED);
  const counts = storage.counts(read);
  const [problem] = storage.problems;
  if (problem) {
    const { reason, detail } = problem;
    return { outcome: { outcome: 'still-bad', from: 'quarantine', reason, detail }, finish: async () => {} };
  }
  const finish = async () => {
    await writeEnvironments(dynamo, config.environmentsTable, storage.seen, isoTime(deps.now()));
    const moved = await moveReplayedRecord(dynamo, config.logFilesTable, entry, countOf(counts));
    if (moved === 'open') throw notFinished(entry);
  };
  return { outcome: { ...done, books: counts }, finish };
}

/** Returns the count that has the one record. */
function countOf({ eventsStored, eventsKnown }: LogFileCounts): ReplayedTo {
  if (eventsStored > 0) return 'eventsStored';
  return eventsKnown > 0 ? 'eventsKnown' : 'recordsFiltered';
}

function accountIn(key: string): string | undefined {
  const names = readObjectKey(key);
  return 'skipped' in names ? undefined : names.account;
}

/** Reads a record as the only one of a log file, so that the same rules apply. */
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
