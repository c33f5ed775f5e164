import { bucketNameProblem } from './aws/bucket-name.ts';
import { TrailError } from './errors.ts';

/** A bucket that log files may come from; `account` is the expected owner, when given. */
export interface LogBucket {
  name: string;
  account?: string;
}

/** The names of the tables in DynamoDB. */
export interface TableNames {
  eventsTable: string;
  logFilesTable: string;
  environmentsTable: string;
}

/** What the functions are told by their environment variables (docs/configuration.md). */
export interface Config extends TableNames {
  /** Where bad files and records are set aside; without one, they are never acknowledged. */
  quarantineBucket?: string;
  /** Buckets that log files may come from; empty: any. */
  logBuckets: readonly LogBucket[];
  /** The wanted values of a record's own top-level `eventSource`. */
  eventSources: readonly string[];
  /** Days after its eventTime at which an event expires; absent: never. */
  retentionDays?: number;
}

/** What the function that verifies is told by its environment variables. */
export interface VerifyConfig {
  logFilesTable: string;
  /** Where trails write: the bucket, and what stands before `AWSLogs/`. */
  locations: readonly { bucket: string; prefix: string }[];
  /** Buckets of which those are replicas: where CloudTrail writes. */
  originals: readonly string[];
  /** From when on everything is to be verified, ISO 8601; absent: from when a trail is first seen. */
  since?: string;
  /** Hours for which a digest, or a log file that one names, may be missing before that is a failure. */
  graceHours: number;
}

const DEFAULT_GRACE_HOURS = 6;

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_EVENT_SOURCES: readonly string[] = ['airflow.amazonaws.com'];

/**
 * Reads the configuration from environment variables.
 * @throws {TrailError} `configuration`, naming everything that is missing or malformed at once.
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const config: Config = {
    ...tableNames(env, problems),
    logBuckets: list(env, 'LOG_BUCKETS', problems).map((entry) => readLogBucket(entry, problems)),
    eventSources: env.EVENT_SOURCES?.trim() ? list(env, 'EVENT_SOURCES', problems) : DEFAULT_EVENT_SOURCES,
  };
  const quarantineBucket = env.QUARANTINE_BUCKET?.trim();
  if (quarantineBucket) {
    checkBucket('QUARANTINE_BUCKET', quarantineBucket, problems);
    config.quarantineBucket = quarantineBucket;
  }
  const retentionDays = readRetentionDays(env.RETENTION_DAYS?.trim(), problems);
  if (retentionDays !== undefined) config.retentionDays = retentionDays;
  return withoutProblems(config, problems);
}

/**
 * Reads the configuration of the function that verifies.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readVerifyConfig(env: Environment): VerifyConfig {
  const problems: string[] = [];
  const buckets = list(env, 'LOG_BUCKETS', problems).map((entry) => readLogBucket(entry, problems).name);
  if (buckets.length === 0) problems.push('LOG_BUCKETS must name the buckets in which digests are');
  const keyPrefix = env.KEY_PREFIX?.trim() || 'AWSLogs/';
  if (!/(^|\/)AWSLogs\/$/.test(keyPrefix)) problems.push('KEY_PREFIX must be AWSLogs/ or PREFIX/AWSLogs/');
  const graceHours = env.VERIFY_GRACE_HOURS?.trim() || String(DEFAULT_GRACE_HOURS);
  if (!/^[1-9]\d{0,2}$/.test(graceHours)) problems.push('VERIFY_GRACE_HOURS must be a whole number from 1 to 999');
  const since = env.VERIFY_SINCE?.trim();
  const time = Date.parse(since || '1970-01-01');
  if (Number.isNaN(time)) problems.push('VERIFY_SINCE must be a day such as 2026-11-01, or empty');
  const prefix = keyPrefix.slice(0, -'AWSLogs/'.length);
  return withoutProblems(
    {
      logFilesTable: tableName(env, 'LOG_FILES_TABLE', problems),
      locations: buckets.map((bucket) => ({ bucket, prefix })),
      originals: list(env, 'ORIGINAL_LOG_BUCKET', problems),
      ...(since && !Number.isNaN(time) ? { since: new Date(time).toISOString() } : {}),
      graceHours: Number(graceHours),
    },
    problems,
  );
}

/**
 * Reads only the tables' names.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readTableNames(env: Environment): TableNames {
  const problems: string[] = [];
  return withoutProblems(tableNames(env, problems), problems);
}

function tableNames(env: Environment, problems: string[]): TableNames {
  return {
    eventsTable: tableName(env, 'EVENTS_TABLE', problems),
    logFilesTable: tableName(env, 'LOG_FILES_TABLE', problems),
    environmentsTable: tableName(env, 'ENVIRONMENTS_TABLE', problems),
  };
}

function tableName(env: Environment, name: string, problems: string[]): string {
  const value = env[name]?.trim() ?? '';
  if (value === '') problems.push(`${name} is not set`);
  return value;
}

function withoutProblems<T>(value: T, problems: readonly string[]): T {
  if (problems.length === 0) return value;
  throw new TrailError('configuration', `environment variables: ${problems.join('; ')}`);
}

function list(env: Environment, name: string, problems: string[]): string[] {
  const value = env[name]?.trim() ?? '';
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  // An empty list has a meaning of its own, which nobody writes as commas.
  if (value !== '' && entries.length === 0) problems.push(`${name} must name something, or be empty`);
  return entries;
}

/** Says what is wrong with a name that should be that of a bucket. */
function checkBucket(variable: string, name: string, problems: string[]): void {
  const problem = bucketNameProblem(name);
  if (problem !== undefined) problems.push(`${variable}: ${problem}`);
}

function readLogBucket(entry: string, problems: string[]): LogBucket {
  const [name = '', account, ...rest] = entry.split('@');
  if (name === '' || rest.length > 0 || (account !== undefined && !/^\d{12}$/.test(account))) {
    problems.push('LOG_BUCKETS must be a comma-separated list of `name` or `name@` with a 12-digit account');
  }
  checkBucket('LOG_BUCKETS', name, problems);
  return account === undefined ? { name } : { name, account };
}

function readRetentionDays(value: string | undefined, problems: string[]): number | undefined {
  if (!value) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(value)) problems.push('RETENTION_DAYS must be a whole number of days from 1 to 999999');
  return Number(value);
}
