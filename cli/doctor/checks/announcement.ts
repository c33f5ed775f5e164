import { DescribeRuleCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { GetSubscriptionAttributesCommand } from '@aws-sdk/client-sns';
import { shell } from '../../lib/output.ts';
import { type Check, type CheckResults, type Checks, eachTrail, ok, problem, unknown, warning } from '../check.ts';
import { GoneError, UnknownError } from '../errors.ts';
import type { Source, Stack } from '../stack.ts';
import { exampleKey, redeploy, type Trail } from '../trail.ts';
import type { WatchedTrails } from '../watched-trails.ts';
import {
  type BucketCheck,
  bucketTells,
  bucketTellsEventBridge,
  eachBucket,
  onBuckets,
} from './bucket-notifications.ts';
import { functionAccepts, queueAccepts } from './policies.ts';
import { lacksTarget } from './rules.ts';

/** Whether new log files are announced, by the source that the stack was deployed with. */
export const announcementChecks: Checks = {
  announcement: async (stack) => [await WAYS[await wayOf(stack)].announced(stack), await furtherAnnouncements(stack)],

  publishing: async (stack) => ((await stack.source()) === 'topic' ? topicErrors(stack) : undefined),

  /** Whether the announcing service may send to the queue, or invoke the function. */
  sending: async (stack) => WAYS[await wayOf(stack)].accepted(stack),
};

/** Whether each trail can publish to its topic. */
const topicErrors = eachTrail(async (trail, stack: WatchedTrails) => {
  const { LatestNotificationError: error } = await stack.trailStatus(trail);
  const { name, topicArn } = trail;
  if (!error || !topicArn) return undefined;
  const look = shell`aws sns get-topic-attributes --topic-arn ${topicArn}`;
  return problem(
    `${name} cannot publish to ${topicArn}: ${error}`,
    `let cloudtrail.amazonaws.com publish, in the topic's policy: ${look}`,
  );
});

/** @throws {UnknownError} if the stack was not made by serverless.yml */
async function wayOf(stack: Stack): Promise<Source> {
  const source = await stack.source();
  if (source) return source;
  throw new UnknownError('the stack has no way in which log files are announced to it');
}

/** For each source: whether log files are announced, and whether the receiver accepts that. */
const WAYS: Readonly<Record<Source, { announced: Check; accepted: Check }>> = {
  queue: {
    announced: async (stack) => onBuckets(stack, bucketTells('queue', (await stack.queue()).arn)),
    async accepted(stack) {
      const arns = (await stack.logBuckets()).map(({ name }) => `arn:${stack.caller.partition}:s3:::${name}`);
      return queueAccepts(stack, 's3.amazonaws.com', arns);
    },
  },
  function: {
    announced: async (stack) => onBuckets(stack, bucketTells('function', (await stack.ingest()).FunctionArn ?? '')),
    accepted: functionAccepts,
  },
  bucket: {
    announced: async (stack) => [
      await onBuckets(stack, bucketTellsEventBridge),
      await ruleFindings(stack),
      await lacksTarget(stack, 'rule', (await stack.queue()).arn, 'new log files are not announced'),
    ],
    accepted: (stack) =>
      stack.ask('rule', (rule) => {
        const { partition, region, account } = stack.caller;
        const arn = `arn:${partition}:events:${region}:${account}:rule/${rule}`;
        return queueAccepts(stack, 'events.amazonaws.com', [arn]);
      }),
  },
  topic: {
    announced: subscriptionFindings,
    async accepted(stack) {
      const { TopicArn } = await subscription(stack);
      // A subscription that is not confirmed has no attributes; the announcement reports that.
      return TopicArn === undefined ? undefined : queueAccepts(stack, 'sns.amazonaws.com', [TopicArn]);
    },
  },
};

/** Whether the rule is enabled, and its pattern matches the log files of each trail. */
async function ruleFindings(stack: Stack): Promise<CheckResults> {
  const { clients, caller } = stack;
  const rule = await stack.ask('rule', (Name) => clients.events.send(new DescribeRuleCommand({ Name })));
  if (rule.State === 'DISABLED')
    return problem(
      `the stack's rule is disabled`,
      shell`aws events enable-rule --region ${caller.region} --name ${rule.Name ?? ''}`,
    );
  const matches = (await stack.trailsBySource()).first.map(async (trail) => {
    const Event = JSON.stringify(objectCreated(trail, stack));
    const command = new TestEventPatternCommand({ EventPattern: rule.EventPattern ?? '{}', Event });
    const { Result } = await clients.events.send(command);
    if (Result) return ok(`the stack's rule matches the log files of ${trail.name}`);
    return problem(`the stack's rule does not match the log files of ${trail.name}`, redeploy(stack, trail));
  });
  return Promise.all(matches);
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
    resources: [`arn:${caller.partition}:s3:::${trail.bucket}`],
    detail: { bucket: { name: trail.bucket }, object: { key: exampleKey(trail, caller) } },
  };
}

