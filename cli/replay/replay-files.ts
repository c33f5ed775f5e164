import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { createIngestHandler, type IngestObserver } from '../../functions/ingest-handler.ts';
import { LOCAL_LOG_BUCKET, LOCAL_REGION, LOCAL_TABLES } from '../../local/local-names.ts';
import { NO_ACCOUNT } from '../../shared/cloudtrail/object-key.ts';
import type { Environment } from '../../shared/config.ts';
import { describeError, s3Uri } from '../../shared/errors.ts';
import type { LogFileReport, PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { countByEnvironment, type EnvironmentCount } from '../../shared/query/environments.ts';
import { withLocalPipeline } from '../lib/open-pipeline.ts';
import { type FileReport, toFileReport } from './file-report.ts';
import type { LocalLogFile } from './local-log-files.ts';
import { replayLookupOutput } from './lookup-output.ts';
import type { Progress } from './progress.ts';
import { type CreatedObject, sqsDelivery } from './sqs-delivery.ts';
import { uploadLogFile } from './upload.ts';

export interface ReplayResult {
  files: FileReport[];
  /** Everything in the store, not only what these files brought. */
  environments: EnvironmentCount[];
}

/** Messages that SQS hands to the function at once, as serverless.yml has it. */
const BATCH_SIZE = 10;

/**
 * Sends log files through embedded S3 and the real ingest handler into the store. Objects pass through the bucket batch by
 * batch, so that a large trail needs no second copy on disk; the quarantine stays.
 * @throws {TrailError} when the store cannot be opened
 */
export async function replayFiles(
  files: readonly LocalLogFile[],
  store: string,
  env: Environment,
  progress: Progress,
): Promise<ReplayResult> {
  return withLocalPipeline(store, env, async (deps) => {
    const reports: FileReport[] = [];
    for (let start = 0; start < files.length; start += BATCH_SIZE) {
      const batch = files.slice(start, start + BATCH_SIZE);
      reports.push(...(await replayBatch(batch, deps)));
      progress.advance(batch.length);
    }
    const { dynamo } = deps;
    return {
      files: reports,
      environments: await countByEnvironment({ dynamo, tables: LOCAL_TABLES, now: Date.now }),
    };
  });
}

/** Log files of a batch go through the bucket; output of lookup-events is no log file, and is stored as it is read. */
async function replayBatch(batch: readonly LocalLogFile[], deps: PipelineDeps): Promise<FileReport[]> {
  const logFiles = batch.filter(({ form }) => form.content === 'log-file');
  const reports = new Map((await replayLogFiles(logFiles, deps)).map((report) => [report.path, report]));
  const all: FileReport[] = [];
  for (const file of batch) all.push(reports.get(file.path) ?? (await replayLookupOutput(file, deps)));
  return all;
}

async function replayLogFiles(batch: readonly LocalLogFile[], deps: PipelineDeps): Promise<FileReport[]> {
  const outcomes = new Map<string, LogFileReport>();
  const failures = new Map<string, string>();
  const uploaded: CreatedObject[] = [];
  for (const file of batch) {
    try {
      uploaded.push(await uploadLogFile(deps.s3, LOCAL_LOG_BUCKET, file));
    } catch (error) {
      failures.set(file.key, describeError(error));
    }
  }
  const observer: IngestObserver = {
    logFile: (report) => outcomes.set(report.key, report),
    nothingAnnounced: () => {},
    failed: (place, error) => failures.set(place, describeError(error)),
  };
  if (uploaded.length > 0) {
    const paths = new Map(batch.map(({ path, key }) => [key, path]));
    const known = { ...deps, pathOf: ({ key }: { key: string }) => paths.get(key) };
    await createIngestHandler(known, observer)(sqsDelivery(uploaded, LOCAL_REGION, NO_ACCOUNT), {} as Context);
  }
  for (const { bucket, key } of uploaded) await deps.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  return batch.map(({ path, key }) => {
    const failure = failures.get(key) ?? failures.get(s3Uri({ bucket: LOCAL_LOG_BUCKET, key }));
    return toFileReport(path, failure ?? outcomes.get(key));
  });
}
