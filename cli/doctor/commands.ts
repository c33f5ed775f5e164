import type { Trail } from '@aws-sdk/client-cloudtrail';
import { commandLine } from '../lib/output.ts';
import type { Caller, Stack } from './stack.ts';

/** What serverless.yml calls stacks: `mwaa-trail-STAGE`. */
const SERVICE = 'mwaa-trail-';

/**
 * The command that deploys the stack; with a trail, what has to fit this trail. Elsewhere than in the checkout, npx would fetch
 * another Serverless Framework.
 */
export function redeploy({ name, caller }: Pick<Stack, 'name' | 'caller'>, trail?: Trail): string {
  // A stage may have hyphens, too.
  const stage = name.startsWith(SERVICE) ? name.slice(SERVICE.length) : name.slice(name.lastIndexOf('-') + 1);
  const command = `in the checkout: ${commandLine('npx serverless deploy --stage', stage, '--region', caller.region)}`;
  if (!trail) return command;
  const parameters = {
    logBucket: trail.S3BucketName,
    kmsKeyArn: trail.KmsKeyId,
    keyPrefix: trail.S3KeyPrefix && keyPrefixOf(trail),
  };
  const words = Object.entries(parameters).flatMap(([param, value]) => (value ? [`--param=${param}=${value}`] : []));
  return `${commandLine(command, ...words)} (and the other parameters as before)`;
}

/**
 * A command about a trail. A trail is changed in its home Region, with credentials of its own account: that of an
 * organization's trail is the management account.
 */
export function trailCommand(command: string, flag: string, trail: Trail, caller: Caller, ...words: string[]): string {
  const { TrailARN, Name = '', HomeRegion } = trail;
  const account = TrailARN?.split(':')[4] ?? caller.account;
  const region = HomeRegion ?? caller.region;
  const line = commandLine(`aws cloudtrail ${command} --region`, region, flag, TrailARN ?? Name, ...words);
  return account === caller.account ? line : `with credentials of account ${account}: ${line}`;
}

/** What the keys of all log files of a trail begin with. */
export function keyPrefixOf({ S3KeyPrefix }: Trail): string {
  return S3KeyPrefix ? `${S3KeyPrefix}/AWSLogs/` : 'AWSLogs/';
}

/** The key of a log file as the trail writes them. A trail does not tell the ID of its organization. */
export function exampleKey(trail: Trail, { account, region }: Caller): string {
  const organization = trail.IsOrganizationTrail ? 'o-exampleorgid/' : '';
  const file = `${account}_CloudTrail_${region}_20261124T0915Z_x8RNQuZfRyO1q2vt.json.gz`;
  return `${keyPrefixOf(trail)}${organization}${account}/CloudTrail/${region}/2026/11/24/${file}`;
}
