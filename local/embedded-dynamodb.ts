import { rm } from 'node:fs/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from 'dynalite/db/index.js';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import type { TableNames } from '../shared/config.ts';
import { TrailError } from '../shared/errors.ts';
import { ensureTable, stateOf, type TableDefinition, type TableState } from './create-tables.ts';
import { findTable } from './dynalite-answers.ts';
import { createDynaliteServer } from './dynalite-server.ts';
import { startLocked, tryDatabase } from './folder-lock.ts';
import { LOCAL_CLIENT } from './local-names.ts';
import { guard, listenOnLoopback } from './loopback.ts';
import type { OwnServer, ServerAddress } from './shared-server.ts';
import { tableDefinitions } from './table-definitions.ts';
import { timeToLiveOf } from './time-to-live.ts';

export interface EmbeddedDynamo extends OwnServer {
  client: DynamoDBClient;
}

/** Starts a DynamoDB as `startDynamoServer` does, with a client. */
export async function startEmbeddedDynamo(names: TableNames, folder?: string, port = 0): Promise<EmbeddedDynamo> {
  const server = await startDynamoServer(names, folder, port);
  const client = clientOf(server);
  const stop = () => {
    client.destroy();
    return server.stop();
  };
  return { ...server, client, stop };
}

const clientOf = ({ endpoint }: ServerAddress) => createDynamoClient({ ...LOCAL_CLIENT, endpoint });

/**
 * Starts a DynamoDB in this process, on the loopback address, with the tables created.
 * @param folder where to keep the data; absent: in memory
 * @throws {TrailError} `store-in-use` if another process has the folder open; `store-unusable` if it cannot be opened;
 *   `store-of-another-version` if its tables have other keys or indexes
 */
export async function startDynamoServer(names: TableNames, folder?: string, port = 0): Promise<OwnServer> {
  if (folder === undefined) return startWithTables(names, undefined, port);
  return startLocked(folder, () => startWithTables(names, folder, port));
}

async function startWithTables(names: TableNames, folder: string | undefined, port: number): Promise<OwnServer> {
  const { store, ...running } = await start(folder, port);
  let states: TableState[];
  try {
    states = await ensureTables(tableDefinitions(names), running, store);
  } catch (error) {
    await running.stop();
    throw error;
  }
  if (!states.includes('unfinished') && !states.includes('different')) return running;
  await running.stop();
  if (folder !== undefined && states.includes('unfinished')) {
    // Tables are created before anything is stored, so nothing is lost.
    await rm(folder, { recursive: true });
    return startWithTables(names, folder, port);
  }
  throw new TrailError(
    'store-of-another-version',
    `the store ${folder} was made by another version of mwaa-trail: delete it and replay, or name another with --store`,
  );
}

/** Most starts find all tables in the store: then no request is needed. */
async function ensureTables(
  definitions: readonly TableDefinition[],
  server: ServerAddress,
  store: Store,
): Promise<TableState[]> {
  const areThere = await Promise.all(definitions.map((definition) => isAsDefined(store, definition)));
  if (!areThere.includes(false)) return [];
  const client = clientOf(server);
  try {
    return await Promise.all(definitions.map((definition) => ensureTable(client, definition)));
  } finally {
    client.destroy();
  }
}

async function isAsDefined(store: Store, definition: TableDefinition): Promise<boolean> {
  const table = await findTable(store, definition.TableName);
  if (table === undefined || stateOf(table, definition) !== 'present') return false;
  return (await timeToLiveOf(store, table)) === definition.TimeToLiveSpecification?.AttributeName;
}

async function start(folder: string | undefined, port: number): Promise<OwnServer & { store: Store }> {
  if (folder !== undefined) await tryDatabase(folder);
  const { server, store } = await createDynaliteServer(folder);
  const { id, admitOnlyByName, drain } = guard(server);
  const close = () => new Promise((resolve) => server.close(resolve));
  const endpoint = await listenOnLoopback(server, port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const stop = async () => {
    await drain();
    server.closeAllConnections();
    await close();
  };
  return { endpoint, id, admitOnlyByName, stop, store };
}
