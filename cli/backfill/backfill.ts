import { isThere } from '../../local/folder-lock.ts';
import { storeFolders } from '../../local/local-store.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Config, Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import { describeError } from '../../shared/errors.ts';
import { isDone, type PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { type LogSource, s3Source } from '../../shared/ingest/log-source.ts';
import { bucketAndPrefix } from '../lib/bucket-and-prefix.ts';
import { awsPipeline, localConfig, withLocalPipeline } from '../lib/open-pipeline.ts';
import { explained, type Store } from '../lib/store-options.ts';
import { withProgress } from '../log-files/progress.ts';
import { Tally } from '../log-files/tally.ts';
import { dryRunBackfill } from './dry-run.ts';
import { ingestFiles } from './ingest-files.ts';
import { listBucket } from './list-bucket.ts';
import { listFolder } from './list-folder.ts';
import { localFile, otherS3 } from './places.ts';
import type { BackfillReport } from './report.ts';
import type { Selection } from './selection.ts';
import { type WantedFile, wantedFiles } from './wanted-files.ts';

/** Where log files come from: a trail's bucket, or a folder that is one. */
export type BackfillSource =
  | { kind: 'bucket'; bucket: string; prefix: string }
  /** `bucket`: how the ledger and events are to name it. */
  | { kind: 'folder'; folder: string; bucket: string };

export interface BackfillOptions {
  /** Where the events go. */
  store: Store;
  source: BackfillSource;
  selection: Selection;
  /** Files that are read at the same time. */
  concurrency: number;
  dryRun: boolean;
  /** The name or URL of the ingest queue, if the function is to read the files. */
  queue?: string | undefined;
  /** The quarantine bucket of a deployed store. */
  quarantine?: string | undefined;
}

// As many connections as there can be requests: none waits for another's.
/** Requests that list, and what is read of them at the same time. */
const LISTING_SOCKETS = 16;
/** A file with many events writes eight at a time. */
const SOCKETS_PER_FILE = 8;

/**
 * Imports existing log files into the store.
 * @param signal ends it after the files at work
 */
export async function backfill(
  options: BackfillOptions,
  env: Environment,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { store, source, concurrency, dryRun, queue } = options;
  const settings = {
    maxAttempts: 10,
    // Log files have checksums of their own, and are read to the end.
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const logs = createS3Client(env, settings, concurrency + LISTING_SOCKETS);
  const run = new Backfill(options, logs, signal);
  try {
    if (!dryRun && queue === undefined) return await withStore('add', (deps) => run.ingest(deps));
    // With a queue, the function writes into tables in AWS; and a dry run creates no store.
    const noLedger = store.kind === 'local' && (queue !== undefined || !isThere(storeFolders(store.folder).dynamo));
    if (noLedger) return await run.plan(localConfig(env, source.bucket));
    return await withStore('read', (deps) => run.plan(deps.config, deps));
  } finally {
    logs.destroy();
  }

  async function withStore(
    access: 'add' | 'read',
    work: (deps: PipelineDeps) => Promise<BackfillReport>,
  ): Promise<BackfillReport> {
    if (store.kind === 'local') return withLocalPipeline(store.folder, env, work, { access, logBucket: source.bucket });
    const dynamo = createDynamoClient(
      { maxAttempts: 10 },
      { maxSockets: concurrency * SOCKETS_PER_FILE + LISTING_SOCKETS },
    );
    const variables = { LOG_BUCKETS: source.bucket, QUARANTINE_BUCKET: options.quarantine };
    try {
      return await explained(store, () => work(awsPipeline(store.tables, env, variables, { s3: logs, dynamo })));
    } finally {
      dynamo.destroy();
    }
  }
}

class Backfill {
  private readonly options: BackfillOptions;
  private readonly logs: PipelineDeps['s3'];
  private readonly signal: AbortSignal;
  private readonly tally = new Tally();

  constructor(options: BackfillOptions, logs: PipelineDeps['s3'], signal: AbortSignal) {
    this.options = options;
    this.logs = logs;
    this.signal = signal;
  }

  ingest(deps: PipelineDeps): Promise<BackfillReport> {
    const { concurrency } = this.options;
    const { tally, signal } = this;
    const sourceOf = (file: WantedFile) => this.sourceOf(file, deps.s3);
    return this.report('Backfilling', deps, async (files) => {
      await ingestFiles(files, deps, { concurrency, tally, signal, sourceOf });
      return {};
    });
  }

  /** Does what writes nothing from here: a dry run, or announcing the log files to a queue. */
  plan(config: Config, ledger?: PipelineDeps): Promise<BackfillReport> {
    const { source, dryRun, queue } = this.options;
    const { tally, logs } = this;
    return this.report(dryRun ? 'Listing' : 'Backfilling', ledger, async (files) => {
      const left = this.undone(files, config);
      if (dryRun) {
        const by = { s3: source.kind === 'bucket', queue: queue !== undefined };
        const sourceOf = (file: WantedFile) => this.sourceOf(file, logs);
        return { dryRun: await dryRunBackfill(left, by, { config, now: Date.now, tally, sourceOf }) };
      }
      if (queue === undefined) return {};
      // Only this part uses SQS.
      const { announceFiles } = await import('./via-queue.ts');
      await announceFiles(left, queue, tally);
      return {};
    });
  }

  /** Lists log files, has them worked on, and reports. */
  private async report(
    doing: string,
    ledger: PipelineDeps | undefined,
    work: (files: AsyncIterable<WantedFile>) => Promise<Pick<BackfillReport, 'dryRun'>>,
  ): Promise<BackfillReport> {
    const { source, selection, queue } = this.options;
    const { tally, signal } = this;
    const listing =
      source.kind === 'bucket'
        ? listBucket(this.logs, source.bucket, source.prefix, selection)
        : listFolder(source.folder, source.bucket);
    const files = wantedFiles({ listing, selection, ledger, tally, signal });
    const started = performance.now();
    const name = source.kind === 'bucket' ? `s3://${source.bucket}/${source.prefix}` : source.folder;
    const report = (ended: BackfillReport['ended']) => {
      const seconds = (performance.now() - started) / 1000;
      return { source: name, tally, seconds, ended, ...defined({ queue }) };
    };
    try {
      const done = await withProgress(doing, tally, () => work(files));
      return { ...report(signal.aborted ? 'interrupted' : 'complete'), ...done };
    } catch (error) {
      // What was found before is done, and is reported.
      if (tally.listed.files === 0) throw error;
      return report({ failure: describeError(error) });
    }
  }

  private async *undone(files: AsyncIterable<WantedFile>, { eventSources }: Config): AsyncGenerator<WantedFile> {
    for await (const file of files) {
      if (isDone(file.entry, file.etag, eventSources)) {
        this.tally.add(file, { outcome: 'known' });
        this.tally.advance(file);
      } else yield file;
    }
  }

  private sourceOf(file: WantedFile, quarantine: PipelineDeps['s3']): LogSource {
    if (file.path !== undefined) return localFile(file.path, file, quarantine);
    return quarantine === this.logs ? s3Source(this.logs, file) : otherS3(this.logs, file, quarantine);
  }
}

/**
 * Reads `s3://BUCKET[/PREFIX]`, or takes it for a folder.
 * @param bucketOfFolder how the bucket of a folder is to be named
 * @param usage ends the command with what is wrong with the name of the bucket
 * @returns undefined if it is neither
 */
export function readSource(
  text: string,
  bucketOfFolder: string,
  usage: (problem: string) => never,
): BackfillSource | undefined {
  const place = bucketAndPrefix(text, usage);
  if (place) return { kind: 'bucket', ...place };
  if (/^[a-z0-9]+:\/\//i.test(text)) return undefined;
  return { kind: 'folder', folder: text, bucket: bucketOfFolder };
}
