import type { Trail as DescribedTrail } from '@aws-sdk/client-cloudtrail';
import { shell } from '../lib/output.ts';
import type { Caller } from './clients.ts';

/** A trail, as CloudTrail describes it. */
export interface Trail {
  name: string;
  arn: string;
  /** For an organization's trail, the management account. */
  account: string;
  home: string;
  bucket: string;
  /** The prefix of the keys of all its log files. */
  keyPrefix: string;
  kmsKey: string | undefined;
  topicArn: string | undefined;
  isMultiRegion: boolean;
  isOrganization: boolean;
  writesDigests: boolean;
}

export function toTrail(described: DescribedTrail, caller: Caller): Trail {
  const { Name: name = '', TrailARN: arn = name, S3KeyPrefix: prefix } = described;
  return {
    name,
    arn,
    account: arn.split(':')[4] ?? caller.account,
    home: described.HomeRegion ?? caller.region,
    bucket: described.S3BucketName ?? '',
    keyPrefix: prefix ? `${prefix}/AWSLogs/` : 'AWSLogs/',
    kmsKey: described.KmsKeyId,
    topicArn: described.SnsTopicARN,
    isMultiRegion: described.IsMultiRegionTrail ?? false,
    isOrganization: described.IsOrganizationTrail ?? false,
    writesDigests: described.LogFileValidationEnabled ?? false,
  };
}

/** The key of a log file of this trail. CloudTrail does not tell the ID of an organization. */
export function exampleKey(trail: Trail, { account, region }: Caller): string {
  const organization = trail.isOrganization ? 'o-exampleorgid/' : '';
  const file = `${account}_CloudTrail_${region}_20261124T0915Z_x8RNQuZfRyO1q2vt.json.gz`;
  return `${trail.keyPrefix}${organization}${account}/CloudTrail/${region}/2026/11/24/${file}`;
}

/** A command on a trail: in its home Region, with credentials of its account. */
export function trailCommand(
  command: string,
  { arn, account, home }: Trail,
  caller: Caller,
  ...words: string[]
): string {
  const flag = command.endsWith('-selectors') ? '--trail-name' : '--name';
  const line = shell`aws cloudtrail ${command} --region ${home} ${[flag, arn, ...words]}`;
  return account === caller.account ? line : `with credentials of account ${account}: ${line}`;
}

/** In serverless.yml, stacks are named `mwaa-trail-STAGE`. */
const SERVICE = 'mwaa-trail-';

/**
 * The command that deploys the stack, with the parameters for a trail, if given. Outside the checkout, npx would fetch another
 * Serverless Framework.
 */
export function redeploy({ name, caller }: { name: string; caller: Caller }, trail?: Trail): string {
  // A stage may have hyphens.
  const stage = name.startsWith(SERVICE) ? name.slice(SERVICE.length) : name.slice(name.lastIndexOf('-') + 1);
  const command = `in the checkout: ${shell`npx serverless deploy --stage ${stage} --region ${caller.region}`}`;
  if (!trail) return command;
  const parameters = [
    `logBucket=${trail.bucket}`,
    ...(trail.kmsKey ? [`kmsKeyArn=${trail.kmsKey}`] : []),
    ...(trail.keyPrefix !== 'AWSLogs/' ? [`keyPrefix=${trail.keyPrefix}`] : []),
  ].map((parameter) => `--param=${parameter}`);
  return `${command} ${shell`${parameters}`} (and the other parameters as before)`;
}
