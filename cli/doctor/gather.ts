import type { Trail } from '@aws-sdk/client-cloudtrail';
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { LogBucket } from '../../shared/config.ts';
import { listProblems, listWatermarks } from '../../shared/store/ledger.ts';
import { type Answer, ask, askWith, known } from './answer.ts';
import { askBuckets, askQueue, askSubscription } from './ask-announcers.ts';
import { askConcurrency, askFunction, askFunctionPolicy, askMappings } from './ask-function.ts';
import { probeRefused } from './ask-probe.ts';
import { askResources, askStackStatus, askTemplate, similarStacks } from './ask-stack.ts';
import { askTrail, askTrails } from './ask-trails.ts';
import type { Clients } from './clients.ts';
import type { DeployedTemplate } from './deployed-template.ts';
import type { Facts, TrailFacts } from './facts.ts';
import { readIngestConfig } from './ingest.ts';
import { type Asker, LOGICAL_IDS, sourceOf } from './stack.ts';

/**
 * Finds out everything there is to know about a stack; reads only. What does not hang together is asked at once.
 * @param now in milliseconds since 1970
 */
export async function gatherFacts(clients: Clients, asker: Asker, stackName: string, now: number): Promise<Facts> {
  const { cloudFormation, cloudTrailIn, lambda, sqs, s3 } = clients;
  const asked = {
    stackStatus: askStackStatus(cloudFormation, stackName),
    resources: askResources(cloudFormation, stackName),
    allTrails: askTrails(cloudTrailIn(asker.region)),
  };
  const resources = await asked.resources;
  const physicalId = (logicalId: string): Answer<string> => {
    if (!('known' in resources)) return resources;
    const resource = resources.known.get(logicalId);
    return resource ? { known: resource.physicalId } : { missing: true };
  };
  const source = 'known' in resources ? sourceOf(resources.known) : undefined;
  const functionName = physicalId(LOGICAL_IDS.function);
  const configuration = askFunction(lambda, functionName);
  const template = askWith(resources, (all) => askTemplate(cloudFormation, stackName, all, asker));
  const parts = allOf({
    function: configuration,
    template,
    reservedConcurrency: askConcurrency(lambda, functionName),
    mappings: askMappings(lambda, functionName),
    queue: askQueue(sqs, physicalId(LOGICAL_IDS.queue)),
    deadLetters: askQueue(sqs, physicalId(LOGICAL_IDS.deadLetters)),
    ...(source === 'topic' && { subscription: askSubscription(clients, physicalId(LOGICAL_IDS.subscription)) }),
    ...(source === 'function' && { functionPolicy: askFunctionPolicy(lambda, functionName) }),
  });
  const ledger = askLedger(clients, physicalId(LOGICAL_IDS.ledger));
  const probe = ledger.then(({ logFileProblems }) => probeRefused(s3, known(logFileProblems) ?? []));

  const logBuckets = logBucketsOf(await configuration, await template);
  const buckets = askBuckets(s3, logBuckets);
  const allTrails = await asked.allTrails;
  const trails = askWith(allTrails, (all) =>
    askTrailsOf(clients, all, logBuckets, physicalId(LOGICAL_IDS.trail), asker),
  );
  const stackStatus = await asked.stackStatus;
  const refused = await probe;
  return {
    asker,
    stackName,
    now,
    stackStatus,
    ...('missing' in stackStatus && { hints: await stackHints(clients, stackName, asker, allTrails) }),
    resources,
    ...(await parts),
    trails: await trails,
    logBuckets: await buckets,
    ...(await ledger),
    ...(refused && { probe: refused }),
  };
}

/** Waits for all at once, by name. */
async function allOf<T extends Record<string, unknown>>(asked: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const entries = Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const);
  return Object.fromEntries(await Promise.all(entries)) as { [K in keyof T]: Awaited<T[K]> };
}

/** The trails that deliver to a bucket of ingest, and the stack's own, wherever it delivers. */
async function askTrailsOf(
  clients: Clients,
  all: readonly Trail[],
  logBuckets: Answer<LogBucket[]>,
  ownName: Answer<string>,
  { region }: Asker,
): Promise<Answer<TrailFacts[]>> {
  const isOwn = ({ Name }: Trail) => Name !== undefined && Name === known(ownName);
  return askWith(logBuckets, async (buckets) => {
    const names = buckets.map(({ name }) => name);
    const ours = all.filter((trail) => isOwn(trail) || names.includes(trail.S3BucketName ?? ''));
    return { known: await Promise.all(ours.map((trail) => askTrail(clients, trail, region))) };
  });
}

/** More need not be named: what is wrong is mostly wrong with all. */
const MAX_PROBLEMS = 100;

async function askLedger({ dynamo }: Clients, table: Answer<string>) {
  // Both are in the index byListing.
  const query = <T>(list: (table: string) => Promise<T>) =>
    askWith(table, (name) => ask('dynamodb:Query', () => list(name)));
  const [watermarks, logFileProblems] = await Promise.all([
    query((name) => listWatermarks(dynamo, name)),
    query((name) => listProblems(dynamo, name, {}, MAX_PROBLEMS)),
  ]);
  return { watermarks, logFileProblems };
}

async function stackHints({ cloudFormation }: Clients, stackName: string, { region }: Asker, trails: Answer<Trail[]>) {
  // The trail that a stack makes is called STACK-REGION, and is seen in all Regions.
  const namesakes = (known(trails) ?? []).filter(({ Name, HomeRegion }) => Name === `${stackName}-${HomeRegion}`);
  const regions = new Set(namesakes.flatMap(({ HomeRegion = region }) => (HomeRegion === region ? [] : [HomeRegion])));
  return { similar: await similarStacks(cloudFormation, stackName), regions: [...regions] };
}

/** The buckets that ingest reads: those its environment allows; when that allows any, or is not to be seen, those its role may read. */
function logBucketsOf(
  configuration: Answer<FunctionConfiguration>,
  template: Answer<DeployedTemplate>,
): Answer<LogBucket[]> {
  const config = 'known' in configuration ? readIngestConfig(configuration.known) : undefined;
  if (config && 'known' in config && config.known.logBuckets.length > 0) return { known: [...config.known.logBuckets] };
  if (!('known' in template)) return 'known' in configuration ? template : configuration;
  const resources = (template.known.grants ?? []).flatMap((grant) => grant.resources);
  const names = resources.flatMap((arn) => /^arn:[^:]+:s3:::([^/*?]+)\/./.exec(arn)?.[1] ?? []);
  return { known: [...new Set(names)].map((name) => ({ name })) };
}
