import type { Event, FilterRule } from '@aws-sdk/client-s3';
import { known } from '../answer.ts';
import type { BucketFacts, BucketNotifications, Facts, TrailFacts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown } from '../finding.ts';
import { exampleKey, keyPrefixOf } from '../log-file-key.ts';
import { commandLine } from '../shell.ts';

const CHECK = 'announcement';

/** The findings on each bucket that ingest reads. */
export function onBuckets(facts: Facts, check: (bucket: BucketFacts, facts: Facts) => Finding[]): Finding[] {
  return findingsOn(
    CHECK,
    facts.logBuckets,
    (buckets) => buckets.flatMap((bucket) => check(bucket, facts)),
    () => [unknown(CHECK, { unknown: 'it is not known which buckets ingest reads' })],
  );
}

export function bucketTellsQueue(bucket: BucketFacts, facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.queue,
    ({ QueueArn = '' }) =>
      onNotifications(bucket, (before) => {
        const own = (before.QueueConfigurations ?? []).filter((one) => one.QueueArn === QueueArn);
        return checkTold(bucket, own, 'the queue', facts, {
          ...before,
          QueueConfigurations: [
            ...without(before.QueueConfigurations, own),
            { QueueArn, ...logFilesOf(bucket, facts) },
          ],
        });
      }),
    () => [],
  );
}

export function bucketTellsFunction(bucket: BucketFacts, facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.function,
    ({ FunctionArn = '' }) =>
      onNotifications(bucket, (before) => {
        const own = (before.LambdaFunctionConfigurations ?? []).filter((one) => one.LambdaFunctionArn === FunctionArn);
        return checkTold(bucket, own, 'the function', facts, {
          ...before,
          LambdaFunctionConfigurations: [
            ...without(before.LambdaFunctionConfigurations, own),
            { LambdaFunctionArn: FunctionArn, ...logFilesOf(bucket, facts) },
          ],
        });
      }),
    () => [],
  );
}

const CREATED: Event = 's3:ObjectCreated:*';

/** Also where the bucket has other objects, and tells somebody else of them: S3 takes no overlapping filters. */
function logFilesOf(bucket: BucketFacts, facts: Facts) {
  const [first] = trailsTo(bucket, facts);
  return {
    Events: [CREATED],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix', Value: keyPrefixOf(first?.trail ?? {}) },
          { Name: 'suffix', Value: '.json.gz' },
        ],
      },
    },
  };
}

function without<T>(all: readonly T[] | undefined, some: readonly T[]): T[] {
  return (all ?? []).filter((one) => !some.includes(one));
}

interface Notification {
  Events?: string[] | undefined;
  Filter?: { Key?: { FilterRules?: FilterRule[] | undefined } | undefined } | undefined;
}

/** @param mended the bucket's configuration with what is missing */
function checkTold(
  bucket: BucketFacts,
  own: readonly Notification[],
  whom: string,
  facts: Facts,
  mended: object,
): Finding[] {
  const fix = notificationFix(bucket.name, mended);
  const created = own.filter(({ Events = [] }) =>
    Events.some((event) => event === CREATED || event === 's3:ObjectCreated:Put'),
  );
  if (created.length === 0)
    return [problem(CHECK, `bucket ${bucket.name} does not tell ${whom} of new log files`, fix)];
  const untold = trailsTo(bucket, facts).filter(({ trail }) => {
    return !created.some(({ Filter }) => {
      const rules = Filter?.Key?.FilterRules ?? [];
      const key = exampleKey(trail, facts.asker, rules.map(({ Value = '' }) => Value).join(' '));
      return rules.every(({ Name, Value = '' }) =>
        Name?.toLowerCase() === 'suffix' ? key.endsWith(Value) : key.startsWith(Value),
      );
    });
  });
  if (untold.length === 0) return [ok(CHECK, `bucket ${bucket.name} tells ${whom} of new log files`)];
  return untold.map(({ trail }) =>
    problem(
      CHECK,
      `bucket ${bucket.name} tells ${whom} of other objects, not of the log files of ${trail.Name} (prefix or suffix)`,
      fix,
    ),
  );
}

/** What is there stays: this request replaces the whole configuration. */
function notificationFix(bucket: string, configuration: object): string {
  const { $metadata: _, ...wanted } = configuration as { $metadata?: unknown };
  return commandLine(
    'aws s3api put-bucket-notification-configuration --bucket',
    bucket,
    '--notification-configuration',
    wanted,
  );
}

export function bucketTellsEventBridge(bucket: BucketFacts): Finding[] {
  return onNotifications(bucket, (before) => {
    if (before.EventBridgeConfiguration) return [ok(CHECK, `bucket ${bucket.name} sends its events to EventBridge`)];
    return [
      problem(
        CHECK,
        `bucket ${bucket.name} does not send its events to EventBridge`,
        notificationFix(bucket.name, { ...before, EventBridgeConfiguration: {} }),
      ),
    ];
  });
}

/** Whether the bucket itself publishes to a topic. */
export function bucketTellsTopic(bucket: BucketFacts, TopicArn: string, facts: Facts): Finding[] {
  return onNotifications(bucket, (before) => {
    const own = (before.TopicConfigurations ?? []).filter((one) => one.TopicArn === TopicArn);
    return checkTold(bucket, own, 'the topic', facts, {
      ...before,
      TopicConfigurations: [...without(before.TopicConfigurations, own), { TopicArn, ...logFilesOf(bucket, facts) }],
    });
  });
}

/** What the bucket says, or that it cannot be read, or is not there. */
function onNotifications(
  { name, notifications }: BucketFacts,
  check: (value: BucketNotifications) => Finding[],
): Finding[] {
  return findingsOn(CHECK, notifications, check, () => [
    problem(
      CHECK,
      `there is no bucket ${name}`,
      `see LOG_BUCKETS of the function, or the parameter logBucket: ${commandLine('aws s3api head-bucket --bucket', name)}`,
    ),
  ]);
}

/** The trails that deliver to a bucket. */
export function trailsTo({ name }: BucketFacts, { trails }: Facts): TrailFacts[] {
  return (known(trails) ?? []).filter(({ trail }) => trail.S3BucketName === name);
}
