import { DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type LogBucket, readConfig } from '../../shared/config.ts';
import { relativeTime } from '../../shared/render/times.ts';
import { isMissing } from '../lib/aws-settings.ts';
import { listResources, PARTS, type Part } from '../lib/deployed-stack.ts';
import type { Caller, Clients } from './clients.ts';
import { type Trail, toTrail } from './trail.ts';

/** How log files are announced: the parameters `source` and `notify` of serverless.yml. */
export type Source = 'queue' | 'function' | 'bucket' | 'topic';

/** A part that the stack should have does not exist. */
export class GoneError extends Error {}

/** Something cannot be checked because of the state of the stack. */
export class UnknownError extends Error {}

/**
 * A deployed stack, which is read on demand. Each request goes to AWS once, and fails with the SDK's error.
 * @param now in milliseconds since 1970
 */
export function openStack(clients: Clients, caller: Caller, name: string, now: number) {
  const resources = once(() => listResources(clients.cloudFormation, name));

  /** The physical ID of a part; undefined if the stack has no such part. */
  const idOf = async (part: Part) => (await resources()).get(PARTS[part].id) || undefined;

  /**
   * Asks AWS about a part, by its physical ID.
   * @throws {GoneError} if it does not exist
   */
  async function ask<T>(part: Part, request: (id: string) => Promise<T>): Promise<T> {
    const id = await idOf(part);
    if (id === undefined) throw new GoneError(PARTS[part].what);
    try {
      return await request(id);
    } catch (error) {
      throw isMissing(error) ? new GoneError(PARTS[part].what) : error;
    }
  }

  /** Returns undefined for a stack that was not made by serverless.yml. */
  const source = async (): Promise<Source | undefined> => {
    if (await idOf('subscription')) return 'topic';
    if (await idOf('rule')) return 'bucket';
    if (await idOf('bucketPermission')) return 'function';
    return (await idOf('trail')) ? 'queue' : undefined;
  };

  const ingest = once(() =>
    ask('function', (FunctionName) => clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))),
  );

  /** How the ingest function understands its environment. */
  const config = once(async () => readConfig((await ingest()).Environment?.Variables ?? {}));

  /** The buckets that ingest reads. */
  const logBuckets = async (): Promise<readonly LogBucket[]> => {
    const buckets = (await config()).logBuckets;
    if (buckets.length > 0) return buckets;
    throw new UnknownError('LOG_BUCKETS of the ingest function allows any bucket: name the buckets of your trails');
  };

  /** The trails that deliver to a bucket of ingest, and the stack's own, including retired ones. */
  const allTrails = once(async (): Promise<Trail[]> => {
    const buckets = (await logBuckets()).map((bucket) => bucket.name);
    const own = await idOf('trail');
    // Includes trails of other Regions that cover this one, and the organization's.
    const command = new DescribeTrailsCommand({ includeShadowTrails: true });
    const { trailList = [] } = await clients.cloudTrailIn(caller.region).send(command);
    return trailList
      .map((trail) => toTrail(trail, caller))
      .filter((trail) => trail.name === own || buckets.includes(trail.bucket));
  });

  /** The status of a trail, which only its home Region knows. */
  const trailStatus = async ({ arn, name, home }: Trail) => {
    const answer = clients.cloudTrailIn(home).send(new GetTrailStatusCommand({ Name: arn }));
    return answer.catch((error: unknown) => {
      if (isMissing(error)) throw new UnknownError(`${name} is visible here, but does not exist in ${home}`);
      throw error;
    });
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

  /** The attributes of a queue that doctor checks. */
  const queueOf = (part: 'queue' | 'deadLetters' | 'alertDeadLetters') =>
    ask(part, async (url) => {
      const { Attributes = {} } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      return {
        ...{ url, arn: Attributes.QueueArn ?? '', policy: Attributes.Policy ?? '' },
        keyId: Attributes.KmsMasterKeyId ?? '',
        hasDeadLetters: Boolean(Attributes.RedrivePolicy),
        waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      };
    });
  const [queue, deadLetters] = [once(() => queueOf('queue')), once(() => queueOf('deadLetters'))];
  const alertDeadLetters = () => queueOf('alertDeadLetters');

  /** `7h ago` */
  const ago = (time: Date) => relativeTime(time.getTime(), now);
  const isWithin = (ms: number, time: Date | undefined) => now - (time?.getTime() ?? 0) <= ms;

  return {
    ...{ name, caller, now, ago, isWithin, clients, idOf, ask, source, ingest, config, logBuckets },
    ...{ allTrails, trails, trailStatus, queue, deadLetters, alertDeadLetters },
  };
}
export type Stack = ReturnType<typeof openStack>;

/** Asks once, and remembers the answer. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
