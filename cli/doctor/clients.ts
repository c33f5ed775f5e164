import { createCloudFormationClient } from '../../shared/aws/cloudformation.ts';
import { createCloudTrailClient } from '../../shared/aws/cloudtrail.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createEventBridgeClient } from '../../shared/aws/eventbridge.ts';
import { createIamClient } from '../../shared/aws/iam.ts';
import { createLambdaClient } from '../../shared/aws/lambda.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { createSnsClient } from '../../shared/aws/sns.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { createStsClient } from '../../shared/aws/sts.ts';
import type { Environment } from '../../shared/config.ts';

/** What doctor asks. */
export type Clients = ReturnType<typeof createClients>;

export function createClients(env: Environment) {
  // Somebody waits for the answers.
  const settings = { maxAttempts: 3 };
  const clients = {
    sts: createStsClient(settings),
    cloudFormation: createCloudFormationClient(settings),
    iam: createIamClient(settings),
    events: createEventBridgeClient(settings),
    lambda: createLambdaClient(settings),
    sqs: createSqsClient(settings),
    s3: createS3Client(env, settings),
    dynamo: createDynamoClient(settings),
  };
  for (const [service, client] of Object.entries(clients)) nameActions(client, service);
  const cloudTrails = inRegions('cloudtrail', (region) => createCloudTrailClient({ ...settings, region }));
  const topics = inRegions('sns', (region) => createSnsClient({ ...settings, region }));
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

type AnyClient = Pick<ReturnType<typeof createStsClient>, 'middlewareStack'>;

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
