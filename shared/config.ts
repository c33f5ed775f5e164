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

/** What the functions are told by their environment variables (docs/architecture.md, "Configuration"). */
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
  if (quarantineBucket) config.quarantineBucket = quarantineBucket;
  const retentionDays = readRetentionDays(env.RETENTION_DAYS?.trim(), problems);
  if (retentionDays !== undefined) config.retentionDays = retentionDays;
  return withoutProblems(config, problems);
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
  const required = (name: string): string => {
    const value = env[name]?.trim() ?? '';
    if (value === '') problems.push(`${name} is not set`);
    return value;
  };
  return {
    eventsTable: required('EVENTS_TABLE'),
    logFilesTable: required('LOG_FILES_TABLE'),
    environmentsTable: required('ENVIRONMENTS_TABLE'),
  };
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

function readLogBucket(entry: string, problems: string[]): LogBucket {
  const [name = '', account, ...rest] = entry.split('@');
  if (name === '' || rest.length > 0 || (account !== undefined && !/^\d{12}$/.test(account))) {
    problems.push('LOG_BUCKETS must be a comma-separated list of `name` or `name@` with a 12-digit account');
  }
  return account === undefined ? { name } : { name, account };
}

function readRetentionDays(value: string | undefined, problems: string[]): number | undefined {
  if (!value) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(value)) problems.push('RETENTION_DAYS must be a whole number of days from 1 to 999999');
  return Number(value);
}
