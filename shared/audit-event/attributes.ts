/** One attribute of an event. */
interface Attribute {
  type: 'text' | 'boolean' | 'integer' | 'texts' | 'mark' | 'json' | 'versions';
  /**
   * `list`: in lists, so each index holds it; `event`: with a whole event; `ledger`: with a whole event, read from the
   * ledger entry of its log file; `store`: only in the item.
   */
  shown: 'list' | 'event' | 'ledger' | 'store';
  /** What the help, the OpenAPI document and docs/stored-items.md say of it. */
  says: string;
  /** Every event has it. */
  always?: true;
  /** It is about how the event came here; all else follows from the record alone. */
  origin?: true;
  /** The lines of `mwaa-trail show` that it stands in. */
  label?: string;
  /** The index whose partition key it is. */
  index?: Index;
  criterion?: TextCriterionDefinition;
}

interface Index {
  name: string;
  /** Of several indexes that serve a question, the one with the lowest rank reads the least. */
  rank: number;
  /** If only these values are asked for, the index has rank 0. */
  rare?: readonly string[];
}

/** A criterion that takes texts: a flag of the program and a parameter of the HTTP API. */
interface TextCriterionDefinition {
  name: string;
  /** `prefix`: a value with a final `*` stands for all that begin so; `address`: a CIDR range for all addresses in it. */
  matches: 'exact' | 'prefix' | 'address';
  /** All values that an event can have, where CloudTrail says so. */
  values?: readonly string[];
}

/**
 * All attributes of an event, in the order of output. Items, types, criteria, plans, CSV, JSON, the OpenAPI document and
 * `show` are made from this table; serverless.yml and docs/stored-items.md are tested against it. Values of CloudTrail:
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html, without those
 * of Insight and aggregated events, which are not kept.
 */
