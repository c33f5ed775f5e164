import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Environment } from '../config.ts';
import { followBucketRegions } from './bucket-regions.ts';
import { clientSettings } from './settings.ts';

const LIMITS = { connection: 3_000, request: 20_000, attempts: 5 };

/**
 * Creates the client for S3, which finds buckets in any Region.
 * @param overrides for embedded servers
 * @param maxSockets as for `clientSettings`
 */
export function createS3Client(env: Environment, overrides: S3ClientConfig = {}, maxSockets?: number): S3Client {
  const client = new S3Client({
    ...clientSettings(LIMITS, maxSockets),
    // Log files have checksums of their own, and are read to the end. The SDK would hash all bytes once more, in JavaScript.
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: env.S3_FORCE_PATH_STYLE === 'true',
    ...overrides,
  });
  followBucketRegions(client);
  return client;
}
