import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import type { Environment } from '../../shared/config.ts';
import { createS3Client } from '../../shared/log-file/s3-client.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createSqsClient } from '../redrive/sqs-client.ts';

/** What doctor asks. */
export type Clients = ReturnType<typeof createClients>;

/** @param region absent: that of the AWS settings */
export function createClients(env: Environment, region: string | undefined) {
  const here = { ...(region !== undefined && { region }), maxAttempts: 3 };
  const settings = {
    ...here,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
  const clients = {
    sts: new STSClient(settings),
    cloudFormation: new CloudFormationClient(settings),
    iam: new IAMClient(settings),
    events: new EventBridgeClient(settings),
    lambda: new LambdaClient(settings),
    sqs: createSqsClient(here),
    sns: new SNSClient(settings),
    s3: createS3Client(env, { ...here, followRegionRedirects: true }),
    dynamo: createDynamoClient(here),
  };
  for (const [service, client] of Object.entries(clients)) nameActions(client, service);
  const cloudTrails = new Map<string, CloudTrailClient>();
  return {
    ...clients,
    /** A trail answers in full only in its home Region. */
    cloudTrailIn(home: string): CloudTrailClient {
      const client = cloudTrails.get(home) ?? new CloudTrailClient({ ...settings, region: home });
      if (!cloudTrails.has(home)) nameActions(client, 'cloudtrail');
      cloudTrails.set(home, client);
      return client;
    },
    destroy() {
      for (const client of [...Object.values(clients), ...cloudTrails.values()]) client.destroy();
    },
  };
}

/** An error of AWS, with the IAM action that the request needs. */
export interface AwsError extends Error {
  action: string;
  $metadata?: { httpStatusCode?: number };
}

/** Operations whose IAM action has another name. */
const ACTIONS: Readonly<Record<string, string>> = {
  GetBucketNotificationConfiguration: 'GetBucketNotification',
};
/** Services whose IAM prefix is not the name they have here. */
const PREFIXES: Readonly<Record<string, string>> = { cloudFormation: 'cloudformation', dynamo: 'dynamodb' };

type AnyClient = Pick<CloudTrailClient, 'middlewareStack'>;

/** Lets every error say which IAM action its request needs. */
function nameActions(client: unknown, service: string): void {
  (client as AnyClient).middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const operation = commandName.replace(/Command$/, '');
          throw Object.assign(error as Error, {
            action: `${PREFIXES[service] ?? service}:${ACTIONS[operation] ?? operation}`,
          });
        }
      },
    { step: 'initialize', name: 'nameAction' },
  );
}
