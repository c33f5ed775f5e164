import type { Trail } from '@aws-sdk/client-cloudtrail';
import type { Asker } from './stack.ts';

/**
 * The key of a log file as a trail writes them, to try filters and patterns on.
 * @param pattern what it is tried on: the ID of an organisation, which a trail does not tell, is taken from there
 */
export function exampleKey(
  { S3KeyPrefix, IsOrganizationTrail }: Trail,
  { account, region }: Asker,
  pattern = '',
): string {
  const organization = /AWSLogs\/(o-[a-z0-9]+)/.exec(pattern)?.[1] ?? 'o-exampleorgid';
  return [
    ...(S3KeyPrefix ? [S3KeyPrefix] : []),
    'AWSLogs',
    ...(IsOrganizationTrail ? [organization] : []),
    `${account}/CloudTrail/${region}/2026/11/24`,
    `${account}_CloudTrail_${region}_20261124T0915Z_x8RNQuZfRyO1q2vt.json.gz`,
  ].join('/');
}

/** The beginning of all keys of a trail's log files. */
export function keyPrefixOf({ S3KeyPrefix }: Trail): string {
  return S3KeyPrefix ? `${S3KeyPrefix}/AWSLogs/` : 'AWSLogs/';
}
