import { bucketNameProblem } from '../../shared/aws/bucket-name.ts';
import { displayText } from '../../shared/render/display.ts';
import { UsageError, type Values } from './command.ts';
import { text } from './options.ts';

/** Flags that override the AWS settings of the environment. */
export const AWS = {
  profile: text('<name>', 'profile of your AWS configuration', (option) => option.helpGroup('AWS settings:')),
  awsRegion: text('<name>', 'AWS Region of the stack or bucket', (option) => option.helpGroup('AWS settings:')),
};
export type AwsOptions = Values<typeof AWS>;

/**
 * Puts the flags where the AWS SDK looks for settings. As in the AWS CLI, `--profile` takes precedence over access keys in the
 * environment.
 */
export function applyAwsOptions({ profile, awsRegion }: AwsOptions, env: NodeJS.ProcessEnv): void {
  if (profile !== undefined) {
    env.AWS_PROFILE = profile;
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete env[name];
  }
  // The AWS CLI knows the second name, the SDK does not.
  const region = awsRegion ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (region) env.AWS_REGION = region;
}

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const REFUSED = /^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|InvalidAccessKeyId)/;
const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)$/;
const NOT_THERE = /^(ResourceNotFoundException|NoSuchBucket|QueueDoesNotExist)$/;

/** An error of the SDK that comes from the AWS settings, and what helps. */
export interface SettingsProblem {
  kind: 'aws-settings' | 'credentials-expired' | 'upstream-unreachable' | 'upstream-failed';
  text: string;
}

/** As `findSettingsProblem`, only the text. */
export function settingsProblem(error: unknown, profile?: string): string | undefined {
  return findSettingsProblem(error, profile)?.text;
}

/**
 * Explains an error of the SDK that comes from the AWS settings. Returns undefined for other errors.
 * @param profile the profile that a flag or the environment names
 */
export function findSettingsProblem(error: unknown, profile?: string): SettingsProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  const { code = '' } = error as NodeJS.ErrnoException;
  // The SDK gives it no name of its own.
  if (/^Region (is missing|not accepted)/.test(message)) {
    const ofProfile = profile ? `, which the profile ${displayText(profile)} does not have` : '';
    const text = `AWS settings: expected a Region${ofProfile}: set AWS_REGION or give --aws-region, or a profile that has one`;
    return { kind: 'aws-settings', text };
  }
  // Of a session of IAM Identity Center, only the message says it.
  if (/Expired/.test(name) || (NO_CREDENTIALS.test(name) && /\bexpired\b/i.test(message))) {
    const text = 'AWS settings: the credentials have expired: sign in again, as by aws sso login';
    return { kind: 'credentials-expired', text };
  }
  if (NO_CREDENTIALS.test(name)) {
    const [ofProfile, other] = profile ? [` in the profile ${displayText(profile)}`, 'another'] : ['', 'a'];
    const text = `AWS settings: expected credentials, and found none that can be used${ofProfile}: sign in (aws sso login, aws configure), or name ${other} profile with --profile or AWS_PROFILE`;
    return { kind: 'aws-settings', text };
  }
  if (REFUSED.test(name)) {
    return { kind: 'aws-settings', text: `AWS settings: AWS does not accept the credentials (${name})` };
  }
  if (UNREACHABLE.test(code)) {
    const text = `AWS settings: expected to reach AWS, or what AWS_ENDPOINT_URL names (${code})`;
    return { kind: 'upstream-unreachable', text };
  }
  if (NOT_THERE.test(name)) {
    const text = `expected the table, bucket or queue to exist in this account and Region (${name})`;
    return { kind: 'upstream-failed', text };
  }
  return undefined;
}

/** Whether an error says that a resource does not exist. CloudFormation answers `ValidationError`, as for much else. */
export function isMissing(error: unknown): boolean {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (name === 'ValidationError') return message.includes('does not exist');
  return /NotFound|NonExistent|DoesNotExist|NoSuch/.test(name) || $metadata?.httpStatusCode === 404;
}

/** Returns undefined if AWS answers that the resource does not exist. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads the name of a bucket; refuses an access point. */
export function bucketName(value: string): string {
  const problem = bucketNameProblem(value);
  if (problem !== undefined) throw new UsageError(problem);
  return value;
}

/** A bucket, or a part of it; the prefix is empty or ends with a slash. */
export interface BucketLocation {
  bucket: string;
  prefix: string;
}

/**
 * Reads `s3://BUCKET[/PREFIX]`.
 * @returns undefined if it is something else
 * @throws {UsageError} if no bucket can have this name
 */
export function bucketAndPrefix(location: string): BucketLocation | undefined {
  if (/^(s3:\/\/)?arn:/.test(location)) {
    const arn = location.replace(/^s3:\/\//, '');
    throw new UsageError(bucketNameProblem(arn) ?? `${location}: expected s3://BUCKET`);
  }
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(location) ?? [];
  if (bucket === undefined) return undefined;
  return { bucket: bucketName(bucket), prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}

/**
 * Reads the location of a trail: a bucket, and what precedes `AWSLogs/`.
 * @throws {UsageError}
 */
export function trailLocation(text: string): BucketLocation {
  const location = bucketAndPrefix(text);
  if (location && !/(^|\/)AWSLogs\//.test(location.prefix)) return location;
  throw new UsageError('Expected s3://BUCKET or s3://BUCKET/PREFIX, the prefix being what stands before AWSLogs/.');
}
