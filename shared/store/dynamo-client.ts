import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * The client for DynamoDB: the SDK's own settings from the environment, and time-outs that fire.
 * @param overrides for embedded servers
 */
export function createDynamoClient(overrides: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 8,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, socketTimeout: 5_000 },
    ...overrides,
  });
}
