import type { Trail as DescribedTrail } from '@aws-sdk/client-cloudtrail';
import { shell } from '../lib/output.ts';
import type { Caller } from './clients.ts';

/** A trail, as CloudTrail describes it. */
export interface Trail {
  name: string;
  arn: string;
  /** That of an organization's trail is the management account. */
  account: string;
  home: string;
  bucket: string;
  /** What the keys of all its log files begin with. */
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

/** The key of a log file as the trail writes them. A trail does not tell the ID of its organization. */
export function exampleKey(trail: Trail, { account, region }: Caller): string {
  const organization = trail.isOrganization ? 'o-exampleorgid/' : '';
  const file = `${account}_CloudTrail_${region}_20261124T0915Z_x8RNQuZfRyO1q2vt.json.gz`;
  return `${trail.keyPrefix}${organization}${account}/CloudTrail/${region}/2026/11/24/${file}`;
}

/** A command that changes a trail, or shows it: in its home Region, with credentials of its own account. */
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

/** What serverless.yml calls stacks: `mwaa-trail-STAGE`. */
const SERVICE = 'mwaa-trail-';

/**
 * The command that deploys the stack; with a trail, what has to fit this trail. Elsewhere than in the checkout, npx would fetch
 * another Serverless Framework.
 */
export function redeploy({ name, caller }: { name: string; caller: Caller }, trail?: Trail): string {
  // A stage may have hyphens, too.
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
