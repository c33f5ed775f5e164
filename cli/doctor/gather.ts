import type { Trail } from '@aws-sdk/client-cloudtrail';
import {
  type EventSourceMappingConfiguration,
  type FunctionConfiguration,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetSubscriptionAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { LogBucket } from '../../shared/config.ts';
import { type LogFileProblem, listProblems, listWatermarks } from '../../shared/store/ledger.ts';
import { type Answer, ask, askWith, known } from './answer.ts';
import { askResources, askStackStatus, askTemplate, similarStacks } from './ask-stack.ts';
import { askTrail, askTrails } from './ask-trails.ts';
import type { Clients } from './clients.ts';
import type { DeployedTemplate } from './deployed-template.ts';
import type { Attributes, Facts, Probe, TrailFacts } from './facts.ts';
import { isRefusal, readIngestConfig } from './ingest.ts';
import { type Asker, LOGICAL_IDS, sourceOf } from './stack.ts';

/**
 * Finds out everything there is to know about a stack; reads only. What does not hang together is asked at once.
 * @param now in milliseconds since 1970
 */
export async function gatherFacts(clients: Clients, asker: Asker, stackName: string, now: number): Promise<Facts> {
  const { cloudFormation, cloudTrailIn, lambda, sqs, sns, s3 } = clients;
  const asked = {
    stackStatus: askStackStatus(cloudFormation, stackName),
    resources: askResources(cloudFormation, stackName),
    allTrails: askTrails(cloudTrailIn(asker.region)),
  };
  const resources = await asked.resources;
  const physicalId = (logicalId: string): Answer<string> => {
    if (!('known' in resources)) return resources;
    const resource = resources.known.get(logicalId);
    return resource ? { known: resource.physicalId } : { missing: true };
  };
  const source = 'known' in resources ? sourceOf(resources.known) : undefined;
  const functionName = physicalId(LOGICAL_IDS.function);
  const configuration = askFunction(lambda, functionName);
  const template = askWith(resources, (all) => askTemplate(cloudFormation, stackName, all, asker));
  const logBuckets = logBucketsOf(await configuration, await template);

  const [stackStatus, parts, trails, buckets, ledger] = await Promise.all([
    asked.stackStatus,
    allOf({
      function: configuration,
      template,
      reservedConcurrency: askConcurrency(lambda, functionName),
      mappings: askMappings(lambda, functionName),
      queue: askQueue(sqs, physicalId(LOGICAL_IDS.queue)),
      deadLetters: askQueue(sqs, physicalId(LOGICAL_IDS.deadLetters)),
      ...(source === 'topic' && { subscription: askSubscription(sns, physicalId(LOGICAL_IDS.subscription)) }),
      ...(source === 'function' && { functionPolicy: askFunctionPolicy(lambda, functionName) }),
    }),
    askWith(await asked.allTrails, async (all) =>
      askTrailsOf(clients, all, logBuckets, physicalId(LOGICAL_IDS.trail), asker),
    ),
    askWith(logBuckets, async (all) => ({
      known: await Promise.all(
        all.map(async (bucket) => ({ ...bucket, notifications: await askNotifications(s3, bucket) })),
      ),
    })),
    askLedger(clients, physicalId(LOGICAL_IDS.ledger)),
  ]);
  const probe = await probeRefused(s3, known(ledger.logFileProblems) ?? []);
  return {
    asker,
    stackName,
    now,
    stackStatus,
    ...('missing' in stackStatus && { hints: await stackHints(clients, stackName, asker, await asked.allTrails) }),
    resources,
    ...parts,
    trails,
    logBuckets: buckets,
    ...ledger,
    ...(probe && { probe }),
  };
}

/** Waits for all at once, by name. */
async function allOf<T extends Record<string, unknown>>(asked: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const entries = Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const);
  return Object.fromEntries(await Promise.all(entries)) as { [K in keyof T]: Awaited<T[K]> };
}

function askFunction(lambda: LambdaClient, name: Answer<string>): Promise<Answer<FunctionConfiguration>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetFunctionConfiguration', () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))),
  );
}

function askConcurrency(lambda: LambdaClient, name: Answer<string>): Promise<Answer<number | undefined>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetFunctionConcurrency', async () => {
      const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
      return answer.ReservedConcurrentExecutions;
    }),
  );
}

function askMappings(lambda: LambdaClient, name: Answer<string>): Promise<Answer<EventSourceMappingConfiguration[]>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:ListEventSourceMappings', async () => {
      const mappings: EventSourceMappingConfiguration[] = [];
      for await (const page of paginateListEventSourceMappings({ client: lambda }, { FunctionName })) {
        mappings.push(...(page.EventSourceMappings ?? []));
      }
      return mappings;
    }),
  );
}

function askFunctionPolicy(lambda: LambdaClient, name: Answer<string>): Promise<Answer<string>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetPolicy', async () => (await lambda.send(new GetPolicyCommand({ FunctionName }))).Policy ?? ''),
  );
}

