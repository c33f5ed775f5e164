import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Environment } from '../config.ts';
import { SDK_LOGGER } from '../sdk-logger.ts';

/**
 * The client for S3: the SDK's own settings from the environment, and time-outs that fire. `socketTimeout` also covers a
 * body that stalls, which `requestTimeout` does not.
 * @param overrides for embedded servers
 * @param maxSockets connections that are kept alive, when they are to be more than the SDK's own 50
 */
export function createS3Client(env: Environment, overrides: S3ClientConfig = {}, maxSockets?: number): S3Client {
  const agent = { keepAlive: true, maxSockets };
  return new S3Client({
    forcePathStyle: env.S3_FORCE_PATH_STYLE === 'true',
    logger: SDK_LOGGER,
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 20_000,
      socketTimeout: 20_000,
      // Otherwise the SDK only warns of a request that takes too long.
      throwOnRequestTimeout: true,
      ...(maxSockets && { httpAgent: agent, httpsAgent: agent }),
    },
    ...overrides,
  });
}
