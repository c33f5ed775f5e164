import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createClient } from '../../shared/aws/settings.ts';
import type { Environment } from '../../shared/config.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { displayText } from '../../shared/render/display.ts';
import { isMissing, settingsProblem } from './aws-settings.ts';
import { ingestFunctionOf, type StoreOptions, storeOf } from './stores.ts';

const part = (id: string, what: string) => ({ id, what });

/** Parts of a deployed stack: the logical ID that serverless.yml, deploy/ or the Framework gives, and our name. */
export const PARTS = {
  function: part('IngestLambdaFunction', 'the ingest function'),
  queue: part('IngestQueue', 'the ingest queue'),
  deadLetters: part('IngestDeadLetterQueue', 'the dead-letter queue'),
  events: part('EventsTable', 'the table of events'),
  verifyFunction: part('VerifyLambdaFunction', 'the verify function'),
  exportFunction: part('ExportLambdaFunction', 'the export function'),
  alertFunction: part('AlertLambdaFunction', 'the alert function'),
  alertDeadLetters: part('AlertDeadLetterQueue', "the alert function's queue of failures"),
  alertTopic: part('AlertTopic', 'the topic of alerts'),
  ledger: part('LogFilesTable', 'the table of log files'),
  quarantine: part('QuarantineBucket', 'the quarantine bucket'),
  trail: part('Trail', 'the trail'),
  trailKey: part('TrailKey', 'the key of the trail'),
  rule: part('LogFileRule', "the stack's rule"),
  liveRule: part('LiveRule', 'the rule of live events'),
  forwardedLiveRule: part('ForwardedLiveRule', 'the rule of forwarded live events'),
  subscription: part('LogFileSubscription', "the queue's subscription"),
  bucketPermission: part('LogBucketPermission', 'the permission of the bucket'),
  silenceAlarm: part('NoLogFilesAlarm', 'the alarm NoLogFiles'),
  heartbeat: part('IngestEventsRuleSchedule1', 'the heartbeat of ingest'),
  verifySchedule: part('VerifyEventsRuleSchedule1', 'the schedule of verify'),
  exportSchedule: part('ExportEventsRuleSchedule1', 'the schedule of export'),
};
export type Part = keyof typeof PARTS;

/** The physical IDs of a stack's resources, by logical ID. Errors are the SDK's. */
export async function listResources(
  cloudFormation: CloudFormationClient,
  StackName: string,
): Promise<ReadonlyMap<string, string>> {
  const resources = new Map<string, string>();
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName })) {
    for (const { LogicalResourceId = '', PhysicalResourceId = '' } of page.StackResourceSummaries ?? [])
      resources.set(LogicalResourceId, PhysicalResourceId);
  }
  return resources;
}

/** They decide which events the ingest function keeps, and for how long. */
const VARIABLES = ['EVENT_SOURCES', 'RETENTION_DAYS'] as const;

/**
 * Asks Lambda for the variables of a stack's ingest function, so that events are stored as the function stores them. With
 * `--table`, the function is not known.
 * @param env its own values of these variables take precedence, even empty ones
 * @returns `env` with those variables
 * @throws {TrailError} `stack` if there is no such function, or its variables cannot be read
 */
export async function withIngestSettings(options: StoreOptions, env: Environment): Promise<Environment> {
  const store = storeOf(options, env);
  const missing = VARIABLES.filter((name) => env[name] === undefined);
  if (store.kind === 'local' || store.stack === undefined || options.table !== undefined || missing.length === 0)
    return env;
  const variables = await variablesOf(store.stack);
  return { ...env, ...Object.fromEntries(missing.map((name) => [name, variables[name]])) };
}

async function variablesOf(stack: string): Promise<Environment> {
  const FunctionName = ingestFunctionOf(stack);
  const refused = (why: string) =>
    `lambda:GetFunctionConfiguration does not tell which events ${FunctionName} keeps, and for how long (${why}): ` +
    `set ${VARIABLES.join(' and ')} as it has them, empty where it has none`;
  const missing = `expected its function ${FunctionName} in this account and Region`;
  const command = new GetFunctionConfigurationCommand({ FunctionName });
  const answer = await ask({ stack, missing, refused }, () => createClient(LambdaClient).send(command));
  const { Variables, Error: problem } = answer.Environment ?? {};
  if (Variables) return Variables;
  // If its key may not be used, Lambda answers with an error in place of variables.
  throw stackError(stack, refused(displayText(problem?.ErrorCode ?? 'it has no variables')));
}

/**
 * Asks CloudFormation for the quarantine bucket of a stack. A parameter can give it any name, and a guessed name could belong to
 * somebody else, who would then receive unredacted records.
 * @throws {TrailError} `stack` if there is no such stack, it has no such bucket, or CloudFormation may not be asked
 */
export async function quarantineBucketOf(stack: string): Promise<string> {
  const advice = '; or name the bucket itself, as --help says';
  const refused = (why: string) => `cloudformation:ListStackResources does not tell its quarantine (${why})${advice}`;
  const missing = `expected a stack of this name in this account and Region${advice}`;
  const resources = await ask({ stack, missing, refused }, () =>
    listResources(createClient(CloudFormationClient), stack),
  );
  const bucket = resources.get(PARTS.quarantine.id);
  if (bucket) return bucket;
  throw stackError(stack, `expected it to have a quarantine bucket${advice}`);
}

/** Explains an error of AWS, except problems of the AWS settings, which are explained elsewhere. */
async function ask<T>(
  { stack, missing, refused }: { stack: string; missing: string; refused(why: string): string },
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (isMissing(error)) throw stackError(stack, missing);
    throw settingsProblem(error) === undefined ? stackError(stack, refused(describeError(error))) : error;
  }
}

const stackError = (stack: string, problem: string) => new TrailError('stack', `--stack ${stack}: ${problem}`);