export const EVENT_ATTRIBUTES = {
  eventId: { type: 'text', shown: 'list', always: true, label: 'event ID', says: "CloudTrail's eventID" },
  eventTime: { type: 'text', shown: 'list', label: 'when', says: 'when it happened, as CloudTrail wrote it' },
  eventName: {
    type: 'text',
    shown: 'list',
    // An environment sees few of the rare operations in its life; the others are called all day.
    index: {
      name: 'byEventName',
      rank: 5,
      rare: ['CreateEnvironment', 'UpdateEnvironment', 'DeleteEnvironment', 'TagResource', 'UntagResource'],
    },
    criterion: { name: 'eventName', matches: 'exact' },
    says: 'MWAA operation, such as CreateEnvironment',
  },
  environment: {
    type: 'text',
    shown: 'list',
    label: 'environment',
    index: { name: 'byEnvironment', rank: 4 },
    criterion: { name: 'environment', matches: 'exact' },
    says: 'name of the MWAA environment',
  },
  principal: {
    type: 'text',
    shown: 'list',
    label: 'who',
    index: { name: 'byPrincipal', rank: 2 },
    criterion: { name: 'principal', matches: 'prefix' },
    says: 'who did it: a user, ROLE/SESSION, a service',
  },
  principalType: {
    type: 'text',
    shown: 'list',
    label: 'who',
    criterion: { name: 'principalType', matches: 'exact' },
    says: 'type of the identity, such as AssumedRole',
  },
  sourceIp: {
    type: 'text',
    shown: 'list',
    label: 'from',
    criterion: { name: 'sourceIp', matches: 'address' },
    says: 'where the request came from: an address or an AWS service',
  },
  errorCode: {
    type: 'text',
    shown: 'list',
    index: { name: 'byErrorCode', rank: 3 },
    criterion: { name: 'errorCode', matches: 'exact' },
    says: 'error code, such as AccessDenied',
  },
  errorMessage: { type: 'text', shown: 'list', label: 'message', says: 'why it failed' },
  accountId: {
    type: 'text',
    shown: 'list',
    label: 'account',
    criterion: { name: 'account', matches: 'exact' },
    says: 'AWS account',
  },
  region: {
    type: 'text',
    shown: 'list',
    label: 'account',
    criterion: { name: 'region', matches: 'exact' },
    says: 'AWS Region',
  },
  accessKeyId: {
    type: 'text',
    shown: 'list',
    label: 'who',
    index: { name: 'byAccessKey', rank: 1 },
    criterion: { name: 'accessKeyId', matches: 'exact' },
    says: 'access key that signed the request',
  },
  readOnly: { type: 'boolean', shown: 'list', label: 'kind', says: 'whether the operation changes nothing' },
  eventCategory: {
    type: 'text',
    shown: 'list',
    label: 'kind',
    criterion: { name: 'category', matches: 'exact', values: ['Management', 'Data', 'NetworkActivity'] },
    says: 'Management, Data or NetworkActivity',
  },
  eventType: {
    type: 'text',
    shown: 'list',
    label: 'kind',
    criterion: {
      name: 'eventType',
      matches: 'exact',
      values: ['AwsApiCall', 'AwsServiceEvent', 'AwsConsoleAction', 'AwsConsoleSignIn', 'AwsVpceEvents'],
    },
    says: 'how the call was made, such as AwsApiCall or AwsConsoleAction',
  },
  eventSource: {
    type: 'text',
    shown: 'list',
    criterion: { name: 'eventSource', matches: 'exact' },
    says: 'AWS service that recorded the event',
  },
  expiresAt: { type: 'integer', shown: 'list', origin: true, says: 'when the event is deleted; seconds since 1970' },
  provisional: {
    type: 'mark',
    shown: 'list',
    origin: true,
    says: 'no log file has brought the event yet, so nothing proves it; absent from all other events',
  },
  principalArn: { type: 'text', shown: 'event', label: 'who', says: 'ARN of the identity' },
  userAgent: { type: 'text', shown: 'event', label: 'from', says: 'program that sent the request' },
  requestId: { type: 'text', shown: 'event', label: 'request', says: 'ID of the request' },
  sharedEventId: {
    type: 'text',
    shown: 'event',
    says: 'the same in the copies that several accounts got of one event',
  },
  supersedes: { type: 'text', shown: 'event', label: 'event ID', says: 'eventID that this addendum replaces' },
  flags: { type: 'texts', shown: 'event', always: true, label: 'flags', says: 'what was unusual' },
  redacted: {
    type: 'texts',
    shown: 'event',
    always: true,
    label: 'masked',
    says: 'paths in the record of what was masked',
  },
  logFile: {
    type: 'text',
    shown: 'event',
    origin: true,
    label: 'read from',
    says: 'BUCKET/KEY of the log file that the event was first read from; provisional events have none',
  },
  recordIndex: {
    type: 'integer',
    shown: 'event',
    origin: true,
    label: 'read from',
    says: "position of the record among the log file's Records; provisional events have none",
  },
  ingestedAt: {
    type: 'text',
    shown: 'event',
    always: true,
    origin: true,
    label: 'stored',
    says: 'when the event was stored',
  },
  contentHash: {
    type: 'text',
    shown: 'event',
    always: true,
    says: 'hex SHA-256 of the original record in canonical form, equal for all copies of one event',
  },
  timeKey: { type: 'text', shown: 'event', always: true, says: 'sorts by time, and is unique' },
  record: { type: 'json', shown: 'event', says: "CloudTrail's record, its secrets masked" },
  verification: {
    type: 'text',
    shown: 'ledger',
    always: true,
    label: 'verified',
    says:
      'verified: all that was ingested of the log file is what CloudTrail signed; failed: some of it is not; pending: no ' +
      'digest was checked yet; no-log-file: the event is provisional',
  },
  verifiedBy: {
    type: 'text',
    shown: 'ledger',
    label: 'verified',
    says: 'the key of the digest that names the log file, in the same bucket',
  },
  verifiedAt: { type: 'text', shown: 'ledger', says: 'when that digest was checked' },
  day: { type: 'text', shown: 'store', always: true, index: { name: 'byDay', rank: 6 }, says: 'day of eventTime' },
  previousVersions: {
    type: 'versions',
    shown: 'store',
    says: 'the versions that addenda with the same eventID replaced, the newest first',
  },
} as const satisfies Readonly<Record<string, Attribute>>;

type Attributes = typeof EVENT_ATTRIBUTES;
export type AttributeName = keyof Attributes;

/** The names of the attributes with such a row. */
export type Named<Row> = { [N in AttributeName]: Attributes[N] extends Row ? N : never }[AttributeName];

interface Values {
  text: string;
  boolean: boolean;
  integer: number;
  texts: string[];
  mark: true;
  /** JSON text. */
  json: string;
  versions: never;
}

/** The values of some attributes. Texts are as the record has them, after redaction, made well-formed Unicode. */
export type AttributeValues<Name extends AttributeName> = {
  [N in Name & Named<{ always: true }>]: Values[Attributes[N]['type']];
} & {
  [N in Exclude<Name, Named<{ always: true }>>]?: Values[Attributes[N]['type']];
};

const ROWS: Readonly<Record<AttributeName, Attribute>> = EVENT_ATTRIBUTES;
const NAMES = Object.keys(ROWS) as AttributeName[];

export const attributeNamed = (name: AttributeName): Attribute => ROWS[name];

/** The names of the attributes with such a row, in the order of output. */
export const attributesWhere = (isWanted: (row: Attribute) => boolean) => NAMES.filter((name) => isWanted(ROWS[name]));

/** An attribute's value in an event, or in what was taken from one. */
export function valueOf(event: object, name: AttributeName): string | number | boolean | readonly string[] | undefined {
  return (event as Readonly<Partial<Record<AttributeName, string>>>)[name];
}
