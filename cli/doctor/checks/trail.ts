import type { Trail } from '@aws-sdk/client-cloudtrail';
import type { LogBucket } from '../../../shared/config.ts';
import { relativeTime } from '../../../shared/render/times.ts';
import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import { type Coverage, mwaaCoverage, withMwaa } from '../event-selectors.ts';
import type { Facts, Selectors, TrailFacts, TrailStatus } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown, warning } from '../finding.ts';
import { LOGICAL_IDS, sourceOf } from '../stack.ts';
import { trailCommand, updateTrail } from '../trail-command.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A new trail's first log file takes some minutes, a digest an hour. */
const FIRST_LOG_FILE_MS = 30 * MINUTE_MS;
const FIRST_DIGEST_MS = 3 * HOUR_MS;
/** An account with a trail is never silent for so long; as the alarm NoLogFiles. */
const SILENCE_MS = 6 * HOUR_MS;
/** A digest is written every hour, also when there is nothing to say. */
const DIGEST_SILENCE_MS = 3 * HOUR_MS;

/** The trails that ingest lives on: whether there are any, and what they record. */
export function checkTrails(facts: Facts): Finding[] {
  return findingsOn(
    'trail',
    facts.trails,
    (trails) => [...missingTrails(trails, facts), ...trails.flatMap((trail) => checkTrail(trail, facts))],
    () => [unknown('trail', NO_BUCKETS)],
  );
}

/**
 * A trail that is switched off while another one delivers to the same bucket is retired: nothing is expected of it.
 * @returns the facts without such trails, and a finding on each
 */
export function withoutRetired(facts: Facts): { current: Facts; retired: Finding[] } {
  const trails = known(facts.trails) ?? [];
  const isLogging = ({ status }: TrailFacts) => known(status)?.IsLogging;
  const successorOf = (one: TrailFacts) =>
    isLogging(one) === false
      ? trails.find((other) => isLogging(other) && other.trail.S3BucketName === one.trail.S3BucketName)
      : undefined;
  const retired = trails.flatMap((one) => {
    const successor = successorOf(one);
    return successor
      ? [ok('trail', `${one.trail.Name} is retired: ${successor.trail.Name} delivers to the same bucket`)]
      : [];
  });
  if (retired.length === 0) return { current: facts, retired };
  return { current: { ...facts, trails: { known: trails.filter((one) => !successorOf(one)) } }, retired };
}

/** The buckets of ingest to which no trail delivers that can be seen from here. */
function missingTrails(trails: readonly TrailFacts[], facts: Facts): Finding[] {
  const buckets = known(facts.logBuckets) ?? [];
  if (buckets.length === 0) return [unknown('trail', NO_BUCKETS)];
  const delivered = trails.map(({ trail }) => trail.S3BucketName);
  return buckets
    .filter(({ name }) => !delivered.includes(name))
    .map((bucket) => {
      if (bucket.account !== undefined && bucket.account !== facts.asker.account) return foreignTrail(bucket);
      const own = known(facts.resources)?.get(LOGICAL_IDS.trail)?.physicalId;
      return own === undefined ? noTrail(bucket, facts) : lostTrail(own, trails, bucket, facts);
    });
}

const NO_BUCKETS = { unknown: 'it is not known which buckets ingest reads' };

/** Other accounts' trails are only seen when they are the organisation's. */
function foreignTrail({ name, account }: LogBucket): Finding {
  const list = commandLine('aws cloudtrail describe-trails --query', `trailList[?S3BucketName=='${name}']`);
  return {
    ...unknown('trail', {
      unknown: `no trail that is seen from here delivers to ${name}, the bucket of account ${account}: what it records is not known`,
    }),
    fix: `with credentials of the trail's account: ${list}`,
  };
}

function noTrail({ name }: LogBucket, { asker }: Facts): Finding {
  const list = commandLine('aws cloudtrail describe-trails --region', asker.region);
  return problem(
    'trail',
    `no trail of this account delivers to ${name}`,
    `which bucket does your trail deliver to? ${list}; then deploy with --param=logBucket=BUCKET`,
  );
}

