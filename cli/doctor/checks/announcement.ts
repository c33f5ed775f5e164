import type { Trail } from '@aws-sdk/client-cloudtrail';
import { DescribeRuleCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import {
  type Event,
  type FilterRule,
  GetBucketNotificationConfigurationCommand,
  type GetBucketNotificationConfigurationCommandOutput,
} from '@aws-sdk/client-s3';
import { GetSubscriptionAttributesCommand } from '@aws-sdk/client-sns';
import { redirectedRegion } from '../../../shared/aws/bucket-regions.ts';
import type { LogBucket } from '../../../shared/config.ts';
import { isMissing } from '../../lib/aws-settings.ts';
import { commandLine } from '../../lib/output.ts';
import { exampleKey, keyPrefixOf, redeploy } from '../commands.ts';
import { type Found, ok, problem, unknown, warning } from '../finding.ts';
import { GoneError, orGone, type Source, type Stack, sourceOf, UnknownError } from '../stack.ts';

/** Whether new log files are announced, in the way for which the stack was deployed. */
export async function checkAnnouncement(stack: Stack): Promise<Found[]> {
  return ANNOUNCED[await sourceOfStack(stack)](stack);
}

/** @throws {UnknownError} if the stack was not made by serverless.yml */
export async function sourceOfStack(stack: Stack): Promise<Source> {
  const found = sourceOf(await stack.resources());
  if (found) return found;
  throw new UnknownError('the stack has no way in which log files are announced to it');
}

const ANNOUNCED: Readonly<Record<Source, (stack: Stack) => Promise<Found[]>>> = {
  queue: async (stack) => onBuckets(stack, await bucketTells('queue', (await stack.queue('queue')).QueueArn!, stack)),
  function: async (stack) =>
    onBuckets(stack, await bucketTells('function', (await stack.ingest()).FunctionArn!, stack)),
  bucket: async (stack) => [
    ...(await onBuckets(stack, (bucket, answer) => bucketTellsEventBridge(bucket, answer, stack))),
    ...(await checkRule(stack)),
  ],
  topic: checkSubscription,
};

type Notifications = GetBucketNotificationConfigurationCommandOutput;
type BucketCheck = (bucket: LogBucket, notifications: Notifications) => Found[];

/** The findings on whom each bucket tells of new objects. */
async function onBuckets(stack: Stack, check: BucketCheck): Promise<Found[]> {
  const found = (await stack.logBuckets()).map(async (bucket) => {
    const { name, account } = bucket;
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: name, ExpectedBucketOwner: account });
    try {
      return check(bucket, await stack.clients.s3.send(command));
    } catch (error) {
      if (!isMissing(error)) throw error;
      const look = commandLine('aws s3api head-bucket --bucket', name);
      return [problem(`there is no bucket ${name}`, `see the parameter logBucket of the deployment: ${look}`)];
    }
  });
  return (await Promise.all(found)).flat();
}

/** Where the configuration of a bucket has whom it tells. */
const LISTENERS = {
  queue: { list: 'QueueConfigurations', arn: 'QueueArn' },
  function: { list: 'LambdaFunctionConfigurations', arn: 'LambdaFunctionArn' },
  topic: { list: 'TopicConfigurations', arn: 'TopicArn' },
} as const;

interface Notification {
  [arn: string]: unknown;
  Events?: Event[];
  Filter?: { Key?: { FilterRules?: FilterRule[] } };
}

