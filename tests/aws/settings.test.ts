import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, expect, test } from '@jest/globals';
import { createDynamoClient, HTTP_API_LIMITS } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { createClient } from '../../shared/aws/settings.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';

const here = { region: 'us-east-1' };
const CLIENTS: Record<string, () => { config: { requestHandler: object; maxAttempts: () => Promise<number> } }> = {
  cloudformation: () => createClient(CloudFormationClient, here),
  cloudtrail: () => createClient(CloudTrailClient, here),
  dynamodb: () => createDynamoClient(here),
  'dynamodb of the HTTP API': () => createDynamoClient(here, { limits: HTTP_API_LIMITS, maxSockets: 100 }),
  lambda: () => createClient(LambdaClient, here),
  s3: () => createS3Client({}, here, 100),
  sns: () => createClient(SNSClient, here),
  sqs: () => createSqsClient(here),
  sts: () => createClient(STSClient, here),
};

const { AWS_MAX_ATTEMPTS: before } = process.env;
afterEach(() => {
  delete process.env.AWS_MAX_ATTEMPTS;
  if (before !== undefined) process.env.AWS_MAX_ATTEMPTS = before;
});

test.each(Object.entries(CLIENTS))('%s tries as often as AWS_MAX_ATTEMPTS says', async (_, create) => {
  process.env.AWS_MAX_ATTEMPTS = '2';
  expect(await create().config.maxAttempts()).toBe(2);
});

test.each(Object.entries(CLIENTS))('%s has time-outs that fire, well within a minute', async (_, create) => {
  const { requestHandler, maxAttempts } = create().config;
  const { configProvider } = requestHandler as { configProvider: Promise<Record<string, number>> };
  expect(await configProvider).toMatchObject({ throwOnRequestTimeout: true });
  const { connectionTimeout, requestTimeout, socketTimeout } = await configProvider;
  for (const timeOut of [connectionTimeout, requestTimeout, socketTimeout]) {
    expect(timeOut).toBeGreaterThanOrEqual(1_000);
    expect(timeOut).toBeLessThanOrEqual(20_000);
  }
  expect(await maxAttempts()).toBeGreaterThanOrEqual(3);
});
