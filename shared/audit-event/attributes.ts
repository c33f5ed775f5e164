/** One attribute of an event. */
interface Attribute {
  /** What the help, the OpenAPI document and docs/stored-items.md say of it. */
  says: string;
  /**
   * `list`: in lists, so each index holds it; `event`: with a whole event; `ledger`: with a whole event, read from the
   * ledger entry of its log file; `store`: in the item only.
   */
  shown: 'list' | 'event' | 'ledger' | 'store';
  /** Absent: text. `record` and `versions` are packed apart from the others, because they are large. */
  type?: 'boolean' | 'integer' | 'texts' | 'mark' | 'record' | 'versions';
  /** The text is a time in ISO 8601: a column of an export holds the instant. */
  time?: true;
  /** Every event has it. */
  always?: true;
  /** It tells how the event was delivered; all others follow from the record alone. */
  origin?: true;
  /** The label of its lines in `mwaa-trail show`. */
  label?: string;
  /** An attribute of its own in the item, though lists show it: DynamoDB or a condition of a write names it. */
  apart?: true;
  /** Longest stored text in UTF-8 bytes, if it is shorter than that of others; the record has the whole. */
  maxBytes?: number;
  /** The index whose partition key it is. Of the indexes that can answer a question, the one of the lowest rank reads the least. */
  index?: readonly [name: string, rank: number];
  /** Values that few events have, and the rank of the index if a question has only these. */
  rare?: { rank: number; values: readonly string[] };
  /**
   * How the values of a question match. `prefix`: a value with a final `*` matches all that begin with what precedes it;
   * `address`: a CIDR range matches all addresses in it; `element`: a list matches by any of its elements.
   */
  criterion?: 'exact' | 'prefix' | 'address' | 'element';
  /** The criterion's flag and parameter, if not the attribute's name. */
  parameter?: string;
  /** All values that an event can have, where CloudTrail says so. */
  values?: readonly string[];
}

const shown =
  <Shown extends Attribute['shown']>(where: Shown) =>
  <const Row extends Omit<Attribute, 'says' | 'shown'>>(says: string, row: Row) => ({ says, shown: where, ...row });
const list = shown('list');
const event = shown('event');
const ledger = shown('ledger');
const store = shown('store');

/**
 * All attributes of an event, in the order of output. Items, types, criteria, plans, CSV, JSON, the OpenAPI document and
 * `show` are made from this table; serverless.yml and docs/stored-items.md are tested against it. Values of CloudTrail:
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html, without those
 * of Insight and aggregated events, which are not kept.
 */
