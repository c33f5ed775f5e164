import { LISTED_ATTRIBUTES, OTHER_ATTRIBUTES, VERIFICATION_ATTRIBUTES } from '../../render/attributes.ts';

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

const STRING: Schema = { type: 'string' };
const TIME: Schema = { type: 'string', description: 'ISO 8601, UTC' };
const RECORDED_TIME: Schema = {
  type: 'string',
  description: 'ISO 8601, UTC; what the record says when that is no time',
};
const COUNT: Schema = { type: 'integer', minimum: 0 };

export const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** An object with these members and no others; those whose name ends in `?` may be absent. */
function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(members);
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

/** Attributes of events that are not strings, or that need a word. */
const ATTRIBUTES: Readonly<Record<string, Schema>> = {
  eventTime: { type: 'string', description: 'as CloudTrail wrote it' },
  readOnly: { type: 'boolean' },
  expiresAt: { type: 'integer', description: 'when the event is deleted; seconds since 1970' },
  recordIndex: COUNT,
  flags: { type: 'array', items: STRING, description: 'what was unusual' },
  redacted: { type: 'array', items: STRING, description: 'paths in the record of what was masked' },
  logFile: {
    type: 'string',
    description: 'BUCKET/KEY of the log file that the event was first read from; provisional events have none',
  },
  timeKey: { type: 'string', description: 'sorts by time, and is unique' },
  provisional: {
    const: true,
    description: 'no log file has brought the event yet, so nothing proves it; absent from all other events',
  },
  verification: {
    enum: ['verified', 'failed', 'pending', 'no-log-file'],
    description:
      'verified: all that was ingested of the log file is what CloudTrail signed; failed: some of it is not; pending: no ' +
      'digest was checked yet; no-log-file: the event is provisional',
  },
  verifiedBy: { type: 'string', description: 'the key of the digest that names the log file, in the same bucket' },
  verifiedAt: TIME,
};

const LISTED = ['eventId', 'timeKey'];
const STORED = [...LISTED, 'ingestedAt', 'contentHash', 'verification'];

function attributes(names: readonly string[], required: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(
    names.map((name) => [required.includes(name) ? name : `${name}?`, ATTRIBUTES[name] ?? STRING]),
  );
}

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ListedEvent: object(attributes([...LISTED_ATTRIBUTES, 'timeKey'], LISTED), 'An event as a list shows it.'),
  Event: object(
    {
      ...attributes([...LISTED_ATTRIBUTES, ...OTHER_ATTRIBUTES, ...VERIFICATION_ATTRIBUTES], STORED),
      'record?': { type: 'object', description: "CloudTrail's record, its secrets masked" },
      'previousRecord?': { type: 'object', description: 'the record that an addendum with the same eventID replaced' },
      'earlierRecords?': {
        type: 'array',
        items: { type: ['object', 'null'] },
        description: 'the records that earlier addenda had replaced, the newest first; null: too big to be stored',
      },
    },
    'Everything stored of an event.',
  ),
  EventPage: object({
    events: listOf(schemaRef('ListedEvent')),
    'cursor?': { type: 'string', description: 'where the next page is; absent: this was the last' },
    completeness: schemaRef('Completeness'),
  }),
  Environment: object({
    environment: STRING,
    'accountId?': STRING,
    'region?': STRING,
    'firstEventTime?': RECORDED_TIME,
    'lastEventTime?': RECORDED_TIME,
  }),
  EnvironmentList: object({
    environments: listOf(schemaRef('Environment')),
    completeness: schemaRef('Completeness'),
  }),
  Tally: object({ name: STRING, events: COUNT, errors: COUNT }),
  TallyLine: object({
    by: { enum: ['action', 'principal', 'error', 'day'] },
    name: STRING,
    events: COUNT,
    errors: COUNT,
  }),
  Summary: object({
    environment: STRING,
    events: COUNT,
    errors: COUNT,
    'first?': RECORDED_TIME,
    'last?': RECORDED_TIME,
    byAction: listOf(schemaRef('Tally')),
    byPrincipal: listOf(schemaRef('Tally')),
    byError: listOf(schemaRef('Tally')),
    byDay: listOf(schemaRef('Tally')),
    truncated: { type: 'boolean', description: 'there are more events, older ones, that were not counted' },
    completeness: schemaRef('Completeness'),
  }),
  FieldComparison: object({
    path: { type: 'string', description: 'such as requestParameters.Tags[0]' },
    same: { type: 'boolean' },
    values: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'JSON text of each value, in the order of the events; null: there is none',
    },
    'provisional?': {
      type: 'array',
      items: STRING,
      description: 'eventIDs of those events that no log file has brought yet; absent: there are none',
    },
  }),
  Comparison: object({
    eventIds: listOf(STRING),
    provisional: { type: 'array', items: STRING, description: 'those of them that no log file has brought yet' },
    fields: listOf(schemaRef('FieldComparison')),
  }),
  Completeness: object(
    {
      newestLogFiles: listOf(object({ account: STRING, region: STRING, deliveredAt: TIME })),
      problems: listOf(
        object({
          logFile: STRING,
          state: { enum: ['failed', 'quarantined', 'records-quarantined', 'not-as-signed'] },
          'reason?': STRING,
          deliveryDay: STRING,
        }),
      ),
      problemsTruncated: { type: 'boolean' },
    },
    'How far the answer can be trusted to be whole: the newest log file that was read of each account and Region, and the ' +
      'log files delivered in the time asked about of which something is missing, or which CloudTrail signed with other ' +
      'content (not-as-signed). At most a minute old.',
  ),
  Problem: object(
    {
      type: { type: 'string', format: 'uri' },
      title: STRING,
      status: { type: 'integer' },
      detail: STRING,
      'parameter?': { type: 'string', description: 'the parameter that is wrong' },
    },
    'RFC 9457.',
  ),
  OpenApi: {
    type: 'object',
    properties: { openapi: STRING, info: { type: 'object' }, paths: { type: 'object' } },
    required: ['openapi', 'info', 'paths'],
  },
};
