import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { clientSettings } from './settings.ts';

const LIMITS = { connection: 2_000, request: 5_000, attempts: 8 };

/**
 * The client for DynamoDB.
 * @param overrides for embedded servers
 * @param onThrottle told of each throttled attempt, also those whose retry succeeds, with the reasons DynamoDB gives:
 *   the table or index, and which limit
 * @param maxSockets as of `clientSettings`
 */
export function createDynamoClient(
  overrides: DynamoDBClientConfig = {},
  onThrottle?: (reasons: readonly string[]) => void,
  maxSockets?: number,
): DynamoDBClient {
  const client = new DynamoDBClient({ ...clientSettings(LIMITS, maxSockets), ...overrides });
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
