import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { LOCAL_TABLES } from '../local/local-names.ts';
import { openLocalDynamo, storeFolders } from '../local/local-store.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import type { Environment, TableNames } from '../shared/config.ts';
import { TrailError } from '../shared/errors.ts';
import type { QueryDeps } from '../shared/query/read-page.ts';

/** Where a command finds events. */
export interface StoreOptions {
  store: string;
  table?: string;
}

export const DEFAULT_STORE = '.mwaa-trail';

export function addStoreOptions(command: Command): Command {
  return command
    .option('--store <dir>', 'the local store, made by replay', DEFAULT_STORE)
    .option('--table <name>', 'ask this events table in DynamoDB instead, with the usual AWS settings');
}

/** Opens the store that the options name, for as long as `work` takes. */
export async function withStore<T>(
  options: StoreOptions,
  env: Environment,
  work: (deps: QueryDeps) => Promise<T>,
): Promise<T> {
  if (options.table !== undefined) {
    const dynamo = createDynamoClient();
    return work({ dynamo, tables: tablesBeside(options.table, env), now: Date.now });
  }
  if (!existsSync(storeFolders(options.store).dynamo)) {
    throw new TrailError(
      'no-store',
      `there is no store in ${options.store}: make one with replay, or name one with --store or --table`,
    );
  }
  const dynamo = await openLocalDynamo(options.store);
  try {
    return await work({ dynamo: dynamo.client, tables: LOCAL_TABLES, now: Date.now });
  } finally {
    await dynamo.close();
  }
}

/** The other tables of a deployment: named by the environment, else by the same pattern as the events table. */
export function tablesBeside(eventsTable: string, env: Environment): TableNames {
  const beside = (variable: string, suffix: string): string => {
    if (env[variable]) return env[variable];
    if (eventsTable.endsWith('-events')) return eventsTable.replace(/-events$/, suffix);
    throw new TrailError(
      'configuration',
      `--table ${eventsTable}: its name does not end in -events, expected ${variable} to be set`,
    );
  };
  return {
    eventsTable,
    logFilesTable: beside('LOG_FILES_TABLE', '-log-files'),
    environmentsTable: beside('ENVIRONMENTS_TABLE', '-environments'),
  };
}
