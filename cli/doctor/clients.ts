import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { createClient } from '../../shared/aws/settings.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import type { Environment } from '../../shared/config.ts';

/** What doctor asks. */
export type Clients = ReturnType<typeof createClients>;

export function createClients(env: Environment) {
  // Somebody waits for the answers.
  const settings = { maxAttempts: 3 };
  const clients = {
    sts: createClient(STSClient, settings),
    cloudFormation: createClient(CloudFormationClient, settings),
    iam: createClient(IAMClient, settings),
    events: createClient(EventBridgeClient, settings),
    lambda: createClient(LambdaClient, settings),
    sqs: createSqsClient(settings),
    s3: createS3Client(env, settings),
    dynamo: createDynamoClient(settings),
  };
  for (const [service, client] of Object.entries(clients)) nameActions(client, service);
  const cloudTrails = inRegions('cloudtrail', (region) => createClient(CloudTrailClient, { ...settings, region }));
  const topics = inRegions('sns', (region) => createClient(SNSClient, { ...settings, region }));
  return {
    ...clients,
    /** A trail answers in full only in its home Region. */
    cloudTrailIn: cloudTrails.of,
    /** A topic and its subscriptions are known in its own Region only. */
    snsIn: topics.of,
    destroy() {
      for (const client of [...Object.values(clients), ...cloudTrails.all(), ...topics.all()]) client.destroy();
    },
  };
}

/** A client for each Region that is asked. */
function inRegions<T extends { destroy(): void }>(
  service: string,
  create: (region: string) => T,
): { of(region: string): T; all(): Iterable<T> } {
  const clients = new Map<string, T>();
  return {
    of(region) {
      const client = clients.get(region) ?? create(region);
      if (!clients.has(region)) nameActions(client, service);
      clients.set(region, client);
      return client;
    },
    all: () => clients.values(),
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

type AnyClient = Pick<STSClient, 'middlewareStack'>;

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
