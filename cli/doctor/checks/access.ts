import type { Trail } from '@aws-sdk/client-cloudtrail';
import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { Grant } from '../deployed-template.ts';
import type { Facts, Probe } from '../facts.ts';
import { counted, type Finding, findingsOn, groupedBy, ok, problem, unknown } from '../finding.ts';
import { isRefusal } from '../ingest.ts';
import { exampleKey, keyPrefixOf } from '../log-file-key.ts';
import { redeployFor } from '../redeploy.ts';
import { LOGICAL_IDS } from '../stack.ts';
import { updateTrail } from '../trail-command.ts';
import { fitsWildcard } from '../wildcard.ts';

/**
 * Whether ingest may read log files. Doctor cannot take on the function's role, so it compares what the stack grants with
 * what the trails use, and looks at what ingest was refused: policies of bucket and key can refuse as well.
 */
export function checkAccess(facts: Facts): Finding[] {
  return [...checkGrants(facts), ...checkOwnership(facts), ...checkRefusals(facts)];
}

function checkGrants(facts: Facts): Finding[] {
  return findingsOn(
    'access',
    facts.template,
    ({ grants }) => {
      if (!grants)
        return [unknown('access', { unknown: "what ingest may read is not understood from the stack's template" })];
      return (known(facts.trails) ?? []).flatMap(({ trail }) => [
        readGrant(trail, grants, facts),
        keyGrant(trail, grants, facts),
      ]);
    },
    () => [],
  );
}

function readGrant(trail: Trail, grants: readonly Grant[], facts: Facts): Finding {
  const resources = resourcesOf('s3:GetObject', grants);
  const bucket = `arn:${facts.asker.partition}:s3:::${trail.S3BucketName}`;
  const mayRead = resources.some((pattern) =>
    fitsWildcard(pattern, `${bucket}/${exampleKey(trail, facts.asker, pattern)}`),
  );
  if (mayRead) return ok('access', `the function's role may read the log files of ${trail.Name}`);
  return problem(
    'access',
    `the function's role may read ${resources.join(', ') || 'nothing'}, and ${trail.Name} writes to s3://${trail.S3BucketName}/${keyPrefixOf(trail)}`,
    redeployFor(trail, facts),
  );
}

function keyGrant(trail: Trail, grants: readonly Grant[], facts: Facts): Finding {
  const { KmsKeyId, Name } = trail;
  if (!KmsKeyId) return ok('key', `${Name} encrypts with no KMS key of its own`);
  if (resourcesOf('kms:Decrypt', grants).some((pattern) => fitsWildcard(pattern, KmsKeyId))) {
    return ok('key', `the function's role may decrypt with the key of ${Name}`);
  }
  if (KmsKeyId.includes(':alias/'))
    return unknown('key', { unknown: `${Name} names its key by an alias, ${KmsKeyId}` });
  const ownKey = known(facts.resources)?.get(LOGICAL_IDS.trailKey)?.physicalId;
  return problem(
    'key',
    `the function's role may not decrypt with the key of ${Name}, ${KmsKeyId}`,
    ownKey === undefined ? redeployFor(trail, facts) : updateTrail(trail, facts.asker, '--kms-key-id', ownKey),
  );
}

/** The policy of a bucket grants another account only what belongs to the bucket's owner. */
function checkOwnership(facts: Facts): Finding[] {
  const foreign = (known(facts.logBuckets) ?? []).filter(({ account }) => account !== facts.asker.account);
  return foreign.flatMap(({ name, account = '', ownership }) =>
    ownership === undefined
      ? []
      : findingsOn(
          'access',
          ownership,
          (value) => [judgeOwnership(name, account, value)],
          () => [],
        ),
  );
}

function judgeOwnership(bucket: string, account: string, ownership: string): Finding {
  if (ownership !== 'ObjectWriter') {
    return ok(
      'access',
      `the log files of ${bucket} belong to its account ${account} (${ownership}): its policy can grant them`,
    );
  }
  const enforce = commandLine(
    `aws s3api put-bucket-ownership-controls --bucket`,
    bucket,
    '--ownership-controls',
    'Rules=[{ObjectOwnership=BucketOwnerPreferred}]',
  );
  return problem(
    'access',
    `objects of ${bucket} belong to who wrote them (Object Ownership ObjectWriter): the bucket's policy cannot let another account read them`,
    `with credentials of account ${account}: ${enforce}; log files from before stay as they are`,
  );
}

function resourcesOf(action: string, grants: readonly Grant[]): string[] {
  return grants.filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
}

/** Log files that S3 or KMS did not let ingest read, by the reason that the ledger has. */
function checkRefusals(facts: Facts): Finding[] {
  const refused = (known(facts.logFileProblems) ?? []).filter(
    ({ state, reason = '' }) => state === 'failed' && isRefusal(reason),
  );
  return groupedBy(refused, ({ reason = '' }) => reason).map(([reason, files]) => {
    const example = files[0]!.logFile;
    const outcome = files.some(({ logFile }) => logFile === facts.probe?.logFile) ? facts.probe?.outcome : undefined;
    const isKey = /KMS/.test(reason) || outcome === 'kms-denied';
    return problem(
      isKey ? 'key' : 'access',
      `${isKey ? 'KMS' : 'S3'} refused ingest ${counted(files.length, 'log file')} (${reason}), as s3://${example}${hintOf(outcome)}`,
      isKey ? keyFix(facts, example, reason) : bucketFix(facts, example),
    );
  });
}

function hintOf(outcome: Probe['outcome'] | undefined): string {
  if (outcome === 'readable') return "; you may read it, so that it is the function's role that may not";
  if (outcome === 'kms-denied') return '; you may not decrypt it either';
  return outcome === 's3-denied' ? '; you may not read it either' : '';
}

const AFTERWARDS = 'then mwaa-trail redrive brings back what was refused';

function bucketFix(facts: Facts, logFile: string): string {
  const bucket = logFile.slice(0, logFile.indexOf('/'));
  const trail = known(facts.trails)?.find(({ trail }) => trail.S3BucketName === bucket)?.trail ?? {};
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: roleOf(facts) },
    Action: 's3:GetObject',
    Resource: `arn:${facts.asker.partition}:s3:::${bucket}/${keyPrefixOf(trail)}*`,
  };
  return `see whether the bucket's policy denies it, or when another account owns the bucket, add ${JSON.stringify(statement)} (${commandLine('aws s3api get-bucket-policy --bucket', bucket)}), and the same for kms:Decrypt to the key's policy; ${AFTERWARDS}`;
}

function keyFix(facts: Facts, logFile: string, reason: string): string {
  const bucket = logFile.slice(0, logFile.indexOf('/'));
  const key = known(facts.trails)?.find(({ trail }) => trail.S3BucketName === bucket)?.trail.KmsKeyId ?? 'KEY-ARN';
  if (/Disabled/.test(reason)) return `${commandLine('aws kms enable-key --key-id', key)}; ${AFTERWARDS}`;
  const statement = { Effect: 'Allow', Principal: { AWS: roleOf(facts) }, Action: 'kms:Decrypt', Resource: '*' };
  return `see whether the key's policy allows it, else add ${JSON.stringify(statement)} (${commandLine('aws kms get-key-policy --policy-name default --key-id', key)}); ${AFTERWARDS}`;
}

function roleOf(facts: Facts): string {
  return known(facts.function)?.Role ?? 'ROLE-OF-THE-FUNCTION';
}
