import { setTimeout } from 'node:timers/promises';
import { LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_TABLES } from '../../local/local-names.ts';
import { type Access, openLocalStore } from '../../local/local-store.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { type Config, type Environment, readConfig, type TableNames } from '../../shared/config.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';

/**
 * Opens the local store while `work` runs; creates it if it does not exist. Meanwhile other processes can query the store, but not
 * add to it, unless `access` is `read`.
 */
export async function withLocalPipeline<T>(
  store: string,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
  { access = 'add', logBucket = LOCAL_LOG_BUCKET }: { access?: Access; logBucket?: string } = {},
): Promise<T> {
  const { s3, dynamo, close } = await openLocalStore(store, access);
  try {
    return await work({ s3, dynamo, config: localConfig(env, logBucket), now: Date.now, sleep: setTimeout });
  } finally {
    await close();
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
 * The pipeline on tables in DynamoDB, as the ingest function runs it.
 * @param variables override those of the environment
 */
export function awsPipeline(
  tables: TableNames,
  env: Environment,
  variables: Environment,
  clients: Partial<Pick<PipelineDeps, 's3' | 'dynamo'>> = {},
): PipelineDeps {
  const config = readConfig({ ...env, ...tableVariables(tables), ...variables });
  const { s3 = createS3Client(env), dynamo = createDynamoClient() } = clients;
  return { s3, dynamo, config, now: Date.now, sleep: setTimeout };
}

function tableVariables({ eventsTable, logFilesTable, environmentsTable }: TableNames): Environment {
  return { EVENTS_TABLE: eventsTable, LOG_FILES_TABLE: logFilesTable, ENVIRONMENTS_TABLE: environmentsTable };
}
