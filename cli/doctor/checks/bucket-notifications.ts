import type { Trail } from '@aws-sdk/client-cloudtrail';
import type { Event, FilterRule } from '@aws-sdk/client-s3';
import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { BucketFacts, BucketNotifications, Facts, TrailFacts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown } from '../finding.ts';
import { exampleKey, keyPrefixOf } from '../log-file-key.ts';

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

/** Whether the bucket tells the queue of the log files of each trail. */
export function bucketTellsQueue(bucket: BucketFacts, facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.queue,
    ({ QueueArn = '' }) => bucketTells('queue', QueueArn, bucket, facts),
    () => [],
  );
}

/** Whether it tells the function. */
export function bucketTellsFunction(bucket: BucketFacts, facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.function,
    ({ FunctionArn = '' }) => bucketTells('function', FunctionArn, bucket, facts),
    () => [],
  );
}

/** Whether it publishes to a topic. */
export function bucketTellsTopic(bucket: BucketFacts, topicArn: string, facts: Facts): Finding[] {
  return bucketTells('topic', topicArn, bucket, facts);
}

/** Where the configuration of a bucket has whom it tells. */
const LISTENERS = {
  queue: { list: 'QueueConfigurations', arn: 'QueueArn' },
  function: { list: 'LambdaFunctionConfigurations', arn: 'LambdaFunctionArn' },
  topic: { list: 'TopicConfigurations', arn: 'TopicArn' },
} as const;

type Listener = keyof typeof LISTENERS;

interface Notification {
  Events?: string[] | undefined;
  Filter?: { Key?: { FilterRules?: FilterRule[] | undefined } | undefined } | undefined;
}

const CREATED: Event = 's3:ObjectCreated:*';
const isCreation = (event: string) => event.startsWith('s3:ObjectCreated:');

function bucketTells(listener: Listener, arn: string, bucket: BucketFacts, facts: Facts): Finding[] {
  return onNotifications(bucket, (before) => {
    const all: (Notification & { [arn: string]: unknown })[] = (before[LISTENERS[listener].list] ?? []).map((one) => ({
      ...one,
    }));
    const created = all
      .filter((one) => one[LISTENERS[listener].arn] === arn)
      .filter(({ Events = [] }) => Events.some((event) => event === CREATED || event === 's3:ObjectCreated:Put'));
    const fix = (trail: Trail) => {
      const added = logFilesOf(trail);
      const kept = all.filter((one) => one[LISTENERS[listener].arn] !== arn || !isWithin(one, added));
      const list = [...kept, { [LISTENERS[listener].arn]: arn, ...added }];
      return notificationFix(bucket.name, { ...before, [LISTENERS[listener].list]: list });
    };
    const trails = trailsTo(bucket, facts).map(({ trail }) => trail);
    if (created.length === 0) {
      return [
        problem(CHECK, `bucket ${bucket.name} does not tell the ${listener} of new log files`, fix(trails[0] ?? {})),
      ];
    }
    const untold = trails.filter((trail) => !created.some((one) => takesLogFilesOf(trail, one, facts)));
    if (untold.length === 0) return [ok(CHECK, `bucket ${bucket.name} tells the ${listener} of new log files`)];
    return untold.map((trail) =>
      problem(
        CHECK,
        `bucket ${bucket.name} tells the ${listener} of other objects, not of the log files of ${trail.Name} (prefix or suffix)`,
        fix(trail),
      ),
    );
  });
}

function takesLogFilesOf(trail: Trail, notification: Notification, { asker }: Facts): boolean {
  const { prefix, suffix } = filterOf(notification);
  const key = exampleKey(trail, asker, prefix);
  return key.startsWith(prefix) && key.endsWith(suffix);
}

/** Also where the bucket has other objects, and tells somebody else of them: S3 takes no overlapping filters. */
function logFilesOf(trail: Trail) {
  return {
    Events: [CREATED],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix', Value: keyPrefixOf(trail) },
          { Name: 'suffix', Value: '.json.gz' },
        ],
      },
    } satisfies { Key: { FilterRules: FilterRule[] } },
  };
}

/** Whether all that one notification tells of, the other does too: S3 would not take both. */
function isWithin(notification: Notification, wider: Notification): boolean {
  const [inner, outer] = [filterOf(notification), filterOf(wider)];
  const { Events = [] } = notification;
  return Events.every(isCreation) && inner.prefix.startsWith(outer.prefix) && inner.suffix.endsWith(outer.suffix);
}

function filterOf({ Filter }: Notification): { prefix: string; suffix: string } {
  const value = (name: string) => Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === name)?.Value;
  return { prefix: value('prefix') ?? '', suffix: value('suffix') ?? '' };
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

/** Whether it sends its events to EventBridge. */
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
