import { type Command, Option } from 'commander';
import { isThere } from '../../local/folder-lock.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { openLocalDynamo, storeFolders } from '../../local/local-store.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import type { Environment, TableNames } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { CriteriaError } from '../../shared/query/criteria.ts';
import { settingsProblem } from './aws-settings.ts';
import { stackOfTable, tablesOf } from './deployed-stack.ts';

/** Which store a command is to work with, as its flags say. */
export interface StoreOptions {
  store?: string;
  stack?: string;
  table?: string;
}

/** A store: a folder of this machine, or the tables of a deployment. */
export type Store = { kind: 'local'; folder: string } | DeployedStore;

export interface DeployedStore {
  kind: 'deployed';
  tables: TableNames;
  /** The stack that the tables are of; absent: only they are named. */
  stack?: string;
}

export const DEFAULT_STORE = '.mwaa-trail';

/** What a stack is named by when no flag names a store. */
const STACK_VARIABLE = 'MWAA_TRAIL_STACK';

export function addStoreOptions(command: Command): Command {
  return command
    .addOption(storeOption('ask the local store, made by replay'))
    .addOption(stackOption('ask the tables of this deployed stack, SERVICE-STAGE'))
    .addOption(new Option('--table <name>', 'ask this events table in DynamoDB').helpGroup(STORE_GROUP));
}

export const STORE_GROUP = 'Store:';

/** @param says what the command does with the store */
export function storeOption(says: string): Option {
  return new Option('--store <dir>', `${says} (default: ${DEFAULT_STORE})`)
    .conflicts(['stack', 'table'])
    .helpGroup(STORE_GROUP);
}

/** @param says what the command does with the stack */
export function stackOption(says: string): Option {
  return new Option('--stack <name>', `${says}; or set ${STACK_VARIABLE}`).argParser(stackName).helpGroup(STORE_GROUP);
}

/** Whether a folder is the store that is asked when no flag names one. */
export function isAskedByDefault(folder: string, env: Environment): boolean {
  return folder === DEFAULT_STORE && !env[STACK_VARIABLE];
}

/** The stack that the environment names. */
export function stackInEnvironment(env: Environment): string | undefined {
  return env[STACK_VARIABLE] ? stackName(env[STACK_VARIABLE]) : undefined;
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
function stackName(value: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)) return value;
  throw new CriteriaError('stack', 'expected the name of a stack, such as mwaa-trail-prod');
}

/**
 * The store that the flags name; without any, that of the stack which the environment names, else the default one.
 * @throws {CriteriaError} when the tables beside `--table` are not known
 */
export function storeOf({ store, stack, table }: StoreOptions, env: Environment): Store {
  if (table !== undefined)
    return { kind: 'deployed', tables: tablesBeside(table, stack, env), ...stackOf(stack ?? stackOfTable(table)) };
  if (stack !== undefined) return { kind: 'deployed', tables: tablesOf(stack), stack };
  const named = store === undefined ? stackInEnvironment(env) : undefined;
  if (named !== undefined) return { kind: 'deployed', tables: tablesOf(named), stack: named };
  return { kind: 'local', folder: store ?? DEFAULT_STORE };
}

const stackOf = (stack: string | undefined) => (stack === undefined ? {} : { stack });

/** The other tables of a deployment: of its stack, or named by the environment, or by the same pattern as the events table. */
function tablesBeside(eventsTable: string, stack: string | undefined, env: Environment): TableNames {
  if (stack !== undefined) return { ...tablesOf(stack), eventsTable };
  const own = stackOfTable(eventsTable) ?? stackInEnvironment(env);
  const beside = own === undefined ? undefined : tablesOf(own);
  const logFilesTable = env.LOG_FILES_TABLE || beside?.logFilesTable;
  const environmentsTable = env.ENVIRONMENTS_TABLE || beside?.environmentsTable;
  if (logFilesTable && environmentsTable) return { eventsTable, logFilesTable, environmentsTable };
  throw new CriteriaError(
    'table',
    `expected a name that ends in -events, so that the tables beside ${eventsTable} are known; for another, name its stack ` +
      'too (--stack mwaa-trail-prod), or set LOG_FILES_TABLE and ENVIRONMENTS_TABLE',
  );
}

/** Opens the store that the options name, for as long as `work` takes. */
export async function withStore<T>(
  options: StoreOptions,
  env: Environment,
  work: (deps: QueryDeps) => Promise<T>,
): Promise<T> {
  const store = storeOf(options, env);
  if (store.kind === 'deployed') {
    const dynamo = createDynamoClient();
    return explained(store, () => work({ dynamo, tables: store.tables, now: Date.now }));
  }
  if (!isThere(storeFolders(store.folder).dynamo)) {
    throw new TrailError(
      'no-store',
      `there is no store in ${store.folder}: make one with replay, or name one with --store or --stack`,
    );
  }
  const dynamo = await openLocalDynamo(store.folder);
  try {
    return await work({ dynamo: dynamo.client, tables: LOCAL_TABLES, now: Date.now });
  } finally {
    await dynamo.close();
  }
}

/** Works with a deployed store; of tables that are not there it says by which name they were looked for. */
export async function explained<T>({ tables }: DeployedStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    const { eventsTable, logFilesTable, environmentsTable } = tables;
    const names = `${eventsTable}, ${logFilesTable} and ${environmentsTable}`;
    throw new TrailError('no-table', `tables ${names}: ${settingsProblem(error)}`, { cause: error });
  }
}
