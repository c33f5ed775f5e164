import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { Environment } from '../../shared/config.ts';
import { createS3Client } from '../../shared/log-file/s3-client.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createSqsClient } from '../redrive/sqs-client.ts';

/** What doctor asks. */
export interface Clients {
  sts: STSClient;
  cloudFormation: CloudFormationClient;
  lambda: LambdaClient;
  sqs: SQSClient;
  sns: SNSClient;
  s3: S3Client;
  dynamo: DynamoDBClient;
  /** A trail answers in full only in its home Region. */
  cloudTrailIn(region: string): CloudTrailClient;
  destroy(): void;
}

export function createClients(env: Environment): Clients {
  const settings = {
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
  const cloudTrails = new Map<string, CloudTrailClient>();
  const clients = {
    sts: new STSClient(settings),
    cloudFormation: new CloudFormationClient(settings),
    lambda: new LambdaClient(settings),
    sqs: createSqsClient(),
    sns: new SNSClient(settings),
    // The bucket of an organisation's trail can be in another Region.
    s3: createS3Client(env, { followRegionRedirects: true, maxAttempts: 3 }),
    dynamo: createDynamoClient({ maxAttempts: 3 }),
  };
  return {
    ...clients,
    cloudTrailIn(home) {
      const client = cloudTrails.get(home) ?? new CloudTrailClient({ ...settings, region: home });
      cloudTrails.set(home, client);
      return client;
    },
    destroy() {
      for (const client of [...Object.values(clients), ...cloudTrails.values()]) client.destroy();
    },
  };
}
