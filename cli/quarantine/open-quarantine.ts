import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../../local/embedded-s3.ts';
import { LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_TABLES } from '../../local/local-names.ts';
import { type Environment, readConfig, type TableNames } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import { createS3Client } from '../../shared/log-file/s3-client.ts';
import type { PipelineDeps } from '../../shared/pipeline.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { storeFolders, tablesBeside } from '../store-options.ts';

/** Which quarantine, and for a replay which tables. */
export interface QuarantineOptions {
  store: string;
  bucket?: string;
  table?: string;
}

/** A quarantine that can be looked into. */
export interface OpenQuarantine {
  s3: PipelineDeps['s3'];
  quarantineBucket: string;
}

/** Opens the quarantine that the options name, for as long as `work` takes. */
export async function withQuarantine<T>(
  options: QuarantineOptions,
  env: Environment,
  work: (quarantine: OpenQuarantine) => Promise<T>,
): Promise<T> {
  if (options.bucket !== undefined) return work({ s3: createS3Client(env), quarantineBucket: options.bucket });
  return withLocalStore(options.store, env, ({ s3 }) => work({ s3, quarantineBucket: LOCAL_QUARANTINE_BUCKET }));
}

/** Opens the quarantine and the tables that the options name, as the ingest function has them. */
export async function withPipeline<T>(
  options: QuarantineOptions,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  const { bucket, table } = options;
  if (bucket === undefined || table === undefined) return withLocalStore(options.store, env, work);
  const config = readConfig({ ...env, ...tableVariables(tablesBeside(table, env)), QUARANTINE_BUCKET: bucket });
  return work({ s3: createS3Client(env), dynamo: createDynamoClient(), config, now: Date.now, sleep: setTimeout });
}

async function withLocalStore<T>(
  store: string,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  const folders = storeFolders(store);
  if (!existsSync(folders.s3)) {
    throw new TrailError(
      'no-store',
      `there is no quarantine in ${store}: make one with replay, or name one with --store or --bucket`,
    );
  }
  // Also where only the quarantine is wanted: it is DynamoDB that keeps a second process out.
  const dynamo = await startEmbeddedDynamo(LOCAL_TABLES, folders.dynamo);
  try {
    const s3 = await startEmbeddedS3(folders.s3);
    try {
      const config = readConfig({
        ...tableVariables(LOCAL_TABLES),
        QUARANTINE_BUCKET: LOCAL_QUARANTINE_BUCKET,
        LOG_BUCKETS: LOCAL_LOG_BUCKET,
        EVENT_SOURCES: env.EVENT_SOURCES,
      });
      return await work({ s3: s3.client, dynamo: dynamo.client, config, now: Date.now, sleep: setTimeout });
    } finally {
      await s3.stop();
    }
  } finally {
    await dynamo.stop();
  }
}

function tableVariables({ eventsTable, logFilesTable, environmentsTable }: TableNames): Environment {
  return { EVENTS_TABLE: eventsTable, LOG_FILES_TABLE: logFilesTable, ENVIRONMENTS_TABLE: environmentsTable };
}