/** Whether a bucket tells somebody of the log files of each trail. */
async function bucketTells(listener: keyof typeof LISTENERS, arn: string, stack: Stack): Promise<BucketCheck> {
  const { list, arn: member } = LISTENERS[listener];
  const trails = await stack.trails();
  return ({ name }, notifications) => {
    const all = (notifications[list] ?? []) as unknown as Notification[];
    const ours = all.filter((one) => one[member] === arn && (one.Events ?? []).some(isCreation));
    const delivering = trails.filter(({ S3BucketName }) => S3BucketName === name);
    const untold = delivering.filter((trail) => !ours.some((one) => covers(one, exampleKey(trail, stack.caller))));
    if (ours.length > 0 && untold.length === 0) return [ok(`bucket ${name} tells the ${listener} of new log files`)];
    // The request replaces the whole configuration, so it repeats what is there.
    const fix = (trail: Trail) =>
      notificationFix(name, notifications, { [list]: [...all, { [member]: arn, ...logFilesOf(trail) }] });
    if (ours.length === 0)
      return [problem(`bucket ${name} does not tell the ${listener} of new log files`, fix(delivering[0] ?? {}))];
    return untold.map((trail) =>
      problem(
        `bucket ${name} tells the ${listener} of other objects, not of the log files of ${trail.Name} (prefix or suffix)`,
        `remove what overlaps from this command, then run it: ${fix(trail)}`,
      ),
    );
  };
}

const isCreation = (event: Event) => event === 's3:ObjectCreated:*' || event === 's3:ObjectCreated:Put';

function covers({ Filter }: Notification, key: string): boolean {
  return (Filter?.Key?.FilterRules ?? []).every(({ Name = '', Value = '' }) =>
    Name.toLowerCase() === 'prefix' ? key.startsWith(Value) : key.endsWith(Value),
  );
}

function logFilesOf(trail: Trail): Notification {
  const FilterRules: FilterRule[] = [
    { Name: 'prefix', Value: keyPrefixOf(trail) },
    { Name: 'suffix', Value: '.json.gz' },
  ];
  return { Events: ['s3:ObjectCreated:*'], Filter: { Key: { FilterRules } } };
}

function notificationFix(bucket: string, { $metadata: _, ...before }: Notifications, added: object): string {
  const wanted = { ...before, ...added };
  const put = 'aws s3api put-bucket-notification-configuration --bucket';
  return commandLine(put, bucket, '--notification-configuration', wanted);
}

function bucketTellsEventBridge(
  { name }: LogBucket,
  notifications: Notifications,
  { clients, caller }: Stack,
): Found[] {
  // Its events go to the EventBridge of its own Region.
  const region = redirectedRegion(clients.s3, name) ?? caller.region;
  if (region !== caller.region) {
    return [
      problem(
        `bucket ${name} is in ${region}: EventBridge does not bring its events to ${caller.region}`,
        `deploy the stack in ${region}, or with source=topic and a topic to which the trail publishes`,
      ),
    ];
  }
  if (notifications.EventBridgeConfiguration) return [ok(`bucket ${name} sends its events to EventBridge`)];
  const fix = notificationFix(name, notifications, { EventBridgeConfiguration: {} });
  return [problem(`bucket ${name} does not send its events to EventBridge`, fix)];
}

/** Whether the rule is enabled, and EventBridge finds that its pattern matches the log files of each trail. */
async function checkRule(stack: Stack): Promise<Found[]> {
  const { clients, caller } = stack;
  const Name = await stack.physicalId('rule', "the stack's rule");
  const { EventPattern = '{}', State } = await orGone(
    "the stack's rule",
    clients.events.send(new DescribeRuleCommand({ Name })),
  );
  if (State === 'DISABLED') {
    return [
      problem(
        `the stack's rule is disabled`,
        commandLine('aws events enable-rule --region', caller.region, '--name', Name),
      ),
    ];
  }
  const found = (await stack.trails()).map(async (trail) => {
    const command = new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(objectCreated(trail, stack)) });
    const { Result } = await clients.events.send(command);
    if (Result) return ok(`the stack's rule matches the log files of ${trail.Name}`);
    return problem(`the stack's rule does not match the log files of ${trail.Name}`, redeploy(stack, trail));
  });
  return Promise.all(found);
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
function objectCreated(trail: Trail, { caller, now }: Stack): object {
  return {
    id: '00000000-0000-4000-8000-000000000000',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: caller.account,
    time: new Date(now).toISOString(),
    region: caller.region,
    resources: [`arn:${caller.partition}:s3:::${trail.S3BucketName}`],
    detail: { bucket: { name: trail.S3BucketName }, object: { key: exampleKey(trail, caller) } },
  };
}

