import { ObjectArchivedError } from '../../shared/aws/open-object.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import {
  asWritten,
  type IngestJob,
  type IngestResult,
  ingest,
  type LogFileReport,
  noteFailureOf,
  type PipelineDeps,
} from '../../shared/ingest/ingest-log-file.ts';
import type { LogSource } from '../../shared/ingest/log-source.ts';
import { recordStore } from '../../shared/ingest/store-records.ts';
import { UNLIMITED } from '../../shared/ingest/time-budget.ts';
import { readLedger } from '../../shared/store/ledger.ts';
import { ledgerKey } from '../../shared/store/ledger-entry.ts';
import { GroupLedgerWriter, type LedgerUpdate } from '../../shared/store/ledger-writer.ts';
import { Slots } from './slots.ts';
import type { Tally } from './tally.ts';
import type { WantedFile } from './wanted-files.ts';

interface IngestOptions {
  /** Files that are read at the same time. */
  concurrency: number;
  tally: Tally;
  signal: AbortSignal;
  sourceOf(file: WantedFile): LogSource;
}

/** Compressed bytes of the files that are read at the same time. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Log files whose ledger entries are written together, and how long the first of them waits for others. */
const GROUP = 1_000;
const LINGER_MS = 5_000;

/**
 * Ingests log files, many at once. One that fails does not keep the others, and is tried once more after all of them. When
 * it returns, all ledger entries are written.
 */
export async function ingestFiles(
  files: AsyncIterable<WantedFile>,
  deps: PipelineDeps,
  options: IngestOptions,
): Promise<void> {
  const { tally, signal } = options;
  const advanced = new WeakSet<WantedFile>();
  const first = new Pass(deps, options, advanced);
  try {
    for await (const file of files) await first.begin(file, async () => file.entry);
  } finally {
    // Also when the listing has failed.
    const second = new Pass(deps, options, advanced);
    const interrupted = new TrailError('interrupted', 'failed, and was to be tried once more');
    for (const { file } of await first.finish()) {
      if (signal.aborted) second.failures.push({ file, error: interrupted });
      else await second.begin(file, () => readLedger(deps.dynamo, deps.config.logFilesTable, file));
    }
    for (const { file, error } of await second.finish()) {
      tally.fail(file, describeError(error));
      if (!advanced.has(file)) tally.advance(file.size);
    }
  }
}

/** A log file whose ledger entry waits for its group. */
interface Waiting {
  file: WantedFile;
  report: LogFileReport;
  update: LedgerUpdate;
}

/** The work on files, each tried once. */
class Pass {
  readonly failures: { file: WantedFile; error: unknown }[] = [];
  private readonly deps: PipelineDeps;
  private readonly options: IngestOptions;
  /** The files of which progress was told. */
  private readonly advanced: WeakSet<WantedFile>;
  private readonly slots: Slots;
  private readonly ledger: GroupLedgerWriter;
  private readonly atWork = new Set<Promise<void>>();
  private waiting: Waiting[] = [];
  private waitingSince = 0;
  /** The groups being written, one after the other. */
  private writing: Promise<void> = Promise.resolve();

  constructor(deps: PipelineDeps, options: IngestOptions, advanced: WeakSet<WantedFile>) {
    this.deps = deps;
    this.options = options;
    this.advanced = advanced;
    this.slots = new Slots(options.concurrency, MAX_BYTES);
    this.ledger = new GroupLedgerWriter(deps.dynamo, deps.config, deps.sleep);
  }

  /** Waits until the file may be read, and begins. */
  async begin(file: WantedFile, findEntry: IngestJob['findEntry']): Promise<void> {
    if (this.waiting.length >= GROUP / 2) await this.writing;
    const free = await this.slots.take(file.size);
    const job = {
      ref: file,
      source: this.options.sourceOf(file),
      store: recordStore(this.deps),
      time: UNLIMITED,
      findEntry,
    };
    const work = ingest(job, this.deps)
      .finally(free)
      .then(
        (result) => this.take(file, result),
        (error: unknown) => void this.failures.push({ file, error }),
      );
    this.atWork.add(work);
    void work.then(() => this.atWork.delete(work));
  }

  /** @returns what failed */
  async finish(): Promise<readonly { file: WantedFile; error: unknown }[]> {
    await Promise.all(this.atWork);
    this.writeGroup();
    await this.writing;
    return this.failures;
  }

  private async take(file: WantedFile, result: IngestResult): Promise<void> {
    const { tally } = this.options;
    if ('error' in result) {
      await noteFailureOf(result.file, result.error, this.deps);
      // Of Intelligent-Tiering only reading it shows that.
      if (result.error instanceof ObjectArchivedError) {
        tally.archive(file, { tier: result.error.tier, restoring: false });
        this.advance(file);
      } else this.failures.push({ file, error: result.error });
      return;
    }
    const { report, update } = result;
    this.advance(file, update?.entry.state === 'ingested' ? update.entry.eventsStored : 0);
    if (update === undefined) {
      tally.report(file, report);
      return;
    }
    if (this.waiting.length === 0) this.waitingSince = performance.now();
    this.waiting.push({ file, report, update });
    const isDue = performance.now() - this.waitingSince > LINGER_MS;
    if (this.waiting.length >= GROUP || isDue) this.writeGroup();
  }

  private writeGroup(): void {
    const group = this.waiting;
    this.waiting = [];
    if (group.length > 0) this.writing = this.writing.then(() => this.write(group));
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    try {
      const written = await this.ledger.write(group.map(({ update }) => update));
      for (const { file, report, update } of group) {
        this.options.tally.report(file, asWritten(report, written.get(ledgerKey(update.entry))));
      }
    } catch (error) {
      for (const { file, update } of group) {
        await noteFailureOf(update.entry, error, this.deps);
        this.failures.push({ file, error });
      }
    }
  }

  private advance(file: WantedFile, eventsStored = 0): void {
    if (!this.advanced.has(file)) this.options.tally.advance(file.size, eventsStored);
    this.advanced.add(file);
  }
}