function askQueue(sqs: SQSClient, url: Answer<string>): Promise<Answer<Attributes>> {
  return askWith(url, (QueueUrl) =>
    ask('sqs:GetQueueAttributes', async () => {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      return { ...Attributes, QueueUrl };
    }),
  );
}

function askSubscription(sns: SNSClient, arn: Answer<string>): Promise<Answer<Attributes>> {
  return askWith(arn, async (SubscriptionArn) => {
    // CloudFormation has no ARN of a subscription that the topic's owner has not let happen.
    if (!SubscriptionArn.startsWith('arn:')) return { known: { PendingConfirmation: 'true' } };
    return ask('sns:GetSubscriptionAttributes', async () => {
      const { Attributes = {} } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
      return Attributes;
    });
  });
}

function askNotifications(s3: S3Client, { name, account }: LogBucket) {
  const input = { Bucket: name, ...(account !== undefined && { ExpectedBucketOwner: account }) };
  return ask('s3:GetBucketNotification', () => s3.send(new GetBucketNotificationConfigurationCommand(input)));
}

/** The trails that deliver to a bucket of ingest, and the stack's own, wherever it delivers. */
async function askTrailsOf(
  clients: Clients,
  all: readonly Trail[],
  logBuckets: Answer<LogBucket[]>,
  ownName: Answer<string>,
  { region }: Asker,
): Promise<Answer<TrailFacts[]>> {
  const isOwn = ({ Name }: Trail) => Name !== undefined && Name === known(ownName);
  return askWith(logBuckets, async (buckets) => {
    const names = buckets.map(({ name }) => name);
    const ours = all.filter((trail) => isOwn(trail) || names.includes(trail.S3BucketName ?? ''));
    return { known: await Promise.all(ours.map((trail) => askTrail(clients, trail, region))) };
  });
}

/** More need not be named: what is wrong is mostly wrong with all. */
const MAX_PROBLEMS = 100;

async function askLedger({ dynamo }: Clients, table: Answer<string>) {
  // Both are in the index byListing.
  const query = <T>(list: (table: string) => Promise<T>) =>
    askWith(table, (name) => ask('dynamodb:Query', () => list(name)));
  const [watermarks, logFileProblems] = await Promise.all([
    query((name) => listWatermarks(dynamo, name)),
    query((name) => listProblems(dynamo, name, {}, MAX_PROBLEMS)),
  ]);
  return { watermarks, logFileProblems };
}

/**
 * Whether the asker may read a log file that ingest was refused: it cannot take on the function's role, but what refuses it
 * as well is likely the same, and S3 tells the asker in words that the ledger does not keep.
 */
async function probeRefused(s3: S3Client, problems: readonly LogFileProblem[]): Promise<Probe | undefined> {
  const refused = problems.find(({ state, reason = '' }) => state === 'failed' && isRefusal(reason));
  if (!refused) return undefined;
  const { logFile } = refused;
  const slash = logFile.indexOf('/');
  const input = { Bucket: logFile.slice(0, slash), Key: logFile.slice(slash + 1), Range: 'bytes=0-0' };
  try {
    const { Body } = await s3.send(new GetObjectCommand(input));
    await Body?.transformToByteArray();
    return { logFile, outcome: 'readable' };
  } catch (error) {
    return { logFile, outcome: refusedBy(error as Error) };
  }
}

/** S3 says `AccessDenied` of its own policies and of the key's; the action in the message tells which. */
function refusedBy({ name, message }: Error): Probe['outcome'] {
  if (/NoSuchKey/.test(name)) return 'missing';
  if (/^KMS\./.test(name) || (/AccessDenied/.test(name) && /\bkms:/.test(message))) return 'kms-denied';
  return /AccessDenied/.test(name) ? 's3-denied' : 'failed';
}

async function stackHints({ cloudFormation }: Clients, stackName: string, { region }: Asker, trails: Answer<Trail[]>) {
  // The trail that a stack makes is called like the stack, and is seen in all Regions.
  const namesakes = (known(trails) ?? []).filter(({ Name }) => Name === stackName);
  const regions = new Set(namesakes.flatMap(({ HomeRegion = region }) => (HomeRegion === region ? [] : [HomeRegion])));
  return { similar: await similarStacks(cloudFormation, stackName), regions: [...regions] };
}

/** The buckets that ingest reads: those its environment allows; when that allows any, or is not to be seen, those its role may read. */
function logBucketsOf(
  configuration: Answer<FunctionConfiguration>,
  template: Answer<DeployedTemplate>,
): Answer<LogBucket[]> {
  const config = 'known' in configuration ? readIngestConfig(configuration.known) : undefined;
  if (config && 'known' in config && config.known.logBuckets.length > 0) return { known: [...config.known.logBuckets] };
  if (!('known' in template)) return 'known' in configuration ? template : configuration;
  const resources = (template.known.grants ?? []).flatMap((grant) => grant.resources);
  const names = resources.flatMap((arn) => /^arn:[^:]+:s3:::([^/*?]+)\/./.exec(arn)?.[1] ?? []);
  return { known: [...new Set(names)].map((name) => ({ name })) };
}