/** The trail that the stack has made. */
function lostTrail(
  own: string,
  trails: readonly TrailFacts[],
  { name }: LogBucket,
  { asker, resources }: Facts,
): Finding {
  const moved = trails.find(({ trail }) => trail.Name === own)?.trail;
  if (moved) {
    return problem(
      'trail',
      `${own} delivers to ${moved.S3BucketName}, and ingest reads ${name}`,
      updateTrail(moved, asker, '--s3-bucket-name', name),
    );
  }
  const key = known(resources)?.get(LOGICAL_IDS.trailKey)?.physicalId;
  const create = commandLine(
    'aws cloudtrail create-trail --is-multi-region-trail --enable-log-file-validation --region',
    asker.region,
    '--name',
    own,
    '--s3-bucket-name',
    name,
    ...(key === undefined ? [] : ['--kms-key-id', key]),
  );
  const start = commandLine('aws cloudtrail start-logging --region', asker.region, '--name', own);
  return problem(
    'trail',
    `the stack's trail ${own} is gone: nothing is delivered to ${name}`,
    `${create} && ${start}; then ask doctor again`,
  );
}

function checkTrail({ trail, status, selectors }: TrailFacts, facts: Facts): Finding[] {
  const none = () => [
    unknown('trail', { unknown: `${trail.Name} is seen, and is not to be found in ${trail.HomeRegion}` }),
  ];
  return [
    ok('trail', `${trail.Name} (home Region ${trail.HomeRegion}) delivers to ${trail.S3BucketName}`),
    ...checkRegions(trail, facts),
    ...checkValidation(trail, facts),
    ...findingsOn('logging', status, (value) => checkStatus(trail, value, facts), none),
    ...findingsOn('events recorded', selectors, (value) => checkSelectors(trail, value, facts), none),
  ];
}

function checkRegions(trail: Trail, { asker }: Facts): Finding[] {
  if (trail.IsMultiRegionTrail) return [ok('Regions', `${trail.Name} records all Regions`)];
  return [
    warning(
      'Regions',
      `${trail.Name} records ${trail.HomeRegion} alone: nothing is seen of environments elsewhere`,
      updateTrail(trail, asker, '--is-multi-region-trail'),
    ),
  ];
}

function checkValidation(trail: Trail, { asker }: Facts): Finding[] {
  if (trail.LogFileValidationEnabled) return [ok('validation', `${trail.Name} signs its log files`)];
  return [
    warning(
      'validation',
      `${trail.Name} has log file validation off: nobody can prove that log files are as CloudTrail wrote them`,
      updateTrail(trail, asker, '--enable-log-file-validation'),
    ),
  ];
}

function checkStatus(trail: Trail, status: TrailStatus, facts: Facts): Finding[] {
  if (!status.IsLogging) {
    return [
      problem('logging', `${trail.Name} is switched off`, trailCommand('start-logging', '--name', trail, facts.asker)),
    ];
  }
  return [
    ...checkDelivery(trail, status, facts),
    ...(trail.LogFileValidationEnabled ? checkDigests(trail, status, facts) : []),
    ...checkNotifications(trail, status, facts),
  ];
}

function checkDelivery(trail: Trail, status: TrailStatus, { now }: Facts): Finding[] {
  const { LatestDeliveryError: error, LatestDeliveryTime: last } = status;
  if (error) {
    return [
      problem('logging', `${trail.Name} cannot deliver to ${trail.S3BucketName}: ${error}`, deliveryFix(trail, error)),
    ];
  }
  const silence = now - (last ?? status.StartLoggingTime ?? new Date(0)).getTime();
  const text = last
    ? `${trail.Name} delivered last ${relativeTime(last.getTime(), now)}`
    : `${trail.Name} has delivered nothing yet`;
  if (silence <= (last ? SILENCE_MS : FIRST_LOG_FILE_MS)) return [ok('logging', text)];
  return [problem('logging', `${text}, although it is switched on`, deliveryFix(trail, ''))];
}

