import { type AttributeName, attributeNamed } from '../../audit-event/attributes.ts';
import { defined } from '../../defined.ts';
import { TALLY_GROUPS, wordOf } from '../../query/summary.ts';
import { LISTED_COLUMNS, VERIFIED_COLUMNS } from '../../render/csv.ts';

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

const STRING: Schema = { type: 'string' };
const TIME: Schema = { type: 'string', description: 'ISO 8601, UTC' };
const RECORDED_TIME: Schema = {
  type: 'string',
  description: 'ISO 8601, UTC; if the record has no valid time, what it says',
};
const COUNT: Schema = { type: 'integer', minimum: 0 };
const COUNTED = {
  events: COUNT,
  errors: { ...COUNT, description: 'events that were denied or failed' },
  'first?': RECORDED_TIME,
  'last?': RECORDED_TIME,
};
const TALLY = { name: STRING, ...COUNTED };

export const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** An object with these members and no others; those whose name ends in `?` may be absent. */
function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(members);
  return defined({
    type: 'object',
    description,
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  });
}

const TYPES: Readonly<Record<string, Schema>> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  texts: { type: 'array', items: STRING },
  mark: { const: true },
  record: { type: 'object' },
};

/** The members of an event, as its attributes' table describes them. */
function attributes(names: readonly AttributeName[]): Record<string, Schema> {
  return Object.fromEntries(
    names.map((name) => {
      const { type, always, shown, values, says } = attributeNamed(name);
      // CloudTrail may have new values of its own; those of the ledger are ours.
      const schema = shown === 'ledger' && values ? { enum: values } : type ? TYPES[type] : STRING;
      // JSON leaves out empty lists.
      return [always && type !== 'texts' ? name : `${name}?`, { ...schema, description: says }];
    }),
  );
}

/** Of whose configuration is told. */
const PLACE = { environment: STRING, ...attributes(['accountId', 'region']) };
/** An event, and who was behind it. */
const REFERENCE = attributes(['eventId', 'eventTime', 'user', 'provisional']);
const VALUE: Schema = {
  type: ['string', 'number', 'boolean', 'null', 'array'],
  description: 'as the record has it; an object is several fields',
};

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ListedEvent: object(attributes([...LISTED_COLUMNS, 'timeKey']), 'An event as a list shows it.'),
  Event: object(
    {
      ...attributes(VERIFIED_COLUMNS),
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
    'cursor?': { type: 'string', description: 'for the next page; absent: this was the last' },
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
  Tally: object(TALLY),
  TallyLine: object({ by: { enum: TALLY_GROUPS.map(wordOf) }, ...TALLY }),
  Summary: object({
    environment: STRING,
    ...COUNTED,
    ...Object.fromEntries(TALLY_GROUPS.map((group) => [group, listOf(schemaRef('Tally'))])),
    truncated: { type: 'boolean', description: 'older events were not counted' },
    completeness: schemaRef('Completeness'),
  }),
  HistoryList: listOf(schemaRef('History')),
  History: {
    description: 'Of one account and Region: the changes, oldest first, or, if a time was given, the configuration.',
    anyOf: [
      object({ ...PLACE, changes: listOf(schemaRef('Change')) }),
      object({
        ...PLACE,
        at: TIME,
        complete: {
          type: 'boolean',
          description: 'false: there may be other fields, or other values, that no event in the store has set',
        },
        'deleted?': object(REFERENCE, 'the environment was deleted by this event'),
        configuration: {
          type: 'object',
          additionalProperties: schemaRef('Setting'),
          description: 'by path, such as LoggingConfiguration.TaskLogs.LogLevel; a list is one value',
        },
      }),
    ],
  },
  Change: object(
    {
      ...REFERENCE,
      ...attributes(['principal', 'eventName', 'outcome', 'errorCode', 'errorMessage']),
      fields: listOf(schemaRef('FieldChange')),
      'missing?': {
        enum: ['record', 'request'],
        description: 'why fields is empty: the record was too big to be stored, or it does not have the request',
      },
      'unordered?': {
        const: true,
        description: 'the event has no valid time: its place is not known, and it is not part of the configuration',
      },
    },
    'What one event asked for; only if its outcome is ok it changed something.',
  ),
  FieldChange: object({
    path: { type: 'string', description: 'such as LoggingConfiguration.TaskLogs.LogLevel; a list is one value' },
    before: {
      ...VALUE,
      description: 'null: it was not set; the text unknown: no event in the store tells what it was',
    },
    after: VALUE,
    masked: {
      type: 'boolean',
      description: 'a secret was masked, so the value may differ from the one before though both look alike',
    },
  }),
  Setting: object(
    { value: VALUE, ...REFERENCE, 'masked?': { const: true } },
    'A value, and the event that set it last.',
  ),
  FieldComparison: object({
    path: { type: 'string', description: 'such as requestParameters.Tags[0]' },
    same: { type: 'boolean' },
    values: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'the JSON text of each value, in the order of the events; null: the event has none',
    },
    'provisional?': {
      type: 'array',
      items: STRING,
      description: 'eventIDs of the provisional events; absent: none',
    },
  }),
  Comparison: object({
    eventIds: listOf(STRING),
    provisional: { type: 'array', items: STRING, description: 'eventIDs of the provisional events' },
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
    'How complete the answer is: the newest log file that was read of each account and Region, and the log files, delivered ' +
      'in the time of the question, that are not stored completely, or that CloudTrail signed with other content ' +
      '(not-as-signed). At most a minute old.',
  ),
  Problem: object(
    {
      type: { type: 'string', format: 'uri' },
      title: STRING,
      status: { type: 'integer' },
      detail: STRING,
      'parameter?': { type: 'string', description: 'the wrong parameter' },
    },
    'RFC 9457.',
  ),
  OpenApi: {
    type: 'object',
    properties: { openapi: STRING, info: { type: 'object' }, paths: { type: 'object' } },
    required: ['openapi', 'info', 'paths'],
  },
};
