import { randomUUID } from 'node:crypto';
import { CreateTableCommand, type DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll } from '@jest/globals';
import { LOCAL_CLIENT } from '../../local/local-names.ts';
import { tableDefinitions } from '../../local/table-definitions.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { TableNames } from '../../shared/config.ts';

/** The embedded servers, in memory, and clients of them. */
export interface Servers {
  /** SQS, too. */
  s3: { endpoint: string; client: S3Client };
  dynamo: { endpoint: string; client: DynamoDBClient };
  /** The names of the requests that the clients sent so far, such as `GetObject`; to be emptied at will. */
  requests: string[];
}

/**
 * The embedded servers that the whole test run shares, as global-setup.mjs started them: tests keep apart by the names of
 * their buckets, queues and tables. To be called where a file or a `describe` begins.
 */
export function useServers(): Servers {
  const { close, ...servers } = connect();
  afterAll(close);
  return servers;
}

/** The embedded servers want signatures, and do not check them. To make them takes a tenth of the time of a request. */
const UNCHECKED_SIGNATURE = {
  'x-amz-date': '20261120T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20261120/us-east-1/local/aws4_request, SignedHeaders=host, Signature=none',
};
const signer = {
  sign: async <T extends { headers: Record<string, string> }>(request: T): Promise<T> => {
    Object.assign(request.headers, UNCHECKED_SIGNATURE);
    return request;
  },
};

/** The same, until they are closed. */
export function connect(): Servers & { close(): void } {
  const requests: string[] = [];
  const { TEST_S3_ENDPOINT: s3Endpoint = '', TEST_DYNAMODB_ENDPOINT: dynamoEndpoint = '' } = process.env;
  const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...LOCAL_CLIENT, endpoint: s3Endpoint, signer });
  const dynamo = createDynamoClient({ ...LOCAL_CLIENT, endpoint: dynamoEndpoint, signer });
  const note = (commandName = '') => requests.push(commandName.replace(/Command$/, ''));
  s3.middlewareStack.add(
    (next, context) => (args) => {
      note(context.commandName);
      return next(args);
    },
    { step: 'initialize' },
  );
  dynamo.middlewareStack.add(
    (next, context) => (args) => {
      note(context.commandName);
      return next(args);
    },
    { step: 'initialize' },
  );
  const close = () => {
    s3.destroy();
    dynamo.destroy();
  };
  return {
    s3: { endpoint: s3Endpoint, client: s3 },
    dynamo: { endpoint: dynamoEndpoint, client: dynamo },
    requests,
    close,
  };
}

/** Names that nobody else has. */
export function uniqueTableNames(): TableNames {
  const id = randomUUID().slice(0, 8);
  return {
    eventsTable: `${id}-events`,
    logFilesTable: `${id}-log-files`,
    environmentsTable: `${id}-environments`,
  };
}

/** Creates the tables of serverless.yml, which must not be there yet. */
export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  const definitions = tableDefinitions(names);
  for (const { TimeToLiveSpecification, ...definition } of definitions) {
    await client.send(new CreateTableCommand(definition));
  }
  for (const { TableName } of definitions) {
    await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.01, maxDelay: 1 }, { TableName });
  }
}
