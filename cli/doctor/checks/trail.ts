import {
  type AdvancedEventSelector,
  GetEventSelectorsCommand,
  type GetEventSelectorsCommandOutput,
  type GetTrailStatusCommandOutput,
  type Trail,
} from '@aws-sdk/client-cloudtrail';
import type { LogBucket } from '../../../shared/config.ts';
import { relativeTime } from '../../../shared/render/times.ts';
import { commandLine } from '../../lib/output.ts';
import { trailCommand } from '../commands.ts';
import { type Found, ok, problem, unknown, warning } from '../finding.ts';
import { type Stack, sourceOf } from '../stack.ts';
import { LOGICAL_IDS } from '../stack-resources.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A new trail's first log file takes some minutes, a digest an hour. */
const FIRST_LOG_FILE_MS = 30 * MINUTE_MS;
const FIRST_DIGEST_MS = 3 * HOUR_MS;
/** An account with a trail is never silent for so long; as the alarm NoLogFiles. */
const SILENCE_MS = 6 * HOUR_MS;
/** A digest is written every hour, even if nothing happened. */
const DIGEST_SILENCE_MS = 3 * HOUR_MS;

/** Whether a trail delivers to each bucket that ingest reads. */
export async function checkTrail(stack: Stack): Promise<Found[]> {
  const trails = await stack.trails();
  const buckets = await stack.logBuckets();
  const own = (await stack.resources()).get(LOGICAL_IDS.trail);
  const found = buckets
    .filter(({ name }) => !trails.some(({ S3BucketName }) => S3BucketName === name))
    .map((bucket) => {
      if (bucket.account !== undefined && bucket.account !== stack.caller.account) return foreignTrail(bucket);
      return own === undefined ? noTrail(bucket, stack) : ownTrail(own, trails, bucket, stack);
    });
  const retired = (await stack.allTrails()).filter((trail) => !trails.includes(trail));
  return [
    ...found,
    ...retired.map(({ Name }) => ok(`${Name} is retired: another trail delivers to the same bucket`)),
    ...trails.map(({ Name, HomeRegion, S3BucketName }) =>
      ok(`${Name} (home Region ${HomeRegion}) delivers to ${S3BucketName}`),
    ),
  ];
}

/** Other accounts' trails are visible only if they are the organization's. */
function foreignTrail({ name, account }: LogBucket): Found {
  const list = commandLine('aws cloudtrail describe-trails --query', `trailList[?S3BucketName=='${name}']`);
  return {
    ...unknown(`no trail visible from here delivers to ${name}, the bucket of account ${account}`),
    fix: `with credentials of the trail's account: ${list}`,
  };
}

function noTrail({ name }: LogBucket, { caller }: Stack): Found {
  const list = commandLine('aws cloudtrail describe-trails --region', caller.region);
  return problem(
    `no trail of this account delivers to ${name}`,
    `which bucket does your trail deliver to? ${list}; then deploy with --param=logBucket=BUCKET`,
  );
}

/** The trail that the stack created is gone, or delivers elsewhere. */
function ownTrail(own: string, trails: readonly Trail[], { name }: LogBucket, { caller }: Stack): Found {
  const moved = trails.find((trail) => trail.Name === own);
  if (moved) {
    const update = trailCommand('update-trail', '--name', moved, caller, '--s3-bucket-name', name);
    return problem(`${own} delivers to ${moved.S3BucketName}, and ingest reads ${name}`, update);
  }
  const create = 'aws cloudtrail create-trail --is-multi-region-trail --enable-log-file-validation --region';
  const words = [caller.region, '--name', own, '--s3-bucket-name', name];
  const start = commandLine('aws cloudtrail start-logging --region', caller.region, '--name', own);
  return problem(
    `the stack's trail ${own} is gone: nothing is delivered to ${name}`,
    `${commandLine(create, ...words)} && ${start}; then run doctor again`,
  );
}

/** Whether each trail records all Regions. */
export async function checkRegions(stack: Stack): Promise<Found[]> {
  return (await stack.trails()).map((trail) =>
    trail.IsMultiRegionTrail
      ? ok(`${trail.Name} records all Regions`)
      : warning(
          `${trail.Name} records ${trail.HomeRegion} only: environments in other Regions leave no trace`,
          trailCommand('update-trail', '--name', trail, stack.caller, '--is-multi-region-trail'),
        ),
  );
}

/** Whether each trail writes digests. */
export async function checkValidation(stack: Stack): Promise<Found[]> {
  return (await stack.trails()).map((trail) =>
    trail.LogFileValidationEnabled
      ? ok(`${trail.Name} signs its log files`)
      : warning(
          `${trail.Name} has log file validation off: nobody can prove that log files are as CloudTrail wrote them`,
          trailCommand('update-trail', '--name', trail, stack.caller, '--enable-log-file-validation'),
        ),
  );
}

