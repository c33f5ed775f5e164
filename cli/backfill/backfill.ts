import type { S3Client } from '@aws-sdk/client-s3';
import { isThere } from '../../local/folder-lock.ts';
import { storeFolders } from '../../local/local-dynamo.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { attempts } from '../../shared/aws/settings.ts';
import type { TrailFilter } from '../../shared/cloudtrail/trail-folders.ts';
import type { Config, Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import { describeError } from '../../shared/errors.ts';
import { isDone } from '../../shared/ingest/done-before.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { type LogSource, s3Source } from '../../shared/ingest/log-source.ts';
import { bucketAndPrefix } from '../lib/aws-settings.ts';
import type { Context, Output } from '../lib/command.ts';
import { awsPipeline, localConfig, withLocalPipeline } from '../lib/open-pipeline.ts';
import { explained, type Store } from '../lib/stores.ts';
import { withProgress } from '../log-files/progress.ts';
import { Tally } from '../log-files/tally.ts';
import { dryRunBackfill } from './dry-run.ts';
import { ingestFiles } from './ingest-files.ts';
import { listBucket } from './list-bucket.ts';
import { listFolder } from './list-folder.ts';
import type { BackfillReport } from './report.ts';
import { localFile, otherS3 } from './sources.ts';
import { type WantedFile, wantedFiles } from './wanted-files.ts';

/** Where log files come from: a trail's bucket, or a folder with a copy of it. */
export type BackfillSource =
  | { kind: 'bucket'; bucket: string; prefix: string }
  /** `bucket`: its name in the ledger and in events. */
  | { kind: 'folder'; folder: string; bucket: string };

export interface BackfillOptions {
  /** Where the events go. */
  store: Store;
  source: BackfillSource;
  selection: TrailFilter;
  /** Files to read at the same time. */
  concurrency: number;
  dryRun: boolean;
  /** The name or URL of the ingest queue, if the function is to read the files. */
  queue?: string | undefined;
  /** The quarantine bucket of a deployed store. */
  quarantine?: string | undefined;
}

/** It takes long, and nobody waits for a single request. */
const ATTEMPTS = 10;
// There are as many connections as requests, so none has to wait.
/** Listing requests at the same time. */
const LISTING_SOCKETS = 16;
/** Writes at the same time for a file with many events. */
const SOCKETS_PER_FILE = 8;

/**
 * Imports existing log files into the store.
 * @param signal ends it after the files in progress
 */
export async function backfill(
  options: BackfillOptions,
  { env, err }: Pick<Context, 'env' | 'err'>,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { store, source, concurrency, dryRun, queue } = options;
  const logs = createS3Client(env, attempts(ATTEMPTS), concurrency + LISTING_SOCKETS);
  try {
    // With a queue, the function writes to tables in AWS. A dry run creates no store.
    const noStore =
      store.kind === 'local' && (queue !== undefined || (dryRun && !isThere(storeFolders(store.folder).dynamo)));
    if (noStore) return await run(options, { logs, err, signal, config: localConfig(env, source.bucket) });
    return await withPipeline(options, env, logs, (deps) =>
      run(options, { logs, err, signal, config: deps.config, deps }),
    );
  } finally {
    logs.destroy();
  }
}

async function withPipeline<T>(
  { store, source: { bucket }, concurrency, dryRun, quarantine }: BackfillOptions,
  env: Environment,
  logs: S3Client,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  if (store.kind === 'local') {
    return withLocalPipeline(store.folder, env, work, { access: dryRun ? 'read' : 'add', logBucket: bucket });
  }
  const maxSockets = concurrency * SOCKETS_PER_FILE + LISTING_SOCKETS;
  const dynamo = createDynamoClient(attempts(ATTEMPTS), { maxSockets });
  const variables = { LOG_BUCKETS: bucket, QUARANTINE_BUCKET: quarantine };
  try {
    return await explained(store, () => work(awsPipeline(store.tables, env, variables, { s3: logs, dynamo })));
  } finally {
    dynamo.destroy();
  }
}

interface Target {
  /** The S3 of a bucket. */
  logs: S3Client;
  err: Output;
  signal: AbortSignal;
  config: Config;
  /** The store; absent if there is none to read or write. */
  deps?: PipelineDeps;
}

/** Lists log files, then reads, announces or samples them. */
async function run(
  { source, selection, concurrency, dryRun, queue }: BackfillOptions,
  { logs, err, signal, config, deps }: Target,
): Promise<BackfillReport> {
  const started = performance.now();
  const tally = new Tally();
  const listing =
    source.kind === 'bucket'
      ? listBucket(logs, source.bucket, source.prefix, selection)
      : listFolder(source.folder, source.bucket);
  const files = wantedFiles({ listing, selection, ledger: deps, tally, signal });
  const sourceOf = (file: WantedFile): LogSource => {
    const quarantine = deps?.s3 ?? logs;
    if (file.path !== undefined) return localFile(file.path, file, quarantine);
    return quarantine === logs ? s3Source(logs, file) : otherS3(logs, file, quarantine);
  };
  const work = async (): Promise<Pick<BackfillReport, 'dryRun'>> => {
    if (dryRun) {
      const by = { s3: source.kind === 'bucket', queue: queue !== undefined };
      const todo = notDone(files, tally, config);
      return { dryRun: await dryRunBackfill(todo, by, { config, now: Date.now, tally, sourceOf }) };
    }
    if (queue !== undefined) {
      // Only this part uses SQS.
      const { announceFiles } = await import('./via-queue.ts');
      await announceFiles(notDone(files, tally, config), queue, tally);
    } else if (deps) await ingestFiles(files, deps, { concurrency, tally, signal, sourceOf });
    return {};
  };
  const report = (ended: BackfillReport['ended']): BackfillReport => ({
    source: source.kind === 'bucket' ? `s3://${source.bucket}/${source.prefix}` : source.folder,
    ...{ tally, ended, seconds: (performance.now() - started) / 1000, ...defined({ queue }) },
  });
  try {
    const done = await withProgress(dryRun ? 'Listing' : 'Backfilling', tally, err, work);
    return { ...report(signal.aborted ? 'interrupted' : 'complete'), ...done };
  } catch (error) {
    // Files that were found before are done, and are reported.
    if (tally.listed.files === 0) throw error;
    return report({ failure: describeError(error) });
  }
}

async function* notDone(
  files: AsyncIterable<WantedFile>,
  tally: Tally,
  { eventSources }: Config,
): AsyncGenerator<WantedFile> {
  for await (const file of files) {
    if (isDone(file.entry, file.etag, eventSources)) {
      tally.add(file, { outcome: 'known' });
      tally.advance(file);
    } else yield file;
  }
}

/**
 * Reads `s3://BUCKET[/PREFIX]`, or takes it for a folder.
 * @param bucketOfFolder the name of a folder's bucket
 * @returns undefined if it is neither
 * @throws {UsageError} if no bucket can have this name
 */
export function readSource(text: string, bucketOfFolder: string): BackfillSource | undefined {
  const location = bucketAndPrefix(text);
  if (location) return { kind: 'bucket', ...location };
  if (/^[a-z0-9]+:\/\//i.test(text)) return undefined;
  return { kind: 'folder', folder: text, bucket: bucketOfFolder };
}
