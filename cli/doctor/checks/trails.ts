import { HOUR_MS } from '../../../shared/cloudtrail/times.ts';
import type { LogBucket } from '../../../shared/config.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type Checks, eachTrail, ok, problem, unknown, warning } from '../check.ts';
import { type Trail, trailCommand } from '../trail.ts';
import type { WatchedTrails } from '../watched-trails.ts';
import { selectorChecks } from './selectors.ts';

/** A new trail's first log file takes some minutes. */
const FIRST_LOG_FILE_MS = HOUR_MS / 2;
/** An account with a trail is never silent for so long; same as in the alarm NoLogFiles. */
export const SILENCE_MS = 6 * HOUR_MS;
/** A digest is written every hour, even if nothing happened; the first one comes as soon. */
const DIGEST_SILENCE_MS = 3 * HOUR_MS;

/** Whether a trail delivers to each bucket that ingest reads. */
export const deliveryChecks: Checks = {
  async trail(stack) {
    const trails = await stack.trails();
    const isBare = ({ name }: LogBucket) => !trails.some(({ bucket }) => bucket === name);
    const [first, more] = await Promise.all([stack.logBuckets(), stack.moreLogBuckets()]);
    const own = await stack.idOf('trail');
    const retired = (await stack.allTrails()).filter((trail) => !trails.includes(trail));
    return [
      first.filter(isBare).map((bucket) => nothingDelivered(bucket, own, trails, stack)),
      more.filter(isBare).map((bucket) => nothingFurtherDelivered(bucket, stack)),
      retired.map(({ name }) => ok(`${name} is retired: another trail delivers to the same bucket`)),
      trails.map(delivers),
    ];
  },
};

export const delivers = ({ name, home, bucket }: Trail) => ok(`${name} (home Region ${home}) delivers to ${bucket}`);

/** Whether trails in use deliver, and record everything. */
export const trailChecks: Checks<WatchedTrails> = {
  Regions: eachTrail((trail, { caller }) =>
    trail.isMultiRegion
      ? ok(`${trail.name} records all Regions`)
      : warning(
          `${trail.name} records ${trail.home} only: environments in other Regions leave no trace`,
          trailCommand('update-trail', trail, caller, '--is-multi-region-trail'),
        ),
  ),

  validation: eachTrail((trail, { caller }) =>
    trail.writesDigests
      ? ok(`${trail.name} signs its log files`)
      : warning(
          `${trail.name} has log file validation off: nobody can prove that log files are as CloudTrail wrote them`,
          trailCommand('update-trail', trail, caller, '--enable-log-file-validation'),
        ),
  ),

  /** When a trail delivered last, and CloudTrail's errors. */
  logging: eachTrail(async (trail, stack) => {
    const { IsLogging, ...status } = await stack.trailStatus(trail);
    const { LatestDeliveryError: error, LatestDeliveryTime: last, StartLoggingTime: start } = status;
    const { name, bucket } = trail;
    if (!IsLogging) return problem(`${name} is switched off`, trailCommand('start-logging', trail, stack.caller));
    if (error) return problem(`${name} cannot deliver to ${bucket}: ${error}`, deliveryFix(trail));
    const text = last ? `${name} last delivered ${stack.ago(last)}` : `${name} has delivered nothing yet`;
    const isRecent = last ? stack.isWithin(SILENCE_MS, last) : stack.isWithin(FIRST_LOG_FILE_MS, start);
    // Without management events, days can pass without a log file.
    return isRecent || (await stack.dataOnly())
      ? ok(text)
      : problem(`${text}, although it is switched on`, deliveryFix(trail));
  }),

  /** When a trail that signs delivered its last digest. */
  digests: eachTrail(async (trail, stack) => {
    const { IsLogging, ...status } = await stack.trailStatus(trail);
    const { LatestDigestDeliveryError: error, LatestDigestDeliveryTime: last, StartLoggingTime: start } = status;
    const { name } = trail;
    if (!trail.writesDigests || !IsLogging) return undefined;
    if (error) return problem(`${name} cannot deliver digest files: ${error}`, deliveryFix(trail));
    const text = last
      ? `${name} delivered its last digest file ${stack.ago(last)}`
      : `${name} has delivered no digest file yet`;
    return stack.isWithin(DIGEST_SILENCE_MS, last ?? start)
      ? ok(text)
      : warning(`${text}: one is due every hour`, deliveryFix(trail));
  }),

  ...selectorChecks,
};

/** For a bucket to which no trail in use delivers. @param own the name of the trail that the stack created */
export function nothingDelivered(
  bucket: LogBucket,
  own: string | undefined,
  trails: readonly Trail[],
  stack: Pick<WatchedTrails, 'caller'>,
): CheckResult {
  const { name, account } = bucket;
  const { caller } = stack;
  if (own === undefined || (account !== undefined && account !== caller.account))
    return noTrailOf(bucket, 'then deploy with --param=logBucket=BUCKET', stack);
  const moved = trails.find((trail) => trail.name === own);
  if (moved) {
    return problem(
      `${own} delivers to ${moved.bucket}, and ingest reads ${name}`,
      trailCommand('update-trail', moved, caller, '--s3-bucket-name', name),
    );
  }
  const create = shell`aws cloudtrail create-trail --is-multi-region-trail --enable-log-file-validation --region ${caller.region} --name ${own} --s3-bucket-name ${name}`;
  const start = shell`aws cloudtrail start-logging --region ${caller.region} --name ${own}`;
  return problem(
    `the stack's trail ${own} is gone: nothing is delivered to ${name}`,
    `${create} && ${start}; then run doctor again`,
  );
}

/** What CloudTrail reports is an error of S3 or KMS. */
function deliveryFix({ bucket, kmsKey }: Trail): string {
  const policy = shell`aws s3api get-bucket-policy --bucket ${bucket}`;
  const key = kmsKey ? `, and the key kms:GenerateDataKey* (${shell`aws kms describe-key --key-id ${kmsKey}`})` : '';
  return `check that the bucket is there and its policy allows cloudtrail.amazonaws.com s3:PutObject (${policy})${key}`;
}

/** The same for the bucket of a further trail, which the stack never created. */
export const nothingFurtherDelivered = (bucket: LogBucket, stack: Pick<WatchedTrails, 'caller'>): CheckResult =>
  noTrailOf(bucket, 'then deploy with that one in --param=moreLogBuckets, or without it', stack);

function noTrailOf({ name, account }: LogBucket, advice: string, { caller }: Pick<WatchedTrails, 'caller'>) {
  if (account !== undefined && account !== caller.account) {
    // Other accounts' trails are visible only if they are the organization's.
    const list = shell`aws cloudtrail describe-trails --query ${`trailList[?S3BucketName=='${name}']`}`;
    return {
      ...unknown(`no trail visible from here delivers to ${name}, the bucket of account ${account}`),
      fix: `with credentials of the trail's account: ${list}`,
    };
  }
  const list = shell`aws cloudtrail describe-trails --region ${caller.region}`;
  return problem(
    `no trail of this account delivers to ${name}`,
    `which bucket does your trail deliver to? ${list}; ${advice}`,
  );
}