/** When each trail delivered last, and what CloudTrail says of its errors. */
export function checkLogging(stack: Stack): Promise<Found[]> {
  return onStatus(stack, (trail, { IsLogging, LatestDeliveryError: error, LatestDeliveryTime, StartLoggingTime }) => {
    if (!IsLogging)
      return problem(`${trail.Name} is switched off`, trailCommand('start-logging', '--name', trail, stack.caller));
    if (error) return problem(`${trail.Name} cannot deliver to ${trail.S3BucketName}: ${error}`, deliveryFix(trail));
    const limit = LatestDeliveryTime ? SILENCE_MS : FIRST_LOG_FILE_MS;
    const text = LatestDeliveryTime
      ? `${trail.Name} last delivered ${relativeTime(LatestDeliveryTime.getTime(), stack.now)}`
      : `${trail.Name} has delivered nothing yet`;
    if (isRecent(LatestDeliveryTime ?? StartLoggingTime, limit, stack)) return ok(text);
    return problem(`${text}, although it is switched on`, deliveryFix(trail));
  });
}

/** When each trail that signs delivered its last digest. */
export function checkDigests(stack: Stack): Promise<Found[]> {
  return onStatus(stack, (trail, status) => {
    const { LatestDigestDeliveryError: error, LatestDigestDeliveryTime: last, StartLoggingTime } = status;
    if (!trail.LogFileValidationEnabled || !status.IsLogging) return undefined;
    if (error) return problem(`${trail.Name} cannot deliver digest files: ${error}`, deliveryFix(trail));
    const text = last
      ? `${trail.Name} delivered its last digest file ${relativeTime(last.getTime(), stack.now)}`
      : `${trail.Name} has delivered no digest file yet`;
    if (isRecent(last ?? StartLoggingTime, last ? DIGEST_SILENCE_MS : FIRST_DIGEST_MS, stack)) return ok(text);
    return warning(`${text}: one is due every hour`, deliveryFix(trail));
  });
}

/** Whether each trail whose topic announces its log files can publish to it. */
export async function checkPublishing(stack: Stack): Promise<Found[]> {
  if (sourceOf(await stack.resources()) !== 'topic') return [];
  return onStatus(stack, (trail, { LatestNotificationError: error }) => {
    if (!error || !trail.SnsTopicARN) return undefined;
    return problem(
      `${trail.Name} cannot publish to ${trail.SnsTopicARN}: ${error}`,
      `let cloudtrail.amazonaws.com publish, in the topic's policy: ${commandLine('aws sns get-topic-attributes --topic-arn', trail.SnsTopicARN)}`,
    );
  });
}

function isRecent(time: Date | undefined, limit: number, { now }: Stack): boolean {
  return now - (time?.getTime() ?? 0) <= limit;
}

/** What CloudTrail reports is an error of S3 or KMS. */
function deliveryFix({ S3BucketName = '', KmsKeyId }: Trail): string {
  const bucket = commandLine('aws s3api get-bucket-policy --bucket', S3BucketName);
  const key = KmsKeyId
    ? `, and the key kms:GenerateDataKey* (${commandLine('aws kms describe-key --key-id', KmsKeyId)})`
    : '';
  return `check that the bucket is there and its policy allows cloudtrail.amazonaws.com s3:PutObject (${bucket})${key}`;
}

/** The findings on the state of each trail, which only its home Region knows. */
async function onStatus(
  stack: Stack,
  check: (trail: Trail, status: GetTrailStatusCommandOutput) => Found | undefined,
): Promise<Found[]> {
  const found = (await stack.trails()).map(async (trail) => check(trail, await stack.trailStatus(trail)) ?? []);
  return (await Promise.all(found)).flat();
}

/** Whether each trail records MWAA's management events: creations, changes and deletions of environments. */
export function checkManagementEvents(stack: Stack): Promise<Found[]> {
  return onSelectors(stack, 'Management', (trail, recorded, fix) => {
    if (recorded === 'all') return ok(`${trail.Name} records management events`);
    const text = `${trail.Name} records ${recorded === 'none' ? 'no' : 'only some'} management events: creations, changes, deletions, and denied calls may be missing`;
    return recorded === 'none' ? problem(text, fix(MANAGEMENT)) : warning(text, fix(MANAGEMENT));
  });
}

/** Whether each trail records MWAA's data events. */
export function checkDataEvents(stack: Stack): Promise<Found[]> {
  return onSelectors(stack, 'Data', (trail, recorded, fix) => {
    const what = 'logins to Airflow, CLI tokens, calls of its REST API';
    if (recorded === 'all') return ok(`${trail.Name} records MWAA's data events: ${what}`);
    if (recorded === 'some')
      return warning(`${trail.Name} records only some of MWAA's data events (${what})`, fix(DATA));
    return problem(`${trail.Name} does not record MWAA's data events: ${what} leave no trace`, fix(DATA));
  });
}

