import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../shared/aws/s3.ts';
import { startEmbeddedS3 } from './embedded-s3.ts';
import { lockFolder, untilFree } from './folder-lock.ts';
import { type Opened, openClient, openLocalDynamo, SHARED_CLIENT, storeFolders } from './local-dynamo.ts';

/**
 * Opens the buckets of a local store; they are created if they do not exist.
 * @throws {TrailError} as `startEmbeddedS3` does
 */
export function openLocalS3(store: string): Promise<Opened<S3Client>> {
  const folder = storeFolders(store).s3;
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, SHARED_CLIENT);
  return openClient(client, folder, () => startEmbeddedS3(folder));
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
