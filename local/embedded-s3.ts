import { mkdir } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../shared/aws/s3.ts';
import { TrailError } from '../shared/errors.ts';
import { LOCAL_CREDENTIALS, LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_REGION } from './local-names.ts';

export interface EmbeddedS3 {
  endpoint: string;
  client: S3Client;
  stop(): Promise<void>;
}

/**
 * Starts an S3 in this process, with the buckets for log files and for the quarantine.
 * @param folder where objects are kept as files; absent: in memory
 */
export async function startEmbeddedS3(folder?: string, port = 0): Promise<EmbeddedS3> {
  const startFauxqs = await loadServer();
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const server = await startFauxqs({
    port,
    host: '127.0.0.1',
    logger: false,
    defaultRegion: LOCAL_REGION,
    ...(folder === undefined ? {} : { s3StorageDir: folder }),
  });
  server.createBucket(LOCAL_LOG_BUCKET);
  server.createBucket(LOCAL_QUARANTINE_BUCKET);
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = createS3Client(
    { S3_FORCE_PATH_STYLE: 'true' },
    { endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS },
  );
  return {
    endpoint,
    client,
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
}

/** Loaded only when it is needed: the commands that need no S3 start faster, and on Node 20, too. */
async function loadServer() {
  try {
    return (await import('fauxqs')).startFauxqs;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    throw new TrailError(
      'old-node',
      `the embedded S3 needs Node 22.5 or newer, this is ${process.version}: run it with npx, which takes the Node that comes along`,
    );
  }
}
