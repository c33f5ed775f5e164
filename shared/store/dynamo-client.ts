import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SDK_LOGGER } from '../sdk-logger.ts';

/** Without the last one the SDK only warns of a request that takes too long. */
export const DYNAMO_TIME_OUTS = {
  connectionTimeout: 2_000,
  requestTimeout: 5_000,
  socketTimeout: 5_000,
  throwOnRequestTimeout: true,
};

/**
 * The client for DynamoDB: the SDK's own settings from the environment, time-outs that fire, and retries with jitter.
 * @param overrides for embedded servers
 * @param onThrottle told of each throttled attempt, also those whose retry succeeds, with the reasons DynamoDB gives:
 *   the table or index, and which limit
 */
export function createDynamoClient(
  overrides: DynamoDBClientConfig = {},
  onThrottle?: (reasons: readonly string[]) => void,
): DynamoDBClient {
  const client = new DynamoDBClient({
    logger: SDK_LOGGER,
    maxAttempts: 8,
    requestHandler: DYNAMO_TIME_OUTS,
    ...overrides,
  });
  if (onThrottle) watchThrottles(client, onThrottle);
  return client;
}

/** Inside the retries, where the answer to each attempt is read. */
function watchThrottles(client: DynamoDBClient, onThrottle: (reasons: readonly string[]) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (/Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded/.test((error as Error).name)) {
          onThrottle(throttlingReasons(error));
        }
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'watchThrottles' },
  );
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html
function throttlingReasons(error: unknown): string[] {
  const { throttlingReasons } = error as { throttlingReasons?: { reason?: string; resource?: string }[] };
  return (throttlingReasons ?? []).map(({ reason = '', resource = '' }) => `${reason} ${resource}`);
}