/** All attributes of the queue's subscription. */
export async function subscription(stack: Stack): Promise<Readonly<Record<string, string>>> {
  const SubscriptionArn = await stack.physicalId('subscription', "the queue's subscription");
  // CloudFormation has no ARN of a subscription that the topic's owner has not confirmed.
  if (!SubscriptionArn.startsWith('arn:')) return { PendingConfirmation: 'true' };
  const [, , , region = ''] = SubscriptionArn.split(':');
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
  return (await orGone("the queue's subscription", stack.clients.snsIn(region).send(command))).Attributes ?? {};
}

async function checkSubscription(stack: Stack): Promise<Found[]> {
  const { QueueArn = '' } = await stack.queue('queue');
  // In the Region of the topic.
  const subscribe = (topic = 'arn:PARTITION:sns:REGION:ACCOUNT:TOPIC') =>
    `the topic's policy must let account ${stack.caller.account} sns:Subscribe and sns:GetTopicAttributes; then ${commandLine('aws sns subscribe --protocol sqs --notification-endpoint', QueueArn, '--topic-arn', topic, '--region', topic.split(':')[3] ?? '')}`;
  const attributes = await subscription(stack).catch((error: unknown) => {
    if (error instanceof GoneError) return undefined;
    throw error;
  });
  if (!attributes) return [problem("the queue's subscription to the topic is gone", subscribe())];
  const {
    TopicArn = '',
    Endpoint,
    PendingConfirmation,
    RawMessageDelivery,
    FilterPolicy,
    FilterPolicyScope,
  } = attributes;
  if (PendingConfirmation === 'true')
    return [problem("the queue's subscription to the topic was never confirmed: nothing is sent", subscribe(TopicArn))];
  if (Endpoint !== QueueArn)
    return [problem(`the subscription sends to ${Endpoint}, not to the queue`, subscribe(TopicArn))];
  return [
    ok(`the queue is subscribed to ${TopicArn}${RawMessageDelivery === 'true' ? ' (raw messages)' : ''}`),
    ...(FilterPolicy && FilterPolicy !== '{}' && FilterPolicyScope !== 'MessageBody'
      ? [warning('the subscription has a filter policy: some log files may not be announced', redeploy(stack))]
      : []),
    ...(await checkPublisher(TopicArn, stack)),
  ];
}

/** For each bucket, whether a trail that delivers to it, or the bucket itself, publishes to the topic. */
async function checkPublisher(topicArn: string, stack: Stack): Promise<Found[]> {
  const trails = await stack.trails();
  const publishing = trails.filter(({ SnsTopicARN }) => SnsTopicARN === topicArn);
  const buckets = await stack.logBuckets();
  const covered = publishing.map(({ S3BucketName }) => S3BucketName);
  const found = publishing.map(({ Name }) => ok(`${Name} publishes to ${topicArn}`));
  if (buckets.every(({ name }) => covered.includes(name))) return found;
  const tells = await bucketTells('topic', topicArn, stack);
  const others = await onBuckets(stack, (bucket, notifications) => {
    if (covered.includes(bucket.name)) return [];
    const told = tells(bucket, notifications);
    // A trail that is not visible may publish.
    const hasTrail = trails.some(({ S3BucketName }) => S3BucketName === bucket.name);
    if (hasTrail || told.every(({ state }) => state === 'ok')) return told;
    return [unknown(`bucket ${bucket.name} does not publish to ${topicArn}, and its trail is not visible from here`)];
  });
  return [...found, ...others];
}
