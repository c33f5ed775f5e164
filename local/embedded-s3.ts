import { mkdir } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { createS3Client } from '../shared/log-file/s3-client.ts';
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
