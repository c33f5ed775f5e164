import { isThere } from '../../local/folder-lock.ts';
import { openLocalDynamo, storeFolders } from '../../local/local-dynamo.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { createDynamoClient, type DynamoClientOptions } from '../../shared/aws/dynamodb.ts';
import type { Environment, TableNames } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import { TrailError } from '../../shared/errors.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { AWS, type AwsOptions, settingsProblem } from './aws-settings.ts';
import { UsageError, type Values } from './command.ts';
import { matching, text } from './options.ts';
import { userAliasesOf } from './user-aliases.ts';

/** A store: a folder on this machine, or the tables of a deployment. */
export type Store = { kind: 'local'; folder: string } | DeployedStore;

export interface DeployedStore {
  kind: 'deployed';
  tables: TableNames;
  /** The stack that the tables belong to; absent if only tables are named. */
  stack?: string;
}

export const DEFAULT_STORE = '.mwaa-trail';

/** Names the stack if no flag names a store. */
const STACK_VARIABLE = 'MWAA_TRAIL_STACK';
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;
const A_STACK = 'the name of a stack, such as mwaa-trail-prod';

export const STORE_GROUP = 'Store:';

/** @param says what the command does with the store */
export const storeFlag = (says: string, ...conflicts: string[]) =>
  text('<dir>', `${says} (default: ${DEFAULT_STORE})`, (option) =>
    option.conflicts(['stack', 'table', ...conflicts]).helpGroup(STORE_GROUP),
  );
/** @param says what the command does with the stack */
export const stackFlag = (says: string) =>
  text('<name>', `${says}; or set ${STACK_VARIABLE}`, (option) =>
    option.argParser(matching(STACK_NAME, A_STACK)).helpGroup(STORE_GROUP),
  );
export const tableFlag = (says: string) => text('<name>', says, (option) => option.helpGroup(STORE_GROUP));

/** Which store a command queries. */
export const STORE = {
  store: storeFlag('the local store, made by replay'),
  stack: stackFlag('the tables of this deployed stack, SERVICE-STAGE'),
  table: tableFlag('this events table in DynamoDB'),
  ...AWS,
};
export type StoreOptions = Omit<Values<typeof STORE>, keyof AwsOptions>;

/** Whether a folder is the store that commands use if no flag names one. */
export function isAskedByDefault(folder: string, env: Environment): boolean {
  return folder === DEFAULT_STORE && !env[STACK_VARIABLE];
}

/**
 * The stack that the environment names.
 * @throws {UsageError}
 */
export function stackInEnvironment(env: Environment): string | undefined {
  const name = env[STACK_VARIABLE];
  if (!name || STACK_NAME.test(name)) return name || undefined;
  throw new UsageError(`${STACK_VARIABLE}: expected ${A_STACK}`);
}

/**
 * The store that the flags name; else the stack that the environment names; else the default folder.
 * @throws {UsageError} if the tables beside `--table` are not known
 */
export function storeOf({ store, stack, table }: StoreOptions, env: Environment): Store {
  if (table !== undefined)
    return {
      kind: 'deployed',
      tables: tablesBeside(table, stack, env),
      ...defined({ stack: stack ?? stackOfTable(table) }),
    };
  if (stack !== undefined) return { kind: 'deployed', tables: tablesOf(stack), stack };
  const named = store === undefined ? stackInEnvironment(env) : undefined;
  if (named !== undefined) return { kind: 'deployed', tables: tablesOf(named), stack: named };
  return { kind: 'local', folder: store ?? DEFAULT_STORE };
}

