import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { requestHandler, SDK_LOGGER } from '../sdk-settings.ts';

/**
 * The client for DynamoDB: the SDK's own settings from the environment, time-outs that fire, and retries with jitter.
 * @param overrides for embedded servers
 * @param onThrottle told of each throttled attempt, also those whose retry succeeds, with the reasons DynamoDB gives:
 *   the table or index, and which limit
 * @param maxSockets connections that are kept alive, when they are to be more than the SDK's own 50
 */
export function createDynamoClient(
  overrides: DynamoDBClientConfig = {},
  onThrottle?: (reasons: readonly string[]) => void,
  maxSockets?: number,
): DynamoDBClient {
  const client = new DynamoDBClient({
    logger: SDK_LOGGER,
    maxAttempts: 8,
    requestHandler: requestHandler({ connection: 2_000, request: 5_000 }, maxSockets),
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
