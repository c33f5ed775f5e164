import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { attempts, createClient } from '../../shared/aws/settings.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import type { Environment } from '../../shared/config.ts';

/** Who runs doctor, and where. */
export interface Caller {
  /** 12 digits. */
  account: string;
  arn: string;
  region: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
}

/** @throws the errors of the SDK */
export async function identify(sts: STSClient): Promise<Caller> {
  const region = await sts.config.region();
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  return { account, arn, region, partition: arn.split(':')[1] ?? 'aws' };
}

/** The clients that doctor uses. */
export type Clients = ReturnType<typeof createClients>;

export function createClients(env: Environment) {
  const made: { destroy(): void }[] = [];
  // A person waits for the answers.
  const settings = attempts(3);

  /** @param service its name in IAM actions */
  function client<T extends { destroy(): void }>(service: string, created: T): T {
    made.push(created);
    nameActions(created, service);
    return created;
  }

  /** A client for each Region. */
  function inRegions<T extends { destroy(): void }>(service: string, create: (region: string) => T) {
    const clients = new Map<string, T>();
    return (region: string): T => {
      const one = clients.get(region) ?? client(service, create(region));
      clients.set(region, one);
      return one;
    };
  }

  return {
    sts: client('sts', createClient(STSClient, settings)),
    cloudFormation: client('cloudformation', createClient(CloudFormationClient, settings)),
    iam: client('iam', createClient(IAMClient, settings)),
    events: client('events', createClient(EventBridgeClient, settings)),
    cloudWatch: client('cloudwatch', createClient(CloudWatchClient, settings)),
    logs: client('logs', createClient(CloudWatchLogsClient, settings)),
    lambda: client('lambda', createClient(LambdaClient, settings)),
    sqs: client('sqs', createSqsClient(settings)),
    s3: client('s3', createS3Client(env, settings)),
    dynamo: client('dynamodb', createDynamoClient(settings)),
    kmsIn: inRegions('kms', (region) => createClient(KMSClient, { ...settings, region })),
    /** A trail answers in full only in its home Region. */
    cloudTrailIn: inRegions('cloudtrail', (region) => createClient(CloudTrailClient, { ...settings, region })),
    /** A topic and its subscriptions are known in its own Region only. */
    snsIn: inRegions('sns', (region) => createClient(SNSClient, { ...settings, region })),
    destroy() {
      for (const one of made) one.destroy();
    },
  };
}

/** An error of AWS, with the IAM action of the request. */
export interface AwsError extends Error {
  action: string;
  $metadata?: { httpStatusCode?: number };
}

/** Operations whose IAM actions have other names. */
const ACTIONS: Readonly<Record<string, string>> = {
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  HeadBucket: 'ListBucket',
};

/** Adds to every error the IAM action of its request. */
function nameActions(client: unknown, service: string): void {
  const { middlewareStack } = client as Pick<STSClient, 'middlewareStack'>;
  middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const operation = commandName.replace(/Command$/, '');
          throw Object.assign(error as Error, { action: `${service}:${ACTIONS[operation] ?? operation}` });
        }
      },
    { step: 'initialize', name: 'nameAction' },
  );
}
