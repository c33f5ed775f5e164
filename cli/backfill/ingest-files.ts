import pMap from 'p-map';
import { ObjectArchivedError } from '../../shared/aws/open-object.ts';
import { defined } from '../../shared/defined.ts';
import { describeError } from '../../shared/errors.ts';
import { ingest, type PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { noteFailureOf } from '../../shared/ingest/ingest-result.ts';
import type { LogSource } from '../../shared/ingest/log-source.ts';
import { recordStore } from '../../shared/ingest/store-records.ts';
import { UNLIMITED } from '../../shared/ingest/time-budget.ts';
import { readLedger } from '../../shared/store/ledger.ts';
import type { LedgerEntry } from '../../shared/store/ledger-entry.ts';
import { type LedgerUpdate, LedgerWriter } from '../../shared/store/ledger-writer.ts';
import type { FileResult } from '../log-files/file-result.ts';
import { ByteBudget, type Done, processFiles } from '../log-files/process-files.ts';
import type { Tally } from '../log-files/tally.ts';
import type { WantedFile } from './wanted-files.ts';

interface IngestOptions {
  /** Files to read at the same time. */
  concurrency: number;
  tally: Tally;
  /** Aborted: no more files are begun. */
  signal: AbortSignal;
  sourceOf(file: WantedFile): LogSource;
}

/** The result of a file, and what to write to the ledger when its window ends. */
interface Ingested extends Done<WantedFile> {
  update?: LedgerUpdate;
}

/** Compressed bytes of the files being read at the same time. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Ingests many log files at once. A failed one does not stop the others, and is retried after them. When this returns, all ledger
 * entries are written.
 */
export async function ingestFiles(
  files: AsyncIterable<WantedFile>,
  pipeline: PipelineDeps,
  { concurrency, tally, signal, sourceOf }: IngestOptions,
): Promise<void> {
  const deps: PipelineDeps = { ...pipeline, backfilled: true };
  const budget = new ByteBudget(MAX_BYTES);
  const ledger = new LedgerWriter(deps.dynamo, deps.config);
  const store = recordStore(deps);

  const ingestFile = async (file: WantedFile, findEntry: () => Promise<LedgerEntry | undefined>): Promise<Ingested> => {
    const job = { ref: file, source: sourceOf(file), store, time: UNLIMITED, findEntry };
    try {
      const result = await budget.run(file.size, () => ingest(job, deps));
      if (!('error' in result)) return { file, result: result.report, ...defined({ update: result.update }) };
      await noteFailureOf(result.file, result.error, deps);
      return { file, result: failureOf(result.error) };
    } catch (error) {
      return { file, result: failureOf(error) };
    }
  };

  const writeLedger = async (window: Ingested[]): Promise<Ingested[]> => {
    const updates = window.flatMap(({ update }) => update ?? []);
    try {
      const writes = updates.map((update) => ledger.write(update));
      // Also after a failure, all others are waited for: what is reported, and noted, comes after them.
      await Promise.allSettled([...writes, ledger.flush()]);
      await Promise.all(writes);
      await ledger.moveWatermarks();
      return window;
    } catch (error) {
      await pMap(updates, ({ entry }) => noteFailureOf(entry, error, deps), { concurrency });
      return window.map((done) => (done.update ? { ...done, result: failureOf(error) } : done));
    }
  };

  const failed: WantedFile[] = [];
  try {
    await processFiles(
      files,
      async (file) => (signal.aborted ? [] : [await ingestFile(file, async () => file.entry)]),
      {
        concurrency,
        tally,
        async endWindow(window) {
          const written = await writeLedger(window);
          failed.push(...written.filter(hasFailed).map(({ file }) => file));
          return written.filter((done) => !hasFailed(done));
        },
      },
    );
  } finally {
    // Even if the listing has failed.
    await processFiles(
      failed,
      async (file) => [
        signal.aborted
          ? { file, result: INTERRUPTED }
          : await ingestFile(file, () => readLedger(deps.dynamo, deps.config.logFilesTable, file)),
      ],
      { concurrency, tally, endWindow: writeLedger },
    );
  }
}

const INTERRUPTED: FileResult = { outcome: 'failed', detail: 'interrupted: failed, and was not tried again' };

const hasFailed = ({ result }: Done) => result.outcome === 'failed';

/** S3 says only on reading that Intelligent-Tiering has archived an object. */
function failureOf(error: unknown): FileResult {
  if (error instanceof ObjectArchivedError) return { outcome: 'archived', tier: error.tier, restoring: false };
  return { outcome: 'failed', detail: describeError(error) };
}
