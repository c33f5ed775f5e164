import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type LogBucket, readConfig, readLogBuckets, readMoreLogBuckets } from '../../shared/config.ts';
import { isMissing } from '../lib/aws-settings.ts';
import { listResources, PARTS, type Part } from '../lib/deployed-stack.ts';
import type { Caller, Clients } from './clients.ts';
import { GoneError, UnknownError } from './errors.ts';
import { once } from './once.ts';
import { watchTrails } from './watched-trails.ts';

/** How log files are announced: the parameters `source` and `notify` of serverless.yml. */
export type Source = 'queue' | 'function' | 'bucket' | 'topic';

/** What deploy/more-topics.cjs calls the subscriptions to the topics of further trails. */
const MORE_SUBSCRIPTION = /^MoreLogFileSubscription\d$/;

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

  /** A variable of the ingest function, whose configuration is valid. */
  const variable = async (name: string) => {
    await config();
    return (await ingest()).Environment?.Variables?.[name] ?? '';
  };

  const logBuckets = async (): Promise<readonly LogBucket[]> => {
    const buckets = readLogBuckets(await variable('LOG_BUCKETS'));
    if (buckets.length > 0) return buckets;
    throw new UnknownError('LOG_BUCKETS of the ingest function allows any bucket: name the buckets of your trails');
  };

  const moreLogBuckets = async () => readMoreLogBuckets(await variable('MORE_LOG_BUCKETS'));

  /** The topics of further trails; those whose subscriptions are not confirmed are undefined. */
  const moreTopics = async () =>
    [...(await resources())].flatMap(([id, arn]) =>
      MORE_SUBSCRIPTION.test(id) ? [arn.startsWith('arn:') ? arn.replace(/:[^:]*$/, '') : undefined] : [],
    );

  /** As deployed with `managementEvents=false`, which has no such alarm. */
  const dataOnly = async () => (await idOf('trail')) !== undefined && (await idOf('silenceAlarm')) === undefined;

  const ownTrail = () => idOf('trail');
  const watched = watchTrails({ clients, caller, now, logBuckets, moreLogBuckets, ownTrail, dataOnly });

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

  return {
    ...watched,
    ...{ name, idOf, ask, source, moreTopics, ingest, config, queue, deadLetters, alertDeadLetters },
  };
}
export type Stack = ReturnType<typeof openStack>;
