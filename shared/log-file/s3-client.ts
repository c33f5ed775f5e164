import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Environment } from '../config.ts';
import { requestHandler, SDK_LOGGER } from '../sdk-settings.ts';

/**
 * The client for S3: the SDK's own settings from the environment, and time-outs that fire.
 * @param overrides for embedded servers
 * @param maxSockets connections that are kept alive, when they are to be more than the SDK's own 50
 */
export function createS3Client(env: Environment, overrides: S3ClientConfig = {}, maxSockets?: number): S3Client {
  return new S3Client({
    forcePathStyle: env.S3_FORCE_PATH_STYLE === 'true',
    logger: SDK_LOGGER,
    maxAttempts: 5,
    requestHandler: requestHandler({ connection: 3_000, request: 20_000 }, maxSockets),
    ...overrides,
  });
}
