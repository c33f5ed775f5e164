import {
  type BatchExecuteStatementCommandOutput,
  type BatchStatementResponse,
  DynamoDBClient,
  type DynamoDBClientConfig,
  type ThrottlingReason,
} from '@aws-sdk/client-dynamodb';
import { type ClientLimits, clientSettings } from './settings.ts';

const LIMITS: ClientLimits = { connection: 2_000, request: 5_000, attempts: 8 };

/**
 * For the HTTP API, whose callers wait. A request to DynamoDB fails after at most 19 s (four attempts, and pauses of up to 1, 2
 * and 4 s if it throttles), so that the query function can report that within its 29 s.
 */
export const HTTP_API_LIMITS: ClientLimits = { connection: 1_000, request: 3_000, attempts: 4 };

/** What a client of DynamoDB can be given besides the SDK's settings. */
export interface DynamoClientOptions {
  limits?: ClientLimits;
  /**
   * Called for each throttled attempt, even if its retry succeeds, with DynamoDB's reasons: which limit, and the ARN of the
   * table or index. Of a throttled statement of a batch: its error code and the table.
   */
  onThrottle?(reasons: readonly string[]): void;
  /** As for `clientSettings`. */
  maxSockets?: number;
}

/**
 * Creates the client for DynamoDB.
 * @param overrides for embedded servers
 */
export function createDynamoClient(
  overrides: DynamoDBClientConfig = {},
  { limits = LIMITS, onThrottle, maxSockets }: DynamoClientOptions = {},
): DynamoDBClient {
  const client = new DynamoDBClient({ ...clientSettings(limits, maxSockets), ...overrides });
  if (onThrottle) watchThrottles(client, onThrottle);
  return client;
}

/** Returns the same client, except that its requests end with an error once the signal is aborted, unless `send` is given another one. */
export function abortable(client: DynamoDBClient, abortSignal: AbortSignal): DynamoDBClient {
  const send = (command: Parameters<typeof client.send>[0], options: object = {}) =>
    client.send(command, { abortSignal, ...options });
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}

/** Adds middleware inside the retries, where the answer to each attempt is read. */
function watchThrottles(client: DynamoDBClient, onThrottle: (reasons: readonly string[]) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const result = await next(args);
        for (const { Error: failure, TableName } of statementsOf(result.output ?? {})) {
          if (failure?.Code && THROTTLED_STATEMENTS.has(failure.Code))
            onThrottle([`${failure.Code} ${TableName ?? ''}`]);
        }
        return result;
      } catch (error) {
        if (THROTTLES.has((error as Error).name)) onThrottle(throttlingReasons(error as Throttled));
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'watchThrottles' },
  );
}

/** Returns the results of the statements of a BatchExecuteStatement, which can be throttled one by one; the SDK retries none of them. */
function statementsOf({ Responses }: Partial<BatchExecuteStatementCommandOutput>): readonly BatchStatementResponse[] {
  // BatchGetItem has an object by table there.
  return Array.isArray(Responses) ? Responses : [];
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
const THROTTLED_STATEMENTS: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
]);

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html
const THROTTLES: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/**
 * Only ThrottlingException writes the member with a small letter. The SDK lets null through, which must not end the retries
 * here.
 */
interface Throttled {
  ThrottlingReasons?: (ThrottlingReason | null)[] | null;
  throttlingReasons?: (ThrottlingReason | null)[] | null;
}

function throttlingReasons({ ThrottlingReasons, throttlingReasons }: Throttled): string[] {
  const reasons = throttlingReasons ?? ThrottlingReasons ?? [];
  return reasons.map((one) => `${one?.reason ?? ''} ${one?.resource ?? ''}`);
}
