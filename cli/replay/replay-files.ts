import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { createIngestHandler, type IngestObserver } from '../../functions/ingest-handler.ts';
import { LOCAL_LOG_BUCKET, LOCAL_REGION, LOCAL_TABLES } from '../../local/local-names.ts';
import type { LogFileRef } from '../../shared/delivery/announcement.ts';
import { describeError, s3Uri } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { s3Source } from '../../shared/ingest/log-source.ts';
import { countByEnvironment } from '../../shared/query/environments.ts';
import type { Context } from '../lib/command.ts';
import { withLocalPipeline } from '../lib/open-pipeline.ts';
import { batches } from '../lib/output.ts';
import type { FileResult, FoundObject } from '../log-files/file-result.ts';
import { type Done, processFiles } from '../log-files/process-files.ts';
import { withProgress } from '../log-files/progress.ts';
import { Tally } from '../log-files/tally.ts';
import { type LocalLogFile, walkLogFiles } from './local-log-files.ts';
import { ingestLookupOutput } from './lookup-output.ts';
import { sqsDelivery } from './notification.ts';
import type { ReplayReport } from './report.ts';
import { ingestStatusChanges } from './status-changes.ts';
import { uploadLogFile } from './upload.ts';

/** Messages in a batch, as in serverless.yml. */
const BATCH_SIZE = 10;

/**
 * Sends log files through embedded S3 and the ingest handler into the store. Objects pass through the bucket batch by batch, so
 * that a large trail needs no second copy on disk; the quarantine stays.
 * @param paths files, and folders of them
 * @throws {TrailError} if the store cannot be opened
 */
export async function replayFiles(
  paths: readonly string[],
  store: string,
  { env, err }: Pick<Context, 'env' | 'err'>,
): Promise<ReplayReport> {
  const tally = new Tally();
  const files: LocalLogFile[] = [];
  for await (const found of walkLogFiles(paths)) {
    if ('problem' in found) tally.cannotRead(found.path, found.problem);
    else {
      tally.list(found.size);
      files.push(found);
    }
  }
  tally.listingDone = true;
  return withLocalPipeline(store, env, async (deps) => {
    const done: Done[] = [];
    const endWindow = (window: Done[]) => {
      done.push(...window);
      return window;
    };
    await withProgress('Replaying', tally, err, () =>
      processFiles(batches(files, BATCH_SIZE), (batch) => replayBatch(batch, deps), {
        concurrency: 1,
        tally,
        endWindow,
      }),
    );
    const environments = await countByEnvironment({ dynamo: deps.dynamo, tables: LOCAL_TABLES, now: Date.now });
    return { files: done, tally, environments };
  });
}

/** Log files pass through the bucket; output of lookup-events, and events of EventBridge, are stored directly. */
async function replayBatch(batch: readonly LocalLogFile[], deps: PipelineDeps): Promise<Done[]> {
  const results = await replayLogFiles(
    batch.filter(({ form }) => form.content === 'log-file'),
    deps,
  );
  const done: Done[] = [];
  for (const file of batch) {
    const ingest = file.form.content === 'lookup-output' ? ingestLookupOutput : ingestStatusChanges;
    const result = results.get(file.key) ?? (await ingest(file, deps));
    done.push({ file: { ...file, bucket: LOCAL_LOG_BUCKET }, result });
  }
  return done;
}

/** Returns the results by key. */
async function replayLogFiles(files: readonly LocalLogFile[], deps: PipelineDeps): Promise<Map<string, FileResult>> {
  const results = new Map<string, FileResult>();
  const fail = (key: string, error: unknown) => results.set(key, { outcome: 'failed', detail: describeError(error) });
  const uploaded: FoundObject[] = [];
  for (const file of files) {
    results.set(file.key, { outcome: 'failed', detail: 'the handler did not report on it' });
    try {
      uploaded.push(await uploadLogFile(deps.s3, LOCAL_LOG_BUCKET, file));
    } catch (error) {
      fail(file.key, error);
    }
  }
  if (uploaded.length === 0) return results;
  const observer: IngestObserver = {
    logFile: (report) => results.set(report.key, report),
    nothingAnnounced: () => {},
    failed: (place, error) => fail(place.replace(s3Uri({ bucket: LOCAL_LOG_BUCKET, key: '' }), ''), error),
  };
  const paths = new Map(files.map(({ path, key }) => [key, path]));
  const sourceOf = (ref: LogFileRef) => ({ ...s3Source(deps.s3, ref), path: paths.get(ref.key) });
  const handle = createIngestHandler(deps, observer, sourceOf);
  await handle(sqsDelivery(uploaded, LOCAL_REGION), {} as never);
  for (const { bucket, key } of uploaded) await deps.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  return results;
}
