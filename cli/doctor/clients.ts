import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import { createCloudFormationClient } from '../../shared/aws/cloudformation.ts';
import { createCloudTrailClient } from '../../shared/aws/cloudtrail.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createLambdaClient } from '../../shared/aws/lambda.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { createSnsClient } from '../../shared/aws/sns.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { createStsClient } from '../../shared/aws/sts.ts';
import type { Environment } from '../../shared/config.ts';

/** What doctor asks. */
export interface Clients {
  sts: STSClient;
  cloudFormation: CloudFormationClient;
  lambda: LambdaClient;
  sqs: SQSClient;
  s3: S3Client;
  dynamo: DynamoDBClient;
  /** A trail answers in full only in its home Region. */
  cloudTrailIn(region: string): CloudTrailClient;
  /** A topic and its subscriptions are known in its own Region alone. */
  snsIn(region: string): SNSClient;
  destroy(): void;
}

export function createClients(env: Environment): Clients {
  // Somebody waits for the answers.
  const settings = { maxAttempts: 3 };
  const cloudTrails = inRegions((home) => createCloudTrailClient({ ...settings, region: home }));
  const topics = inRegions((home) => createSnsClient({ ...settings, region: home }));
  const clients = {
    sts: createStsClient(settings),
    cloudFormation: createCloudFormationClient(settings),
    lambda: createLambdaClient(settings),
    sqs: createSqsClient(settings),
    s3: createS3Client(env, settings),
    dynamo: createDynamoClient(settings),
  };
  return {
    ...clients,
    cloudTrailIn: cloudTrails.of,
    snsIn: topics.of,
    destroy() {
      for (const client of [...Object.values(clients), ...cloudTrails.all(), ...topics.all()]) client.destroy();
    },
  };
}

/** A client for each Region that is asked. */
function inRegions<T>(create: (region: string) => T): { of(region: string): T; all(): Iterable<T> } {
  const clients = new Map<string, T>();
  return {
    of(region) {
      const client = clients.get(region) ?? create(region);
      clients.set(region, client);
      return client;
    },
    all: () => clients.values(),
  };
}
