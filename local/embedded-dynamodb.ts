import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import type { TableNames } from '../shared/config.ts';
import { TrailError } from '../shared/errors.ts';
import { ensureTable } from './create-tables.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from './local-names.ts';
import { tableDefinitions } from './table-definitions.ts';

export interface EmbeddedDynamo {
  endpoint: string;
  client: DynamoDBClient;
  stop(): Promise<void>;
}

/**
 * Starts a DynamoDB in this process, with the tables created.
 * @param folder where it persists; absent: in memory
 * @throws {TrailError} `store-in-use` when another process has the folder open; `store-unusable` when it cannot be opened;
 *   `store-of-another-version` when its tables have other keys or indexes
 */
export async function startEmbeddedDynamo(names: TableNames, folder?: string, port = 0): Promise<EmbeddedDynamo> {
  const definitions = tableDefinitions(names);
  const running = await start(folder, port);
  const states = [];
  try {
    for (const definition of definitions) states.push(await ensureTable(running.client, definition));
  } catch (error) {
    await running.stop();
    throw error;
  }
  if (!states.includes('unfinished') && !states.includes('different')) return running;
  await running.stop();
  if (folder !== undefined && states.includes('unfinished')) {
    // Tables are created before anything is stored: there is nothing in it to lose.
    await rm(folder, { recursive: true });
    return startEmbeddedDynamo(names, folder, port);
  }
  throw new TrailError(
    'store-of-another-version',
    `the store ${folder} was made by another version of mwaa-trail: delete it and replay, or name another with --store`,
  );
}

async function start(folder: string | undefined, port: number): Promise<EmbeddedDynamo> {
  const release = folder === undefined ? undefined : await claim(folder);
  const { default: dynalite } = await import('dynalite');
  const server: Server = dynalite({ createTableMs: 0, ...(folder === undefined ? {} : { path: folder }) });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createDynamoClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  return {
    endpoint,
    client,
    stop: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await release?.();
    },
  };
}

/**
 * The embedded DynamoDB dies of an uncaught error when another process has its folder open. So a database beside it is held
 * open as a lock for as long as it runs, and the folder itself is tried first; both end with the process, however it ends.
 * @returns what releases the lock
 */
async function claim(folder: string): Promise<() => Promise<void>> {
  const { ClassicLevel } = await import('classic-level');
  try {
    await mkdir(folder, { recursive: true });
    const lock = new ClassicLevel(`${folder}.lock`);
    await lock.open();
    const database = new ClassicLevel(folder);
    try {
      await database.open();
      await database.close();
    } catch (error) {
      await lock.close();
      throw error;
    }
    return () => lock.close();
  } catch (error) {
    throw storeError(folder, error);
  }
}

function storeError(folder: string, error: unknown): TrailError {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  const why = cause?.code ?? code ?? 'unknown error';
  if (why === 'LEVEL_LOCKED') {
    return new TrailError(
      'store-in-use',
      `the store ${folder} is open in another process: wait for it, or name another with --store`,
    );
  }
  return new TrailError(
    'store-unusable',
    `the store ${folder} cannot be opened (${why}): expected a folder that may be written, or name another with --store`,
    { cause: error },
  );
}
