import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { startEmbeddedDynamo } from './embedded-dynamodb.ts';
import { startEmbeddedS3 } from './embedded-s3.ts';
import { lockFolder, untilFree } from './folder-lock.ts';
import { LOCAL_CLIENT, LOCAL_TABLES } from './local-names.ts';
import { LOOPBACK } from './loopback.ts';
import { type OwnServer, openShared } from './shared-server.ts';

/** The folders of a local store. */
export function storeFolders(store: string): { dynamo: string; s3: string } {
  return { dynamo: join(store, 'dynamodb'), s3: join(store, 's3') };
}

/** A client of a server that this process or another runs. */
interface Opened<Client> {
  client: Client;
  close(): Promise<void>;
}

/** The endpoint is replaced when a request is sent. */
const SHARED_CLIENT = { ...LOCAL_CLIENT, endpoint: `http://${LOOPBACK}` };

/**
 * Opens the tables of a local store; they are created if they do not exist.
 * @throws {TrailError} as `startEmbeddedDynamo` does
 */
export function openLocalDynamo(store: string): Promise<Opened<DynamoDBClient>> {
  const folder = storeFolders(store).dynamo;
  return openClient(createDynamoClient(SHARED_CLIENT), folder, () => startEmbeddedDynamo(LOCAL_TABLES, folder));
}

/**
 * Opens the buckets of a local store; they are created if they do not exist.
 * @throws {TrailError} as `startEmbeddedS3` does
 */
export function openLocalS3(store: string): Promise<Opened<S3Client>> {
  const folder = storeFolders(store).s3;
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, SHARED_CLIENT);
  return openClient(client, folder, () => startEmbeddedS3(folder));
}

async function openClient<Client extends DynamoDBClient | S3Client>(
  client: Client,
  folder: string,
  start: () => Promise<OwnServer>,
): Promise<Opened<Client>> {
  const server = await openShared(folder, async () => {
    const own = await start();
    // Other users of this machine can reach its ports, but not read the store, where the server's id is.
    own.admitOnlyByName();
    return own;
  });
  // The innermost middleware: it gets each request as it is sent, including retries.
  (client as DynamoDBClient).middlewareStack.add(
    (next) => async (args) => server.send(args.request as never, (request) => next({ ...args, request }) as never),
    { step: 'deserialize', priority: 'low', name: 'sendToSharedServer' },
  );
  return {
    client,
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
}

/** A whole local store. */
interface LocalStore {
  dynamo: DynamoDBClient;
  s3: S3Client;
  close(): Promise<void>;
}

/** Any number of processes can read a local store; one at a time can add to it. */
export type Access = 'read' | 'add';

/**
 * Opens a whole local store. One process at a time can add to it: log files pass through its bucket, and the names of two processes
 * would clash.
 * @throws {TrailError} `store-in-use` if another process is adding to it, and does not end within seconds
 */
export async function openLocalStore(store: string, access: Access): Promise<LocalStore> {
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    if (access === 'add') closing.push(await untilFree(() => lockFolder(join(store, 'pipeline'))));
    const dynamo = await openLocalDynamo(store);
    closing.push(dynamo.close);
    const s3 = await openLocalS3(store);
    closing.push(s3.close);
    return { dynamo: dynamo.client, s3: s3.client, close };
  } catch (error) {
    await close();
    throw error;
  }
}
