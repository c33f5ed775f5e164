import { setTimeout } from 'node:timers/promises';
import { startEmbeddedDynamo } from '../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../local/embedded-s3.ts';
import { LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_TABLES } from '../local/local-names.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { type Config, type Environment, readConfig, type TableNames } from '../shared/config.ts';
import type { PipelineDeps } from '../shared/pipeline.ts';
import { storeFolders, tablesBeside } from './store-options.ts';

/** Opens the local store, made when it is not there, as the ingest function would have it, for as long as `work` takes. */
export async function withLocalPipeline<T>(
  store: string,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
  logBucket = LOCAL_LOG_BUCKET,
): Promise<T> {
  const folders = storeFolders(store);
  // Also where only the quarantine is wanted: it is DynamoDB that keeps a second process out.
  const dynamo = await startEmbeddedDynamo(LOCAL_TABLES, folders.dynamo);
  try {
    const s3 = await startEmbeddedS3(folders.s3);
    try {
      const config = localConfig(env, logBucket);
      return await work({ s3: s3.client, dynamo: dynamo.client, config, now: Date.now, sleep: setTimeout });
    } finally {
      await s3.stop();
    }
  } finally {
    await dynamo.stop();
  }
}

/** The configuration of the local store's pipeline. */
export function localConfig(env: Environment, logBucket: string): Config {
  return readConfig({
    ...tableVariables(LOCAL_TABLES),
    QUARANTINE_BUCKET: LOCAL_QUARANTINE_BUCKET,
    LOG_BUCKETS: logBucket,
    EVENT_SOURCES: env.EVENT_SOURCES,
  });
}

/**
 * The pipeline over tables in DynamoDB, as the ingest function would have it.
 * @param variables over those of the environment
 * @param clients in place of the usual ones
 */
export function awsPipeline(
  eventsTable: string,
  env: Environment,
  variables: Environment,
  clients: Partial<Pick<PipelineDeps, 's3' | 'dynamo'>> = {},
): PipelineDeps {
  const config = readConfig({ ...env, ...tableVariables(tablesBeside(eventsTable, env)), ...variables });
  const { s3 = createS3Client(env), dynamo = createDynamoClient() } = clients;
  return { s3, dynamo, config, now: Date.now, sleep: setTimeout };
}

function tableVariables({ eventsTable, logFilesTable, environmentsTable }: TableNames): Environment {
  return { EVENTS_TABLE: eventsTable, LOG_FILES_TABLE: logFilesTable, ENVIRONMENTS_TABLE: environmentsTable };
}
