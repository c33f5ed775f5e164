import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { startDynamoServer } from './embedded-dynamodb.ts';
import { LOCAL_CLIENT, LOCAL_TABLES } from './local-names.ts';
import { LOOPBACK } from './loopback.ts';
import { type OwnServer, openShared } from './shared-server.ts';

// Most commands ask the tables of a local store alone: they start without what its buckets need, which is in local-store.ts.

/** The folders of a local store. */
export function storeFolders(store: string): { dynamo: string; s3: string } {
  return { dynamo: join(store, 'dynamodb'), s3: join(store, 's3') };
}

/** A client of a server that this process or another runs. */
export interface Opened<Client> {
  client: Client;
  close(): Promise<void>;
}

/** Settings of a client; its endpoint is replaced when a request is sent. */
export const SHARED_CLIENT = { ...LOCAL_CLIENT, endpoint: `http://${LOOPBACK}` };

/**
 * Opens the tables of a local store; they are created if they do not exist.
 * @throws {TrailError} as `startDynamoServer` does
 */
export function openLocalDynamo(store: string): Promise<Opened<DynamoDBClient>> {
  const folder = storeFolders(store).dynamo;
  return openClient(createDynamoClient(SHARED_CLIENT), folder, () => startDynamoServer(LOCAL_TABLES, folder));
}

/** Makes a client send its requests to the server of a folder, in this process or another. */
export async function openClient<Client extends DynamoDBClient | S3Client>(
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