/** What CloudTrail says is an error of S3 or KMS. */
function deliveryFix({ S3BucketName = '', KmsKeyId = '' }: Trail, error: string): string {
  if (/kms/i.test(error)) {
    return `see whether the key is enabled and lets cloudtrail.amazonaws.com encrypt: ${commandLine('aws kms describe-key --key-id', KmsKeyId)}; ${commandLine('aws kms get-key-policy --policy-name default --key-id', KmsKeyId)}`;
  }
  if (/NoSuchBucket/.test(error))
    return `make the bucket again, with the policy for CloudTrail: ${commandLine('aws s3api create-bucket --bucket', S3BucketName)}`;
  const policy = commandLine('aws s3api get-bucket-policy --bucket', S3BucketName);
  return `see whether the bucket's policy lets cloudtrail.amazonaws.com s3:PutObject${KmsKeyId && ", and the key's policy kms:GenerateDataKey*"}: ${policy}`;
}

function checkDigests(trail: Trail, status: TrailStatus, { now }: Facts): Finding[] {
  const { LatestDigestDeliveryError: error, LatestDigestDeliveryTime: last, StartLoggingTime } = status;
  if (error)
    return [problem('digests', `${trail.Name} cannot deliver digest files: ${error}`, deliveryFix(trail, error))];
  const silence = now - (last ?? StartLoggingTime ?? new Date(0)).getTime();
  const text = last
    ? `${trail.Name} delivered its last digest file ${relativeTime(last.getTime(), now)}`
    : `${trail.Name} has delivered no digest file yet`;
  if (silence <= (last ? DIGEST_SILENCE_MS : FIRST_DIGEST_MS)) return [ok('digests', text)];
  return [warning('digests', `${text}: one is due every hour`, deliveryFix(trail, ''))];
}

/** Only where ingest is told by the trail's own topic. */
function checkNotifications(
  trail: Trail,
  { LatestNotificationError: error }: TrailStatus,
  { resources }: Facts,
): Finding[] {
  const isTold = 'known' in resources && sourceOf(resources.known) === 'topic';
  if (!error || !isTold || !trail.SnsTopicARN) return [];
  return [
    problem(
      'announcement',
      `${trail.Name} cannot publish to ${trail.SnsTopicARN}: ${error}`,
      `let cloudtrail.amazonaws.com publish, in the topic's policy: ${commandLine('aws sns get-topic-attributes --topic-arn', trail.SnsTopicARN)}`,
    ),
  ];
}

function checkSelectors(trail: Trail, selectors: Selectors, { asker }: Facts): Finding[] {
  const { writes, reads, dataEvents } = mwaaCoverage(selectors);
  const fix = `${trailCommand('put-event-selectors', '--trail-name', trail, asker)} ${commandLine('--advanced-event-selectors', withMwaa(selectors))}`;
  return [
    checkCoverage(
      writes,
      ok('management events', `${trail.Name} records every change of an environment`),
      problem(
        'management events',
        `${trail.Name} records ${AMOUNT[writes]} creations, changes and deletions of environments`,
        fix,
      ),
    ),
    checkCoverage(
      reads,
      ok('read events', `${trail.Name} records calls that only read`),
      warning('read events', `${trail.Name} records ${AMOUNT[reads]} calls that only read, denied ones included`, fix),
    ),
    checkCoverage(
      dataEvents,
      ok(
        'data events',
        `${trail.Name} records MWAA's data events: logins to Airflow, CLI tokens, calls of its REST API`,
      ),
      dataEvents === 'none'
        ? problem(
            'data events',
            `${trail.Name} does not record MWAA's data events: logins to Airflow and calls of its REST API are never seen`,
            fix,
          )
        : warning(
            'data events',
            `${trail.Name} records only some of MWAA's data events (logins to Airflow, calls of its REST API)`,
            fix,
          ),
    ),
  ];
}

const AMOUNT: Readonly<Record<Coverage, string>> = { all: 'all', some: 'only some', none: 'no' };

function checkCoverage(coverage: Coverage, good: Finding, bad: Finding): Finding {
  return coverage === 'all' ? good : bad;
}