/** All attributes of the queue's subscription. */
function subscription({ ask, clients }: Stack): Promise<Readonly<Record<string, string>>> {
  return ask('subscription', async (SubscriptionArn) => {
    // CloudFormation has no ARN until the topic's owner confirms the subscription.
    if (!SubscriptionArn.startsWith('arn:')) return { PendingConfirmation: 'true' };
    const sns = clients.snsIn(SubscriptionArn.split(':')[3] ?? '');
    return (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes ?? {};
  });
}

async function subscriptionFindings(stack: Stack): Promise<CheckResults> {
  const { arn } = await stack.queue();
  const attributes = await subscription(stack).catch((error: unknown) => {
    if (error instanceof GoneError) return undefined;
    throw error;
  });
  const topic = attributes ? (attributes.TopicArn ?? '') : 'arn:PARTITION:sns:REGION:ACCOUNT:TOPIC';
  // In the Region of the topic.
  const subscribe =
    `the topic's policy must let account ${stack.caller.account} sns:Subscribe and sns:GetTopicAttributes; then ` +
    shell`aws sns subscribe --protocol sqs --notification-endpoint ${arn} --topic-arn ${topic} --region ${topic.split(':')[3] ?? ''}`;
  if (!attributes) return problem("the queue's subscription to the topic is gone", subscribe);
  const { Endpoint, PendingConfirmation, RawMessageDelivery, FilterPolicy = '{}', FilterPolicyScope } = attributes;
  if (PendingConfirmation === 'true')
    return problem("the queue's subscription to the topic was never confirmed: nothing is sent", subscribe);
  if (Endpoint !== arn) return problem(`the subscription sends to ${Endpoint}, not to the queue`, subscribe);
  const isFiltered = FilterPolicy !== '{}' && FilterPolicyScope !== 'MessageBody';
  return [
    ok(`the queue is subscribed to ${topic}${RawMessageDelivery === 'true' ? ' (raw messages)' : ''}`),
    isFiltered
      ? warning('the subscription has a filter policy: some log files may not be announced', redeploy(stack))
      : undefined,
    await publisherFindings(topic, stack),
  ];
}

/** For each bucket of a further trail, whether a topic of the stack or EventBridge announces its log files. */
async function furtherAnnouncements(stack: Stack): Promise<CheckResults> {
  const [buckets, all, trails] = await Promise.all([stack.moreLogBuckets(), stack.moreTopics(), stack.trails()]);
  const topics = all.filter((arn) => arn !== undefined);
  const unconfirmed = all.length - topics.length;
  const found = buckets.map((bucket) => {
    const { name, account = stack.caller.account } = bucket;
    const publisher = trails.find(
      (trail) => trail.bucket === name && trail.topicArn !== undefined && topics.includes(trail.topicArn),
    );
    if (publisher) return ok(`${publisher.name} publishes to ${publisher.topicArn}`);
    if (account === stack.caller.account) return eachBucket(stack, [bucket], furtherTells(topics));
    return topics.length > 0 ? publisherUnknown(name) : unannounced(name);
  });
  return [
    unconfirmed > 0
      ? problem(
          `${unconfirmed} subscriptions to moreTopicArns were never confirmed: nothing is sent`,
          `the policies of these topics must let account ${stack.caller.account} sns:Subscribe and sns:GetTopicAttributes`,
        )
      : undefined,
    await Promise.all(found),
  ];
}

/** Whether a bucket of this account sends its events to EventBridge in this Region, or to one of the topics. */
const furtherTells =
  (topics: readonly string[]): BucketCheck =>
  (bucket, notifications, trails, stack) => {
    const tells = bucketTellsEventBridge(bucket, notifications, trails, stack);
    if (isFine(tells)) return tells;
    const topic = notifications.TopicConfigurations?.find(({ TopicArn = '' }) => topics.includes(TopicArn))?.TopicArn;
    if (topic !== undefined) return ok(`bucket ${bucket} tells ${topic} of new log files`);
    const isKnown = trails.some((trail) => trail.bucket === bucket);
    return topics.length > 0 && !isKnown ? publisherUnknown(bucket) : unannounced(bucket);
  };

const publisherUnknown = (bucket: string) =>
  unknown(`whether a topic in moreTopicArns announces the log files of ${bucket} is not visible from here`);

const unannounced = (bucket: string) =>
  problem(
    `nothing announces the log files of ${bucket}`,
    "let the bucket send its events to EventBridge in the stack's account and Region, or name a topic of it or of its trail in moreTopicArns",
  );

/** For each bucket, whether a trail that delivers to it, or the bucket itself, publishes to the topic. */
export async function publisherFindings(topicArn: string, stack: WatchedTrails): Promise<CheckResults> {
  const publishing = (await stack.trails()).filter((trail) => trail.topicArn === topicArn);
  const isCovered = (bucket: string) => publishing.some((trail) => trail.bucket === bucket);
  const found = publishing.map(({ name }) => ok(`${name} publishes to ${topicArn}`));
  if ((await stack.logBuckets()).every(({ name }) => isCovered(name))) return found;
  const tells = bucketTells('topic', topicArn);
  const others = await onBuckets(stack, (bucket, notifications, trails) => {
    if (isCovered(bucket)) return undefined;
    const results = tells(bucket, notifications, trails, stack);
    if (trails.some((trail) => trail.bucket === bucket) || isFine(results)) return results;
    // A trail that is not visible from here may publish.
    return unknown(`bucket ${bucket} does not publish to ${topicArn}, and its trail is not visible from here`);
  });
  return [found, others];
}

const isFine = (findings: CheckResults) => findings !== undefined && 'state' in findings && findings.state === 'ok';