/** Finds the tables beside an events table: by the stack, by the environment, or by the pattern of its name. */
function tablesBeside(eventsTable: string, stack: string | undefined, env: Environment): TableNames {
  if (stack !== undefined) return { ...tablesOf(stack), eventsTable };
  const own = stackOfTable(eventsTable) ?? stackInEnvironment(env);
  const beside = own === undefined ? undefined : tablesOf(own);
  const logFilesTable = env.LOG_FILES_TABLE || beside?.logFilesTable;
  const environmentsTable = env.ENVIRONMENTS_TABLE || beside?.environmentsTable;
  if (logFilesTable && environmentsTable) return { eventsTable, logFilesTable, environmentsTable };
  throw new UsageError(
    `--table: expected a name that ends in -events, so that the tables beside ${eventsTable} are known; for another name, add ` +
      '--stack mwaa-trail-prod, or set LOG_FILES_TABLE and ENVIRONMENTS_TABLE',
  );
}

/**
 * Opens the store that the options name, for as long as `work` takes.
 * @param clientOptions of the client for a deployed store
 * @throws {UsageError} if AWS settings are given for a local store
 * @throws {TrailError} `no-store`, `no-table`, or if the file of user aliases is wrong
 */
export async function withStore<T>(
  options: StoreOptions & AwsOptions,
  env: Environment,
  work: (deps: QueryDeps) => Promise<T>,
  clientOptions: DynamoClientOptions = {},
): Promise<T> {
  const store = storeOf(options, env);
  const reading = { now: Date.now, aliases: await userAliasesOf(env) };
  if (store.kind === 'deployed') {
    const dynamo = createDynamoClient({}, clientOptions);
    return explained(store, () => work({ dynamo, tables: store.tables, ...reading }));
  }
  refuseAwsOptions(options);
  if (!isThere(storeFolders(store.folder).dynamo)) {
    throw new TrailError(
      'no-store',
      `there is no store in ${store.folder}: make one with replay, or name one with --store or --stack`,
    );
  }
  const dynamo = await openLocalDynamo(store.folder);
  try {
    return await work({ dynamo: dynamo.client, tables: LOCAL_TABLES, ...reading });
  } finally {
    await dynamo.close();
  }
}

/** A local store has no AWS settings: flags for them show that a deployed store was meant. */
export function refuseAwsOptions({ profile, awsRegion }: AwsOptions): void {
  if (profile === undefined && awsRegion === undefined) return;
  const given = profile === undefined ? '--aws-region' : '--profile';
  throw new UsageError(`${given}: expected only for a deployed store: name it with --stack, or set MWAA_TRAIL_STACK`);
}

/** Runs `work` on a deployed store. If tables do not exist, the error names them. */
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

// In serverless.yml, the names of tables, queues and functions begin with that of the stack, SERVICE-STAGE. So they are known without
// a request, which the caller may not be allowed to make.

const EVENTS_SUFFIX = '-events';

/** The tables of a stack. */
export function tablesOf(stack: string): TableNames {
  return {
    eventsTable: `${stack}${EVENTS_SUFFIX}`,
    logFilesTable: `${stack}-log-files`,
    environmentsTable: `${stack}-environments`,
  };
}

/** Returns the stack of an events table, by its name; undefined if the name does not end in -events. */
function stackOfTable(eventsTable: string): string | undefined {
  return eventsTable.endsWith(EVENTS_SUFFIX) ? eventsTable.slice(0, -EVENTS_SUFFIX.length) : undefined;
}

/** The table in which the alert function of a stack remembers. */
export const stateTableOf = (stack: string) => `${stack}-alert-state`;
export const ingestFunctionOf = (stack: string) => `${stack}-ingest`;
export const alertFunctionOf = (stack: string) => `${stack}-alert`;
export const ingestQueueOf = (stack: string) => `${stack}-ingest`;
export const deadLetterQueueOf = (stack: string) => `${stack}-ingest-dead-letters`;

/** For the help of commands that take configuration from the ingest function. */
export const SETTINGS_NOTE =
  'With --stack, the configuration of the ingest function decides which events are kept, and for how long; with --table, set ' +
  'EVENT_SOURCES and RETENTION_DAYS unless they are the defaults.';
