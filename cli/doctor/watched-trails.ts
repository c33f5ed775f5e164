import { DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail';
import type { LogBucket, MoreLogBucket } from '../../shared/config.ts';
import { relativeTime } from '../../shared/render/times.ts';
import { ifThere } from '../lib/aws-settings.ts';
import type { Caller, Clients } from './clients.ts';
import { UnknownError } from './errors.ts';
import { once } from './once.ts';
import { type Trail, toTrail } from './trail.ts';

interface TrailsSource {
  clients: Clients;
  caller: Caller;
  /** In milliseconds since 1970. */
  now: number;
  /** The buckets of the first source whose log files ingest accepts, or will accept. */
  logBuckets(): Promise<readonly LogBucket[]>;
  /** Those of further trails. */
  moreLogBuckets(): Promise<readonly MoreLogBucket[]>;
  /** The name of the trail that the stack created. */
  ownTrail(): Promise<string | undefined>;
  /** Whether that trail is to record MWAA's data events alone. */
  dataOnly(): Promise<boolean>;
}

/** The trails that deliver to a stack's log buckets, which are read on demand. Each request goes to AWS once. */
export function watchTrails(source: TrailsSource) {
  const { clients, caller, now, logBuckets, moreLogBuckets, ownTrail, dataOnly } = source;
  const allLogBuckets = async (): Promise<readonly LogBucket[]> => [
    ...(await logBuckets()),
    ...(await moreLogBuckets()),
  ];

  /** All trails that the account sees: those of other Regions that cover this one, and the organization's. */
  const visibleTrails = once(async (): Promise<Trail[]> => {
    const command = new DescribeTrailsCommand({ includeShadowTrails: true });
    const { trailList = [] } = await clients.cloudTrailIn(caller.region).send(command);
    return trailList.map((trail) => toTrail(trail, caller));
  });

  /** The trails that deliver to a log bucket, and the stack's own, including retired ones. */
  const allTrails = once(async (): Promise<Trail[]> => {
    const buckets = (await allLogBuckets()).map((bucket) => bucket.name);
    const own = await ownTrail();
    return (await visibleTrails()).filter((trail) => trail.name === own || buckets.includes(trail.bucket));
  });

  /** The status of a trail, which only its home Region knows. */
  const trailStatus = async ({ arn, name, home }: Trail) => {
    const status = await ifThere(clients.cloudTrailIn(home).send(new GetTrailStatusCommand({ Name: arn })));
    if (status) return status;
    throw new UnknownError(`${name} is visible here, but does not exist in ${home}`);
  };

  /** Whether a trail is off while another delivers to the same bucket: nothing is expected of it. */
  const isRetired = async (trail: Trail): Promise<boolean> => {
    const others = (await allTrails()).filter((one) => one !== trail && one.bucket === trail.bucket);
    if (others.length === 0) return false;
    const isLogging = async (one: Trail) => (await trailStatus(one).catch(() => undefined))?.IsLogging;
    const living = await Promise.all(others.map(isLogging));
    return (await isLogging(trail)) === false && living.includes(true);
  };

  /** The trails that are in use. */
  const trails = once(async (): Promise<Trail[]> => {
    const all = await allTrails();
    const retired = await Promise.all(all.map(isRetired));
    return all.filter((_, i) => !retired[i]);
  });

  /** Those of the first source, and the further ones. Both may deliver to the same bucket, below different prefixes. */
  const trailsBySource = once(async (): Promise<{ first: Trail[]; further: Trail[] }> => {
    const [all, own, more] = await Promise.all([trails(), ownTrail(), moreLogBuckets()]);
    const buckets = (await logBuckets()).map(({ name }) => name);
    const isFirst = (trail: Trail) => trail.name === own || (buckets.includes(trail.bucket) && !isNamedBy(more, trail));
    return { first: all.filter(isFirst), further: all.filter((trail) => !isFirst(trail)) };
  });

  /** `7h ago` */
  const ago = (time: Date) => relativeTime(time.getTime(), now);
  const isWithin = (ms: number, time: Date | undefined) => now - (time?.getTime() ?? 0) <= ms;

  return {
    ...{ clients, caller, now, ago, isWithin, logBuckets, moreLogBuckets, allLogBuckets, dataOnly },
    ...{ visibleTrails, allTrails, trails, trailsBySource, trailStatus },
  };
}

/** Whether one of the further buckets is named with the prefix below which the trail writes. */
export const isNamedBy = (more: readonly MoreLogBucket[], { bucket, keyPrefix }: Trail): boolean =>
  more.some(({ name, prefix }) => bucket === name && keyPrefix === `${prefix}AWSLogs/`);

export type WatchedTrails = ReturnType<typeof watchTrails>;
