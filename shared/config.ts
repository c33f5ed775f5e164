import { bucketNameProblem } from './aws/bucket-name.ts';
import { defined } from './defined.ts';
import { s3Uri, TrailError } from './errors.ts';

/** A bucket that log files may come from; `account` is the expected owner, if given. */
export interface LogBucket {
  name: string;
  account?: string;
}

/** The bucket of a further trail, as MORE_LOG_BUCKETS names it. */
export interface MoreLogBucket extends LogBucket {
  /** What precedes `AWSLogs/` in its keys: empty, or `PREFIX/`. */
  prefix: string;
}

/** The names of the tables in DynamoDB. */
export interface TableNames {
  eventsTable: string;
  logFilesTable: string;
  environmentsTable: string;
}

/** The configuration of the ingest function, from its environment variables (docs/configuration.md). */
export interface Config extends TableNames {
  /** Where invalid files and records are quarantined; without one, they are never acknowledged. */
  quarantineBucket?: string;
  /** Buckets that log files may come from; empty: any. */
  logBuckets: readonly LogBucket[];
  /** The wanted values of a record's own top-level `eventSource`. */
  eventSources: readonly string[];
  /** Accounts whose live events are taken; empty: live events are off. */
  liveAccounts: readonly string[];
  /** Days after its eventTime at which an event expires; absent: never. */
  retentionDays?: number;
}

/**
 * Returns the account that must own the bucket of a log file; undefined if it may be any.
 * @throws {TrailError} `access-point`, or `bucket-not-allowed`: its notification is forged, or LOG_BUCKETS is wrong and events
 *   would be lost
 */
export function expectedOwnerOf(
  file: { bucket: string; key: string },
  { logBuckets }: Pick<Config, 'logBuckets'>,
): string | undefined {
  const problem = bucketNameProblem(file.bucket);
  if (problem !== undefined) throw new TrailError('access-point', problem);
  const bucket = logBuckets.find(({ name }) => name === file.bucket);
  if (bucket || logBuckets.length === 0) return bucket?.account;
  throw new TrailError('bucket-not-allowed', `${s3Uri(file)}: expected a bucket that LOG_BUCKETS names`);
}

/** The configuration of the verify function, from its environment variables. */
export interface VerifyConfig {
  logFilesTable: string;
  /** Where trails write: the bucket, and the prefix before `AWSLogs/`. */
  locations: readonly { bucket: string; prefix: string }[];
  /** If those are replicas, the buckets that CloudTrail writes to. */
  originals: readonly string[];
  /** Start of verification, ISO 8601; absent: when a trail is first seen. */
  since?: string;
  /** Hours for which a digest, or a log file named by one, may be missing before that is a failure. */
  graceHours: number;
}

/** The configuration of the alert function, from its environment variables. */
export interface AlertConfig<Level> extends TableNames {
  /** The table in which it remembers. */
  stateTable: string;
  /** The name of the event bus. */
  bus: string;
  /** The ARN of the topic. */
  topic: string;
  /** The least level that is sent to the topic. */
  level: Level;
  /** The stack, whose commands messages name. */
  stack: string;
}

/** The configuration of the export function, from its environment variables. */
export interface ExportConfig<Format, Schema> extends TableNames {
  bucket: string;
  /** Of all names in the bucket; empty, or it ends with a slash. */
  prefix: string;
  format: Format;
  schema: Schema;
}

