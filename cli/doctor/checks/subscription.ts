import { isDeepStrictEqual } from 'node:util';
import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { Attributes, Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown, warning } from '../finding.ts';
import { bucketTellsTopic, onBuckets, trailsTo } from './bucket-notifications.ts';
import { queueTakes } from './sending.ts';

const CHECK = 'announcement';

/** Whether the queue is subscribed to a topic that is told of log files. */
export function checkSubscription(facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.subscription ?? { missing: true },
    (attributes) => onSubscription(facts, attributes),
    () => [problem(CHECK, "the queue's subscription to the topic is gone", subscribeFix(facts, undefined))],
  );
}

function onSubscription(facts: Facts, attributes: Attributes): Finding[] {
  const {
    TopicArn = '',
    PendingConfirmation,
    FilterPolicy = '{}',
    RawMessageDelivery,
    SubscriptionArn = '',
    Endpoint,
  } = attributes;
  if (PendingConfirmation === 'true') {
    return [
      problem(
        CHECK,
        "the queue's subscription to the topic was never confirmed: nothing is sent",
        subscribeFix(facts, TopicArn),
      ),
    ];
  }
  const queueArn = known(facts.queue)?.QueueArn;
  if (queueArn !== undefined && Endpoint !== queueArn) {
    return [problem(CHECK, `the subscription sends to ${Endpoint}, not to the queue`, subscribeFix(facts, TopicArn))];
  }
  const raw = RawMessageDelivery === 'true' ? ' (raw messages)' : '';
  return [
    ok(CHECK, `the queue is subscribed to ${TopicArn}${raw}`),
    ...checkFilter(facts, FilterPolicy, SubscriptionArn),
    ...publishers(facts, TopicArn),
    ...queueTakes(facts, {
      service: 'sns.amazonaws.com',
      action: 'sqs:SendMessage',
      sourceArn: TopicArn,
      sourceAccount: TopicArn.split(':')[4] ?? '',
    }),
  ];
}

/** A topic can carry other messages: the stack's own filter lets all through that announce a log file. */
function checkFilter(facts: Facts, filter: string, subscriptionArn: string): Finding[] {
  if (filter === '{}') return [];
  return findingsOn(
    CHECK,
    facts.template,
    ({ filterPolicy = {} }) =>
      isDeepStrictEqual(JSON.parse(filter), filterPolicy)
        ? []
        : [
            warning(
              CHECK,
              "the subscription has a filter policy that is not the stack's: not all log files may be announced",
              commandLine(
                'aws sns set-subscription-attributes --attribute-name FilterPolicy --attribute-value',
                filterPolicy,
                '--subscription-arn',
                subscriptionArn,
              ),
            ),
          ],
    () => [],
  );
}

/** For each bucket, whether a trail that delivers to it, or the bucket itself, publishes to the topic. */
function publishers(facts: Facts, topicArn: string): Finding[] {
  return onBuckets(facts, (bucket) => {
    const trails = trailsTo(bucket, facts);
    const byTrail = trails.filter(({ trail }) => trail.SnsTopicARN === topicArn);
    if (byTrail.length > 0) return byTrail.map(({ trail }) => ok(CHECK, `${trail.Name} publishes to ${topicArn}`));
    const byBucket = bucketTellsTopic(bucket, topicArn, facts);
    // A trail that cannot be seen may publish.
    if (trails.length > 0 || byBucket.every(({ state }) => state !== 'problem')) return byBucket;
    return [
      unknown(CHECK, {
        unknown: `bucket ${bucket.name} does not publish to ${topicArn}, and its trail is not seen from here`,
      }),
    ];
  });
}

function subscribeFix(facts: Facts, topicArn: string | undefined): string {
  const queueArn = known(facts.queue)?.QueueArn ?? 'QUEUE-ARN';
  return `the topic's policy must let account ${facts.asker.account} sns:Subscribe and sns:GetTopicAttributes; then ${commandLine('aws sns subscribe --protocol sqs --notification-endpoint', queueArn, '--topic-arn', topicArn || 'TOPIC-ARN')}`;
}