export const EVENT_ATTRIBUTES = {
  eventId: list("CloudTrail's eventID", { always: true, apart: true, label: 'event ID' }),
  eventTime: list('when it happened, as CloudTrail wrote it', { time: true, label: 'when' }),
  action: list('what was done, such as dag-run.trigger or environment.update; see docs/actions.md', {
    always: true,
    criterion: 'prefix',
    label: 'what',
  }),
  target: list('what it was done to in the environment: a DAG, a connection, tag keys, the changed parameters', {
    criterion: 'prefix',
    maxBytes: 1024,
    label: 'target',
  }),
  access: list('whether it reads or changes something: read or write', {
    always: true,
    values: ['read', 'write'],
    label: 'what',
  }),
  outcome: list('ok, denied or failed, by the error code and the status code of Airflow', {
    always: true,
    criterion: 'exact',
    values: ['ok', 'denied', 'failed'],
    label: 'outcome',
  }),
  statusCode: list("HTTP status code of Airflow's REST API", { type: 'integer', label: 'outcome' }),
  eventName: list('MWAA operation, such as CreateEnvironment', {
    criterion: 'exact',
    index: ['byEventName', 8],
    // These are called a few times in the life of an environment, the others all day.
    rare: {
      rank: 4,
      values: ['CreateEnvironment', 'UpdateEnvironment', 'DeleteEnvironment', 'TagResource', 'UntagResource'],
    },
    label: 'what',
  }),
  environment: list('name of the MWAA environment', {
    criterion: 'exact',
    index: ['byEnvironment', 7],
    label: 'environment',
  }),
  user: list('the person or machine behind it, in whatever role', {
    criterion: 'prefix',
    index: ['byUser', 3],
    label: 'who',
  }),
  role: list('IAM role whose session it was', { criterion: 'prefix', index: ['byRole', 6], label: 'who' }),
  principal: list('who signed the request: a user, ROLE/SESSION, a service', {
    criterion: 'prefix',
    index: ['byPrincipal', 2],
    label: 'who',
  }),
  principalType: list('type of the identity, such as AssumedRole', { criterion: 'exact', label: 'who' }),
  username: list("Username of CloudTrail's Event history: for a role, the name of the session", {
    criterion: 'prefix',
    parameter: 'session',
    label: 'who',
  }),
  mfa: list('whether the credentials were issued with multi-factor authentication', { type: 'boolean', label: 'who' }),
  sourceIp: list('where the request came from: an address or an AWS service', { criterion: 'address', label: 'from' }),
  userAgent: list('program that sent the request', { criterion: 'prefix', maxBytes: 128, label: 'from' }),
  errorCode: list('error code, such as AccessDenied', {
    criterion: 'exact',
    index: ['byErrorCode', 5],
    label: 'outcome',
  }),
  errorMessage: list('why it failed', { label: 'outcome' }),
  parameters: list('names of the request parameters that were set, such as StartupScriptS3Path', {
    type: 'texts',
    always: true,
    criterion: 'element',
    parameter: 'param',
    label: 'parameters',
  }),
  accountId: list('AWS account', { criterion: 'exact', parameter: 'account', label: 'account' }),
  region: list('AWS Region', { criterion: 'exact', label: 'account' }),
  accessKeyId: list('access key that signed the request', {
    criterion: 'exact',
    index: ['byAccessKey', 1],
    label: 'who',
  }),
  readOnly: list("CloudTrail's readOnly; it is false for every call of Airflow's REST API", {
    type: 'boolean',
    label: 'kind',
  }),
  eventCategory: list('Management, Data or NetworkActivity', {
    criterion: 'exact',
    parameter: 'category',
    values: ['Management', 'Data', 'NetworkActivity'],
    label: 'kind',
  }),
  eventType: list('how the call was made, such as AwsApiCall or AwsConsoleAction', {
    criterion: 'exact',
    values: ['AwsApiCall', 'AwsServiceEvent', 'AwsConsoleAction', 'AwsConsoleSignIn', 'AwsVpceEvents'],
    label: 'kind',
  }),
  eventSource: list('AWS service that recorded the event', { criterion: 'exact' }),
  expiresAt: list('when the event is deleted; seconds since 1970', { type: 'integer', origin: true, apart: true }),
  provisional: list('the event was not read from a log file yet, so nothing proves it; absent from all other events', {
    type: 'mark',
    origin: true,
    apart: true,
  }),
  principalArn: event('ARN of the identity', { label: 'who' }),
  requestId: event('ID of the request', { label: 'request' }),
  sharedEventId: event('the same in all copies of an event that several accounts received', {}),
  supersedes: event('eventID that this addendum replaces', { label: 'event ID' }),
  flags: event('what is unusual about the record', { type: 'texts', always: true, label: 'flags' }),
  redacted: event('paths of the masked values in the record', { type: 'texts', always: true, label: 'masked' }),
  logFile: event('BUCKET/KEY of the log file that the event was first read from; provisional events have none', {
    origin: true,
    label: 'read from',
  }),
  recordIndex: event("position among the log file's Records", { type: 'integer', origin: true, label: 'read from' }),
  ingestedAt: event('when the event was stored; ISO 8601, UTC', {
    time: true,
    always: true,
    origin: true,
    label: 'stored',
  }),
  contentHash: event('hex SHA-256 of the original record in canonical form; copies have the same', { always: true }),
  timeKey: event('unique, and in the order of time', { always: true }),
  record: event("CloudTrail's record, its secrets masked", { type: 'record' }),
  verification: ledger(
    'verified: all that was ingested of the log file is what CloudTrail signed; failed: some of it is not; pending: no ' +
      'digest was checked yet; no-log-file: the event is provisional',
    { always: true, values: ['verified', 'failed', 'pending', 'no-log-file'], label: 'verified' },
  ),
  verifiedBy: ledger('the key of the digest that names the log file, in the same bucket', { label: 'verified' }),
  verifiedAt: ledger('when that digest was checked; ISO 8601, UTC', { time: true }),
  day: store('day of eventTime', { always: true, index: ['byDay', 9] }),
  backfilled: store('a backfill stored it, so it leads to no alert; absent from all other events', {
    type: 'mark',
    origin: true,
  }),
  previousVersions: store('the versions that addenda with the same eventID replaced, the newest first', {
    type: 'versions',
  }),
} as const satisfies Readonly<Record<string, Attribute>>;

type Attributes = typeof EVENT_ATTRIBUTES;
export type AttributeName = keyof Attributes;

/** The names of the attributes with such a row. */
export type Named<Row> = { [N in AttributeName]: Attributes[N] extends Row ? N : never }[AttributeName];

/** Of types other than text. */
interface Values {
  boolean: boolean;
  integer: number;
  texts: string[];
  mark: true;
  /** JSON text. */
  record: string;
  versions: never;
}
type Value<Row> = Row extends { type: keyof Values }
  ? Values[Row['type']]
  : // CloudTrail may add values to its sets; a set that every event has a value of is ours.
    Row extends { always: true; values: readonly (infer One)[] }
    ? One
    : string;

/** The values of some attributes. Texts are as the record has them, after redaction, made well-formed Unicode. */
export type AttributeValues<Name extends AttributeName> = {
  [N in Name & Named<{ always: true }>]: Value<Attributes[N]>;
} & {
  [N in Exclude<Name, Named<{ always: true }>>]?: Value<Attributes[N]>;
};

const ROWS: Readonly<Record<AttributeName, Attribute>> = EVENT_ATTRIBUTES;
const NAMES = Object.keys(ROWS) as AttributeName[];

export const attributeNamed = (name: AttributeName): Attribute => ROWS[name];

/**
 * The map in an item of what lists show. Each index includes it as a whole: DynamoDB allows 20 attributes in an index, and 100
 * in all indexes of a table.
 */
export const LISTED_MAP = 'listed';

/** Whether the attribute is in `LISTED_MAP`. Keys of indexes are not: each index includes those of the others. */
export const isInListedMap = (name: AttributeName): boolean => {
  const { shown, index, apart } = ROWS[name];
  return shown === 'list' && index === undefined && !apart;
};

/** The names of the attributes with such a row, in the order of output. */
export const attributesWhere = (isWanted: (row: Attribute) => boolean) => NAMES.filter((name) => isWanted(ROWS[name]));

/** An attribute's value in an event, or in what was taken from one. */
export function attributeOf(
  event: object,
  name: AttributeName,
): string | number | boolean | readonly string[] | undefined {
  return (event as Readonly<Partial<Record<AttributeName, string>>>)[name];
}