/** The configuration of the query function, from its environment variables. */
export interface QueryConfig extends TableNames {
  /** The table in which the alert function remembers; undefined: there are no findings to look at. */
  stateTable: string | undefined;
  /** Whether the stack has an alert function. */
  alerts: 'on' | 'off';
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_EVENT_SOURCES: readonly string[] = ['airflow.amazonaws.com'];

/**
 * Reads the configuration of the ingest function.
 * @throws {TrailError} `configuration`, naming everything that is missing or malformed
 */
export function readConfig(env: Environment): Config {
  return checked(env, (variables) => {
    const tables = tableNames(variables);
    const more = moreLogBucketsOf(variables);
    const first = logBucketsOf(variables);
    // Without LOG_BUCKETS any bucket is accepted. These would then be all.
    variables.expect(first.length > 0 || more.length === 0, 'MORE_LOG_BUCKETS needs LOG_BUCKETS');
    const logBuckets = [...first, ...more.map(({ name, account }) => ({ name, ...defined({ account }) }))];
    const eventSources = variables.text('EVENT_SOURCES') ? variables.list('EVENT_SOURCES') : DEFAULT_EVENT_SOURCES;
    const quarantineBucket = variables.text('QUARANTINE_BUCKET') || undefined;
    variables.expectBucket('QUARANTINE_BUCKET', quarantineBucket);
    const days = variables.text('RETENTION_DAYS');
    variables.expect(/^([1-9]\d{0,5})?$/.test(days), 'RETENTION_DAYS must be a whole number of days from 1 to 999999');
    const retentionDays = days === '' ? undefined : Number(days);
    const liveAccounts = variables.list('LIVE_ACCOUNTS');
    variables.expect(
      liveAccounts.every((account) => /^\d{12}$/.test(account)),
      'LIVE_ACCOUNTS must be a comma-separated list of 12-digit accounts',
    );
    return { ...tables, logBuckets, eventSources, liveAccounts, ...defined({ quarantineBucket, retentionDays }) };
  });
}

/**
 * Reads the value of `LOG_BUCKETS`.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export const readLogBuckets = (text: string): LogBucket[] => checked({ LOG_BUCKETS: text }, logBucketsOf);

/**
 * Reads the value of `MORE_LOG_BUCKETS`.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export const readMoreLogBuckets = (text: string): MoreLogBucket[] =>
  checked({ MORE_LOG_BUCKETS: text }, moreLogBucketsOf);

/**
 * Reads the configuration of the verify function.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readVerifyConfig(env: Environment): VerifyConfig {
  return checked(env, (variables) => {
    const buckets = logBucketsOf(variables);
    variables.expect(buckets.length > 0, 'LOG_BUCKETS must name the buckets in which digests are');
    const keyPrefix = variables.text('KEY_PREFIX') || 'AWSLogs/';
    variables.expect(/(^|\/)AWSLogs\/$/.test(keyPrefix), 'KEY_PREFIX must be AWSLogs/ or PREFIX/AWSLogs/');
    const hours = variables.text('VERIFY_GRACE_HOURS') || '6';
    variables.expect(/^[1-9]\d{0,2}$/.test(hours), 'VERIFY_GRACE_HOURS must be a whole number from 1 to 999');
    const day = variables.text('VERIFY_SINCE');
    const time = Date.parse(day);
    variables.expect(!day || !Number.isNaN(time), 'VERIFY_SINCE must be a day such as 2026-11-01, or empty');
    const prefix = keyPrefix.slice(0, -'AWSLogs/'.length);
    return {
      logFilesTable: variables.required('LOG_FILES_TABLE'),
      locations: [...buckets.map(({ name }) => ({ name, prefix })), ...moreLogBucketsOf(variables)].map(
        ({ name, prefix }) => ({ bucket: name, prefix }),
      ),
      originals: variables.list('ORIGINAL_LOG_BUCKET'),
      ...(Number.isNaN(time) ? {} : { since: new Date(time).toISOString() }),
      graceHours: Number(hours),
    };
  });
}

/**
 * Reads the configuration of the alert function.
 * @param levels of rules, the mildest first
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readAlertConfig<Level extends string>(
  env: Environment,
  levels: readonly [Level, ...Level[]],
): AlertConfig<Level> {
  return checked(env, (variables) => {
    return {
      ...tableNames(variables),
      stateTable: variables.required('ALERT_STATE_TABLE'),
      bus: variables.required('EVENT_BUS'),
      topic: variables.required('ALERT_TOPIC'),
      stack: variables.required('STACK'),
      level: variables.oneOf('ALERT_LEVEL', levels, 'medium'),
    };
  });
}

/**
 * Reads the configuration of the export function.
 * @param formats of files, the default first
 * @param schemas of rows, the default first
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readExportConfig<Format extends string, Schema extends string>(
  env: Environment,
  formats: readonly [Format, ...Format[]],
  schemas: readonly [Schema, ...Schema[]],
): ExportConfig<Format, Schema> {
  return checked(env, (variables) => {
    const tables = tableNames(variables);
    const bucket = variables.required('EXPORT_BUCKET');
    variables.expectBucket('EXPORT_BUCKET', bucket);
    const prefix = variables.text('EXPORT_PREFIX');
    variables.expect(prefix === '' || /[^/]\/$/.test(prefix), 'EXPORT_PREFIX must end with a slash, or be empty');
    const format = variables.oneOf('EXPORT_FORMAT', formats, formats[0]);
    return { ...tables, bucket, prefix, format, schema: variables.oneOf('EXPORT_SCHEMA', schemas, schemas[0]) };
  });
}

/**
 * Reads the configuration of the query function.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readQueryConfig(env: Environment): QueryConfig {
  return checked(env, (variables) => {
    return {
      ...tableNames(variables),
      stateTable: variables.text('ALERT_STATE_TABLE') || undefined,
      alerts: variables.oneOf('ALERTS', ['off', 'on'], 'off'),
    };
  });
}

/**
 * Reads the tables' names.
 * @throws {TrailError} `configuration`, as `readConfig`
 */
export function readTableNames(env: Environment): TableNames {
  return checked(env, tableNames);
}

function tableNames(variables: Variables): TableNames {
  return {
    eventsTable: variables.required('EVENTS_TABLE'),
    logFilesTable: variables.required('LOG_FILES_TABLE'),
    environmentsTable: variables.required('ENVIRONMENTS_TABLE'),
  };
}

function logBucketsOf(variables: Variables): LogBucket[] {
  return variables.list('LOG_BUCKETS').map((entry) => {
    const { name = '', account } = /^(?<name>[^@]+)(@(?<account>\d{12}))?$/.exec(entry)?.groups ?? {};
    variables.expect(
      name !== '',
      'LOG_BUCKETS must be a comma-separated list of `name` or `name@` with a 12-digit account',
    );
    variables.expectBucket('LOG_BUCKETS', name);
    return { name, ...defined({ account }) };
  });
}

function moreLogBucketsOf(variables: Variables): MoreLogBucket[] {
  return variables.list('MORE_LOG_BUCKETS').map((entry) => {
    const { groups = {} } = /^(?<name>[^@/]+)(\/(?<path>[^@*?]*[^@*?/]))?(@(?<account>\d{12}))?$/.exec(entry) ?? {};
    const { name = '', path, account } = groups;
    variables.expect(
      name !== '',
      'MORE_LOG_BUCKETS must be a comma-separated list of NAME or NAME/PREFIX, with @ and a 12-digit account or without',
    );
    variables.expectBucket('MORE_LOG_BUCKETS', name);
    return { name, prefix: path === undefined ? '' : `${path}/`, ...defined({ account }) };
  });
}

function checked<T>(env: Environment, read: (variables: Variables) => T): T {
  const variables = new Variables(env);
  const config = read(variables);
  if (variables.problems.length === 0) return config;
  throw new TrailError('configuration', `environment variables: ${variables.problems.join('; ')}`);
}

/** Environment variables, and the problems of those that were read. */
class Variables {
  readonly problems: string[] = [];
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
  }

  /** Empty if it is not set. */
  text(name: string): string {
    return this.env[name]?.trim() ?? '';
  }

  required(name: string): string {
    const value = this.text(name);
    this.expect(value !== '', `${name} is not set`);
    return value;
  }

  /** @param standard if it is not set; one of the values */
  oneOf<Value extends string>(name: string, values: readonly [Value, ...Value[]], standard: string): Value {
    const given = this.text(name) || standard;
    const value = values.find((one) => one === given);
    this.expect(value !== undefined, `${name} must be one of ${values.join(', ')}`);
    return value ?? values[0];
  }

  list(name: string): string[] {
    const value = this.text(name);
    const entries = value.split(',').flatMap((entry) => entry.trim() || []);
    // An empty list has its own meaning; only commas are a mistake.
    this.expect(value === '' || entries.length > 0, `${name} must name something, or be empty`);
    return entries;
  }

  expectBucket(variable: string, name = ''): void {
    const problem = bucketNameProblem(name);
    this.expect(problem === undefined, `${variable}: ${problem}`);
  }

  expect(isRight: boolean, problem: string): void {
    if (!isRight) this.problems.push(problem);
  }
}