const MANAGEMENT: AdvancedEventSelector = {
  Name: 'Management events',
  FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
};
const DATA: AdvancedEventSelector = {
  Name: 'MWAA data events',
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::MWAA::Environment'] },
  ],
};

type Category = 'Management' | 'Data';
type Recorded = 'all' | 'some' | 'none';

/** The findings on what each trail records of a category. Trails may share the work: what another one records is not missing. */
async function onSelectors(
  stack: Stack,
  category: Category,
  check: (trail: Trail, recorded: Recorded, fix: (wanted: AdvancedEventSelector) => string) => Found,
): Promise<Found[]> {
  const asked = (await stack.trails()).map(async (trail) => {
    const { TrailARN: TrailName, HomeRegion = stack.caller.region } = trail;
    const command = new GetEventSelectorsCommand({ TrailName });
    const selectors = await stack.clients.cloudTrailIn(HomeRegion).send(command);
    return { trail, selectors, recorded: recordedOf(selectors, category) };
  });
  const trails = await Promise.all(asked);
  const buckets = (await stack.logBuckets()).map(({ name }) => name);
  const complete = trails.filter(
    ({ trail, recorded }) => recorded === 'all' && buckets.includes(trail.S3BucketName ?? ''),
  );
  return trails.map(({ trail, selectors, recorded }) => {
    const other = recorded === 'all' ? undefined : complete.find((one) => seesAllOf(one.trail, trail))?.trail;
    if (other) return ok(`${trail.Name} leaves ${category.toLowerCase()} events to ${other.Name}`);
    return check(trail, recorded, (wanted) => selectorFix(trail, selectors, wanted, stack));
  });
}

/** Whether a trail records the accounts and Regions of another one. */
function seesAllOf(trail: Trail, other: Trail): boolean {
  const regions = trail.IsMultiRegionTrail || (!other.IsMultiRegionTrail && trail.HomeRegion === other.HomeRegion);
  return Boolean(regions && (trail.IsOrganizationTrail || !other.IsOrganizationTrail));
}

/**
 * How much of MWAA's events of a category the selectors record; a selector with conditions of its own records some. Basic
 * selectors know no data events of MWAA.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html
 */
function recordedOf(
  { EventSelectors = [], AdvancedEventSelectors = [] }: GetEventSelectorsCommandOutput,
  category: Category,
): Recorded {
  const conditions =
    AdvancedEventSelectors.length > 0
      ? AdvancedEventSelectors.flatMap((selector) => conditionsOf(selector, category))
      : EventSelectors.filter(
          ({ IncludeManagementEvents = true }) => IncludeManagementEvents && category === 'Management',
        ).map(({ ReadWriteType = 'All' }) => (ReadWriteType === 'All' ? 0 : 1));
  if (conditions.length === 0) return 'none';
  return conditions.includes(0) ? 'all' : 'some';
}

/** The number of conditions under which a selector records MWAA's events of a category; none if it records no such events. */
function conditionsOf({ FieldSelectors = [] }: AdvancedEventSelector, category: string): [] | [number] {
  const is = (field: string, value: string) =>
    FieldSelectors.some(({ Field, Equals = [] }) => Field === field && Equals.includes(value));
  if (!is('eventCategory', category)) return [];
  if (category === 'Data' && !is('resources.type', 'AWS::MWAA::Environment')) return [];
  const others = FieldSelectors.filter(({ Field = '', Equals = [], NotEquals = [] }) => {
    const keepsMwaa =
      Field === 'eventSource' &&
      (Equals.includes('airflow.amazonaws.com') ||
        (NotEquals.length > 0 && !NotEquals.includes('airflow.amazonaws.com')));
    return !['eventCategory', 'resources.type'].includes(Field) && !keepsMwaa;
  });
  return [others.length];
}

/** The command replaces all selectors, and a trail has either basic or advanced ones. */
function selectorFix(
  trail: Trail,
  { AdvancedEventSelectors = [], EventSelectors = [] }: GetEventSelectorsCommandOutput,
  wanted: AdvancedEventSelector,
  { caller }: Stack,
): string {
  if (EventSelectors.length > 0) {
    const read = trailCommand('get-event-selectors', '--trail-name', trail, caller);
    return `the trail has basic selectors: write them as advanced ones (${read}), and add ${JSON.stringify(wanted)}`;
  }
  const all = [...AdvancedEventSelectors, wanted];
  return `${trailCommand('put-event-selectors', '--trail-name', trail, caller)} ${commandLine('--advanced-event-selectors', all)}`;
}
