import { ObjectArchivedError } from '../../shared/aws/open-object.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { ingestLogFile, type LogFilePlace, type PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { GroupedLedgerWriter } from '../../shared/store/grouped-ledger-writer.ts';
import { Slots } from './slots.ts';
import type { Tally } from './tally.ts';
import type { WantedFile } from './wanted-files.ts';

interface IngestOptions {
  /** Files that are read at the same time. */
  concurrency: number;
  tally: Tally;
  signal: AbortSignal;
  /** Where the bytes of a file are; absent: where the quarantine is. */
  placeOf?: ((file: WantedFile) => LogFilePlace) | undefined;
}

/** Compressed bytes of the files that are read at the same time. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Puts log files through the pipeline, many at once. One that fails does not keep the others, and is tried once more when
 * all of them are done. When it returns, all books are written.
 */
export async function ingestFiles(
  files: AsyncIterable<WantedFile>,
  deps: PipelineDeps,
  { concurrency, tally, signal, placeOf }: IngestOptions,
): Promise<void> {
  const work = new Ingestion(deps, tally, concurrency, placeOf);
  try {
    for await (const file of files) await work.begin(file);
  } finally {
    // Also when the listing has failed.
    await work.finish(signal);
  }
}

class Ingestion {
  private readonly deps: PipelineDeps;
  private readonly tally: Tally;
  private readonly books: GroupedLedgerWriter;
  private readonly slots: Slots;
  private readonly atWork = new Set<Promise<void>>();
  private readonly placeOf: IngestOptions['placeOf'];
  private failed: WantedFile[] = [];
  /** Failed after progress was told of them: it is told once. */
  private readonly advanced = new WeakSet<WantedFile>();

  constructor(deps: PipelineDeps, tally: Tally, concurrency: number, placeOf: IngestOptions['placeOf']) {
    this.placeOf = placeOf;
    this.deps = deps;
    this.tally = tally;
    this.books = new GroupedLedgerWriter(deps.dynamo, deps.config, deps.sleep);
    this.slots = new Slots(concurrency, MAX_BYTES);
  }

  /** Waits for a slot, and begins with the file. */
  async begin(file: WantedFile): Promise<void> {
    await this.start(
      file,
      () => Promise.resolve(file.entry),
      () => void this.failed.push(file),
    );
  }

  async finish(signal: AbortSignal): Promise<void> {
    this.books.finish();
    await this.untilDone();
    const again = this.failed;
    this.failed = [];
    for (const file of again) {
      const fail = (error: unknown) => this.fail(file, error);
      if (signal.aborted) fail(new TrailError('interrupted', 'failed, and was to be tried once more'));
      else await this.start(file, () => this.books.find(file), fail);
    }
    await this.untilDone();
  }

  private async start(
    file: WantedFile,
    find: GroupedLedgerWriter['find'],
    failed: (error: unknown) => void,
  ): Promise<void> {
    await this.books.room();
    const free = await this.slots.take(file.size);
    const work = this.ingest(file, find, free)
      .catch((error: unknown) => (error instanceof ObjectArchivedError ? this.archive(file, error) : failed(error)))
      .finally(free);
    this.atWork.add(work);
    void work.then(() => this.atWork.delete(work));
  }

  private async ingest(file: WantedFile, find: GroupedLedgerWriter['find'], free: () => void): Promise<void> {
    const books = {
      find,
      // While they wait to be written, another file may be read.
      close: (...[entry, seen]: Parameters<GroupedLedgerWriter['close']>) => {
        this.advance(file, entry.eventsStored);
        free();
        return this.books.close(entry, seen);
      },
    };
    const logFiles = this.placeOf?.(file);
    const pathOf = () => file.path;
    const report = await ingestLogFile(file, { ...this.deps, books, pathOf, ...(logFiles && { logFiles }) });
    this.tally.report(file, report);
    this.advance(file);
  }

  /** Of Intelligent-Tiering: only reading it shows that. */
  private archive(file: WantedFile, { tier }: ObjectArchivedError): void {
    this.tally.archive(file, { tier, restoring: false });
    this.advance(file);
  }

  private fail(file: WantedFile, error: unknown): void {
    this.tally.fail(file, describeError(error));
    this.advance(file);
  }

  private advance(file: WantedFile, eventsStored = 0): void {
    if (!this.advanced.has(file)) this.tally.advance(file.size, eventsStored);
    this.advanced.add(file);
  }

  private async untilDone(): Promise<void> {
    while (this.atWork.size > 0) await Promise.all(this.atWork);
  }
}
