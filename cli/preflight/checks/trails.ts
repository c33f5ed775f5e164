import { GetEventSelectorsCommand } from '@aws-sdk/client-cloudtrail';
import type { LogBucket } from '../../../shared/config.ts';
import { type Check, type CheckResult, type Checks, ok, problem, resultOf, warning } from '../../doctor/check.ts';
import { bucketTellsEventBridge, onBuckets } from '../../doctor/checks/bucket-notifications.ts';
import { recordedOf } from '../../doctor/checks/selectors.ts';
import { nothingDelivered, nothingFurtherDelivered } from '../../doctor/checks/trails.ts';
import { redeploy, type Trail } from '../../doctor/trail.ts';
import type { Plan } from '../plan.ts';

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html */
const MAX_TRAILS = 5;

export const sourceChecks: Checks<Plan> = {
  /** With a new trail: what other trails record already. Otherwise: whether the parameters are those of the trail. */
  trail: async (plan) => [
    await (plan.createsTrail ? otherTrails(plan) : trailsOfBuckets(plan)),
    await furtherTrails(plan),
  ],

  announcement: async (plan) => (plan.value('source') === 'bucket' ? eventsOfBuckets(plan) : undefined),
};

const otherTrails: Check<Plan> = async (plan) => {
  const others = (await plan.visibleTrails()).filter(({ name }) => name !== plan.trailName);
  const recorded = await Promise.all(others.map((trail) => recordsManagement(trail, plan)));
  const recording = others.filter((_, i) => recorded[i] === true);
  const unclear = recorded.filter((one) => one !== true && one !== false);
  return [
    others.length >= MAX_TRAILS
      ? problem(
          `${others.length} trails are in ${plan.caller.region}: CloudTrail allows ${MAX_TRAILS}`,
          'attach to one of them: --param=source=bucket or source=topic',
        )
      : undefined,
    unclear,
    plan.value('managementEvents') === 'false'
      ? await withoutManagement(recording, unclear.length > 0, plan)
      : withManagement(recording, plan),
  ];
};

/** @returns what could not be found out, if so */
async function recordsManagement(trail: Trail, plan: Plan): Promise<boolean | CheckResult> {
  try {
    if (!(await plan.trailStatus(trail)).IsLogging) return false;
    const command = new GetEventSelectorsCommand({ TrailName: trail.arn });
    return recordedOf(await plan.clients.cloudTrailIn(trail.home).send(command), 'Management') !== 'none';
  } catch (error) {
    const result = resultOf(error, plan);
    return { ...result, text: `whether ${trail.name} records management events is not known: ${result.text}` };
  }
}

function withManagement(recording: readonly Trail[], plan: Plan): CheckResult | readonly CheckResult[] {
  if (recording.length === 0) return ok('no other trail records management events: the copy of the new one is free');
  return recording.map((trail) =>
    warning(
      `${trail.name} records management events already: CloudTrail charges the new trail 2 dollars for each 100,000 of them`,
      `attach to it, ${redeploy(plan, trail)} ${attach(trail, plan)}; or record only MWAA's data events: --param=managementEvents=false`,
    ),
  );
}

function attach(trail: Trail, plan: Plan): string {
  if (trail.account === plan.caller.account) return '--param=source=bucket';
  return `--param=source=topic --param=topicArn=${trail.topicArn ?? 'TOPIC-OF-THE-TRAIL-OR-ITS-BUCKET'}`;
}

async function withoutManagement(
  recording: readonly Trail[],
  isUnclear: boolean,
  plan: Plan,
): Promise<CheckResult | undefined> {
  const further = (await plan.moreLogBuckets()).map(({ name }) => name);
  const read = recording.filter(({ bucket }) => further.includes(bucket)).map(({ name }) => name);
  if (read.length > 0) return ok(`management events are left to ${read.join(', ')}, which the stack reads as well`);
  if (recording.length > 0)
    return ok(
      `management events are left to ${recording.map(({ name }) => name).join(', ')}: the stack does not read them`,
    );
  if (isUnclear) return undefined;
  return warning(
    'no trail records management events: creations, changes and deletions of environments leave no trace',
    `leave out managementEvents=false: ${redeploy(plan)}`,
  );
}

const trailsOfBuckets: Check<Plan> = async (plan) => {
  const trails = await plan.trails();
  const { first } = await plan.trailsBySource();
  const isBare = ({ name }: LogBucket) => !trails.some(({ bucket }) => bucket === name);
  return [
    (await plan.logBuckets()).filter(isBare).map((bucket) => nothingDelivered(bucket, undefined, trails, plan)),
    first.map((trail) => {
      const wrong = [
        trail.keyPrefix.startsWith(plan.value('keyPrefix')) ? [] : ['keyPrefix'],
        (trail.kmsKey ?? '') === plan.value('kmsKeyArn') ? [] : ['kmsKeyArn'],
      ].flat();
      if (wrong.length === 0) return ok(`${trail.name} (home Region ${trail.home}) delivers to ${trail.bucket}`);
      return problem(`${trail.name} has another ${wrong.join(' and ')} than the parameters say`, redeploy(plan, trail));
    }),
  ];
};

/** Whether the parameters are those of the further trails. */
const furtherTrails: Check<Plan> = async (plan) => {
  const buckets = await plan.moreLogBuckets();
  const { further } = await plan.trailsBySource();
  const keys = plan.list('moreKmsKeyArns');
  return buckets.map((bucket) => {
    const delivering = further.filter((trail) => trail.bucket === bucket.name);
    if (delivering.length === 0) return nothingFurtherDelivered(bucket, plan);
    const wrongPrefix = (trail: Trail) =>
      !buckets.some(({ name, prefix }) => name === trail.bucket && trail.keyPrefix === `${prefix}AWSLogs/`);
    return delivering.map((trail) => {
      if (wrongPrefix(trail))
        return problem(
          `${trail.name} writes to s3://${trail.bucket}/${trail.keyPrefix}, which moreLogBuckets does not name`,
          'name the bucket as NAME/PREFIX there, without AWSLogs/',
        );
      if (trail.kmsKey !== undefined && ![...keys, plan.value('kmsKeyArn')].includes(trail.kmsKey))
        return problem(`moreKmsKeyArns does not name the key of ${trail.name}`, `add ${trail.kmsKey} to it`);
      return ok(`${trail.name} (home Region ${trail.home}) delivers to ${trail.bucket}`);
    });
  });
};

const eventsOfBuckets: Check<Plan> = async (plan) => {
  const foreign = (await plan.logBuckets()).find(
    ({ account }) => account !== undefined && account !== plan.caller.account,
  );
  if (foreign === undefined) return onBuckets(plan, bucketTellsEventBridge);
  return problem(
    `bucket ${foreign.name} is in account ${foreign.account}: EventBridge brings its events only to rules of that account`,
    'deploy in that account, or with source=topic and a topic to which the trail or the bucket publishes',
  );
};
