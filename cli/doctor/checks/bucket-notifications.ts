import {
  type Event,
  type FilterRule,
  GetBucketNotificationConfigurationCommand,
  type GetBucketNotificationConfigurationCommandOutput,
} from '@aws-sdk/client-s3';
import { redirectedRegion } from '../../../shared/aws/bucket-regions.ts';
import type { LogBucket } from '../../../shared/config.ts';
import { isMissing } from '../../lib/aws-settings.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResults, ok, problem } from '../check.ts';
import { exampleKey, type Trail } from '../trail.ts';
import type { WatchedTrails } from '../watched-trails.ts';

type Notifications = GetBucketNotificationConfigurationCommandOutput;
export type BucketCheck = (
  bucket: string,
  notifications: Notifications,
  trails: readonly Trail[],
  watched: WatchedTrails,
) => CheckResults;

/** Checks the notifications of each bucket. */
export async function onBuckets(stack: WatchedTrails, check: BucketCheck): Promise<CheckResults> {
  return eachBucket(stack, await stack.logBuckets(), check);
}

export async function eachBucket(
  stack: WatchedTrails,
  buckets: readonly LogBucket[],
  check: BucketCheck,
): Promise<CheckResults> {
  const trails = await stack.trails();
  const found = buckets.map(async ({ name, account }) => {
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: name, ExpectedBucketOwner: account });
    try {
      return check(name, await stack.clients.s3.send(command), trails, stack);
    } catch (error) {
      if (!isMissing(error)) throw error;
      const look = shell`aws s3api head-bucket --bucket ${name}`;
      return problem(
        `there is no bucket ${name}`,
        `see the parameters logBucket and moreLogBuckets of the deployment: ${look}`,
      );
    }
  });
  return Promise.all(found);
}

/** Where the configuration of a bucket has its listeners. */
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

/** Whether a bucket notifies a listener of the log files of each trail. */
export function bucketTells(listener: keyof typeof LISTENERS, arn: string): BucketCheck {
  const { list, arn: member } = LISTENERS[listener];
  return (bucket, notifications, trails, { caller }) => {
    const all = (notifications[list] ?? []) as unknown as Notification[];
    const ours = all.filter((one) => one[member] === arn && one.Events?.some(isCreation));
    const delivering = trails.filter((trail) => trail.bucket === bucket);
    const untold = delivering.filter((trail) => !ours.some((one) => covers(one, exampleKey(trail, caller))));
    // The request replaces the whole configuration, so it repeats the rest.
    const fix = (trail: Trail | undefined) =>
      notificationFix(bucket, notifications, { [list]: [...all, { [member]: arn, ...logFilesOf(trail) }] });
    if (ours.length === 0)
      return problem(`bucket ${bucket} does not tell the ${listener} of new log files`, fix(delivering[0]));
    if (untold.length === 0) return ok(`bucket ${bucket} tells the ${listener} of new log files`);
    return untold.map((trail) =>
      problem(
        `bucket ${bucket} tells the ${listener} of other objects, not of the log files of ${trail.name} (prefix or suffix)`,
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

function logFilesOf(trail: Trail | undefined): Notification {
  const FilterRules: FilterRule[] = [
    { Name: 'prefix', Value: trail?.keyPrefix ?? 'AWSLogs/' },
    { Name: 'suffix', Value: '.json.gz' },
  ];
  return { Events: ['s3:ObjectCreated:*'], Filter: { Key: { FilterRules } } };
}

function notificationFix(bucket: string, { $metadata: _, ...before }: Notifications, added: object): string {
  const wanted = { ...before, ...added };
  return shell`aws s3api put-bucket-notification-configuration --bucket ${bucket} --notification-configuration ${wanted}`;
}

export function bucketTellsEventBridge(
  bucket: string,
  notifications: Notifications,
  _: readonly Trail[],
  { clients, caller }: WatchedTrails,
): CheckResults {
  // A bucket sends events to EventBridge in its own Region.
  const region = redirectedRegion(clients.s3, bucket) ?? caller.region;
  if (region !== caller.region)
    return problem(
      `bucket ${bucket} is in ${region}: EventBridge does not bring its events to ${caller.region}`,
      `deploy the stack in ${region}, or with source=topic and a topic to which the trail publishes`,
    );
  if (notifications.EventBridgeConfiguration) return ok(`bucket ${bucket} sends its events to EventBridge`);
  const fix = notificationFix(bucket, notifications, { EventBridgeConfiguration: {} });
  return problem(`bucket ${bucket} does not send its events to EventBridge`, fix);
}
