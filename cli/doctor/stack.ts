import { DescribeTrailsCommand, GetTrailStatusCommand, type Trail } from '@aws-sdk/client-cloudtrail';
import { type FunctionConfiguration, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { type Config, type LogBucket, readConfig } from '../../shared/config.ts';
import { isMissing } from '../lib/aws-settings.ts';
import type { Clients } from './clients.ts';
import { LOGICAL_IDS, listResources, type StackResources } from './stack-resources.ts';

/** Who runs doctor, and where. */
export interface Caller {
  /** 12 digits. */
  account: string;
  arn: string;
  region: string;
  /** Of AWS: `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
}

/** @throws the errors of the SDK */
export async function identify(sts: STSClient): Promise<Caller> {
  const region = await sts.config.region();
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  return { account, arn, region, partition: arn.split(':')[1] ?? 'aws' };
}

type Part = keyof typeof LOGICAL_IDS;

/** How the stack learns of log files: the parameters `source` and `notify` of serverless.yml. */
export type Source = 'queue' | 'function' | 'bucket' | 'topic';

/** Returns undefined for a stack that was not made by serverless.yml. */
export function sourceOf(resources: StackResources): Source | undefined {
  if (resources.has(LOGICAL_IDS.subscription)) return 'topic';
  if (resources.has(LOGICAL_IDS.rule)) return 'bucket';
  if (resources.has(LOGICAL_IDS.bucketPermission)) return 'function';
  return resources.has(LOGICAL_IDS.trail) ? 'queue' : undefined;
}

/** Something that the stack should have is not there. */
export class GoneError extends Error {}

/** Something is wrong with the stack, so that this and what depends on it cannot be checked. */
export class UnknownError extends Error {}

/**
 * A deployed stack, asked on demand. Each question goes to AWS once, and fails with the SDK's error.
 * @param now in milliseconds since 1970
 */
export function openStack(clients: Clients, caller: Caller, name: string, now: number) {
  const { cloudFormation, lambda, sqs } = clients;

  const resources = once(() => listResources(cloudFormation, name));

  /** @throws {GoneError} if the stack has no such part */
  const physicalId = async (part: Part, what: string): Promise<string> => {
    const id = (await resources()).get(LOGICAL_IDS[part]);
    if (id) return id;
    throw new GoneError(what);
  };

  const ingest = once(async (): Promise<FunctionConfiguration> => {
    const FunctionName = await physicalId('function', 'the ingest function');
    return orGone('the ingest function', lambda.send(new GetFunctionConfigurationCommand({ FunctionName })));
  });

  /** How the ingest function understands its environment. */
  const config = once(async (): Promise<Config> => readConfig((await ingest()).Environment?.Variables ?? {}));

  /** The buckets that ingest reads. */
  const logBuckets = async (): Promise<readonly LogBucket[]> => {
    const buckets = (await config()).logBuckets;
    if (buckets.length > 0) return buckets;
    throw new UnknownError('LOG_BUCKETS of the ingest function allows any bucket: name the buckets of your trails');
  };

  /** The trails that deliver to a bucket of ingest, and the stack's own, wherever it delivers; retired ones, too. */
  const allTrails = once(async (): Promise<Trail[]> => {
    const buckets = (await logBuckets()).map((bucket) => bucket.name);
    const own = (await resources()).get(LOGICAL_IDS.trail);
    // Those of other Regions that cover this one, and the organization's, too.
    const command = new DescribeTrailsCommand({ includeShadowTrails: true });
    const { trailList = [] } = await clients.cloudTrailIn(caller.region).send(command);
    return trailList.filter(({ Name, S3BucketName = '' }) => Name === own || buckets.includes(S3BucketName));
  });

  /** The status of a trail, which only its home Region knows. */
  const trailStatus = async ({ TrailARN, Name, HomeRegion = caller.region }: Trail) => {
    const answer = clients.cloudTrailIn(HomeRegion).send(new GetTrailStatusCommand({ Name: TrailARN }));
    return answer.catch((error: unknown) => {
      if (isMissing(error)) throw new UnknownError(`${Name} is visible here, but not to be found in ${HomeRegion}`);
      throw error;
    });
  };

  /** A trail that is switched off while another one delivers to the same bucket is retired: nothing is expected of it. */
  const isRetired = async (trail: Trail): Promise<boolean> => {
    const others = (await allTrails()).filter((one) => one !== trail && one.S3BucketName === trail.S3BucketName);
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

  /** All attributes of a queue, and its URL as `QueueUrl`. */
  const queue = once(async (part: 'queue' | 'deadLetters'): Promise<Readonly<Record<string, string>>> => {
    const what = part === 'queue' ? 'the ingest queue' : 'the dead-letter queue';
    const QueueUrl = await physicalId(part, what);
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await orGone(what, sqs.send(command));
    return { ...Attributes, QueueUrl };
  });

  return {
    name,
    caller,
    now,
    clients,
    resources,
    physicalId,
    ingest,
    config,
    logBuckets,
    allTrails,
    trails,
    trailStatus,
    queue,
  };
}
export type Stack = ReturnType<typeof openStack>;

/** Asks once for each argument. */
export function once<A extends string | undefined, T>(
  ask: (argument: A) => Promise<T>,
): (...argument: undefined extends A ? [] : [A]) => Promise<T> {
  const answers = new Map<unknown, Promise<T>>();
  return (...[argument]) => {
    const answer = answers.get(argument) ?? ask(argument as A);
    answers.set(argument, answer);
    return answer;
  };
}

/** @throws {GoneError} if AWS says that there is no such thing */
export async function orGone<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isMissing(error) ? new GoneError(what) : error;
  }
}
