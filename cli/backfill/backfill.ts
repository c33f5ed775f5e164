import { setTimeout } from 'node:timers/promises';
import { isThere } from '../../local/folder-lock.ts';
import { storeFolders } from '../../local/local-store.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { describeError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { type LogSource, s3Source } from '../../shared/ingest/log-source.ts';
import { bucketAndPrefix } from '../lib/aws-settings.ts';
import type { Context, Output } from '../lib/command.ts';
import { awsPipeline, localConfig, withLocalPipeline } from '../lib/open-pipeline.ts';
import { explained, type Store } from '../lib/stores.ts';
import { dryRunBackfill } from './dry-run.ts';
import { ingestFiles } from './ingest-files.ts';
import { listBucket } from './list-bucket.ts';
import { listFolder } from './list-folder.ts';
import { localFile, otherS3 } from './places.ts';
import { showProgress } from './progress.ts';
import type { BackfillReport } from './report.ts';
import type { Selection } from './selection.ts';
import { Tally } from './tally.ts';
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
  /** The name or URL of the ingest queue, when the function is to do the reading. */
  queue?: string | undefined;
  /** The quarantine bucket of a deployed store. */
  quarantine?: string | undefined;
}

/** Where the results go; without tables nothing is looked up, and nothing can be written. */
type Target = Pick<PipelineDeps, 'config' | 'now'> & { tables?: PipelineDeps };

/**
 * Brings the log files of the past into the store.
 * @param signal ends it after the files at work
 */
export async function backfill(
  options: BackfillOptions,
  { env, err }: Pick<Context, 'env' | 'err'>,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const settings = {
    maxAttempts: 10,
    // Log files have checksums of their own, and are read to the end.
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const logs = createS3Client(env, settings, options.concurrency + LISTING_SOCKETS);
  try {
    return await withTarget(options, env, logs, (target) => run(options, logs, target, err, signal));
  } finally {
    logs.destroy();
  }
}

async function run(
  { source, selection, concurrency, dryRun, queue }: BackfillOptions,
  logs: PipelineDeps['s3'],
  target: Target,
  err: Output,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const tally = new Tally();
  const started = performance.now();
  const listing =
    source.kind === 'bucket'
      ? listBucket(logs, source.bucket, source.prefix, selection)
      : listFolder(source.folder, source.bucket);
  const files = wantedFiles({ listing, selection, ledger: target.tables, tally, signal });
  const sourceOf = (file: WantedFile): LogSource => {
    const quarantine = target.tables?.s3 ?? logs;
    if (file.path !== undefined) return localFile(file.path, file, quarantine);
    return quarantine === logs ? s3Source(logs, file) : otherS3(logs, file, quarantine);
  };
  const report: BackfillReport = { source: sourceName(source), tally, seconds: 0, interrupted: false };
  const progress = showProgress(tally, dryRun ? 'Listing' : 'Backfilling', err);
  try {
    if (dryRun) {
      const by = { s3: source.kind === 'bucket', queue: queue !== undefined };
      report.dryRun = await dryRunBackfill(files, target, { tally, sourceOf, by });
    } else if (queue !== undefined) {
      report.queue = queue;
      // No other part talks to SQS.
      const { announceFiles } = await import('./via-queue.ts');
      await announceFiles(files, { queue, tally, eventSources: target.config.eventSources, sleep: setTimeout });
    } else {
      await ingestFiles(files, target.tables!, { concurrency, tally, signal, sourceOf });
    }
  } catch (error) {
    // What was found before is done, and is told.
    if (tally.listed.files === 0) throw error;
    report.failure = describeError(error);
  } finally {
    progress.stop();
  }
  return { ...report, seconds: (performance.now() - started) / 1000, interrupted: signal.aborted };
}

// As many connections as there can be requests: none waits for another's.
/** Requests that list, and what is read of them at the same time. */
const LISTING_SOCKETS = 16;
/** A file with many events writes eight at a time. */
const SOCKETS_PER_FILE = 8;

async function withTarget(
  { source: { bucket }, store, concurrency, quarantine, dryRun, queue }: BackfillOptions,
  env: Environment,
  logs: PipelineDeps['s3'],
  work: (target: Target) => Promise<BackfillReport>,
): Promise<BackfillReport> {
  const withTables = (tables: PipelineDeps) => work({ config: tables.config, now: tables.now, tables });
  if (store.kind === 'deployed') {
    const sockets = concurrency * SOCKETS_PER_FILE + LISTING_SOCKETS;
    const dynamo = createDynamoClient({ maxAttempts: 10 }, { maxSockets: sockets });
    const variables = { LOG_BUCKETS: bucket, QUARANTINE_BUCKET: quarantine };
    try {
      return await explained(store, () => withTables(awsPipeline(store.tables, env, variables, { s3: logs, dynamo })));
    } finally {
      dynamo.destroy();
    }
  }
  // What the function does with a queue goes into tables in AWS; and a dry run makes no store.
  if (queue !== undefined || (dryRun && !isThere(storeFolders(store.folder).dynamo))) {
    return work({ config: localConfig(env, bucket), now: Date.now });
  }
  return withLocalPipeline(store.folder, env, withTables, { access: dryRun ? 'read' : 'add', logBucket: bucket });
}

const sourceName = (source: BackfillSource) =>
  source.kind === 'bucket' ? `s3://${source.bucket}/${source.prefix}` : source.folder;

/**
 * Reads `s3://BUCKET[/PREFIX]`, or takes it for a folder.
 * @param bucketOfFolder how the bucket of a folder is to be named
 * @returns undefined if it is neither
 * @throws {UsageError} if no bucket can have this name
 */
export function readSource(text: string, bucketOfFolder: string): BackfillSource | undefined {
  const place = bucketAndPrefix(text);
  if (place) return { kind: 'bucket', ...place };
  if (/^[a-z0-9]+:\/\//i.test(text)) return undefined;
  return { kind: 'folder', folder: text, bucket: bucketOfFolder };
}
