import { expect, test } from '@jest/globals';
import { createCloudFormationClient } from '../../shared/aws/cloudformation.ts';
import { createCloudTrailClient } from '../../shared/aws/cloudtrail.ts';
import { createDynamoClient, HTTP_API_LIMITS } from '../../shared/aws/dynamodb.ts';
import { createLambdaClient } from '../../shared/aws/lambda.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { createSnsClient } from '../../shared/aws/sns.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { createStsClient } from '../../shared/aws/sts.ts';

const here = { region: 'us-east-1' };
const CLIENTS: Record<string, () => { config: { requestHandler: object; maxAttempts: () => Promise<number> } }> = {
  cloudformation: () => createCloudFormationClient(here),
  cloudtrail: () => createCloudTrailClient(here),
  dynamodb: () => createDynamoClient(here),
  'dynamodb of the HTTP API': () => createDynamoClient(here, { limits: HTTP_API_LIMITS, maxSockets: 100 }),
  lambda: () => createLambdaClient(here),
  s3: () => createS3Client({}, here, 100),
  sns: () => createSnsClient(here),
  sqs: () => createSqsClient(here),
  sts: () => createStsClient(here),
};

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
