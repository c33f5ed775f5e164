import { type AttributeName, attributeNamed } from '../../audit-event/attributes.ts';
import { defined } from '../../defined.ts';
import { FINDINGS } from '../../integrity/finding.ts';
import { NEWS_GROUPS } from '../../query/news.ts';
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

/** A log file with missing or altered events. */
const PROBLEM_FILE = {
  logFile: STRING,
  state: { enum: ['failed', 'quarantined', 'records-quarantined', 'not-as-signed'] },
  'reason?': STRING,
  deliveryDay: STRING,
};
const FIRST_SEEN = {
  name: STRING,
  first: { ...TIME, description: 'of its first event' },
  events: { ...COUNT, description: 'of those that were looked at' },
};

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
      problems: listOf(object(PROBLEM_FILE)),
      problemsTruncated: { type: 'boolean' },
    },
    'How complete the answer is: the newest log file that was read of each account and Region, and the log files, delivered ' +
      'in the time of the question, that are not stored completely, or that CloudTrail signed with other content ' +
      '(not-as-signed). At most a minute old.',
  ),
  Coverage: object(
    {
      account: { type: 'string', description: '- if the keys of the log files have none' },
      region: STRING,
      day: { type: 'string', format: 'date', description: 'of delivery, UTC' },
      ingested: { ...COUNT, description: 'log files whose events are stored' },
      partly: { ...COUNT, description: 'of these: some of their records are in quarantine' },
      verified: { ...COUNT, description: 'of these: a signed digest has the hash of what was ingested' },
      altered: { ...COUNT, description: 'of these: a signed digest has another hash' },
      quarantined: { ...COUNT, description: 'in quarantine as a whole' },
      failed: { ...COUNT, description: 'not read successfully yet' },
      discarded: { ...COUNT, description: 'quarantined, and then discarded' },
    },
    'Log files of an account and Region that were delivered on one day. The sum of ingested, quarantined, failed and discarded ' +
      'is all that the ledger has.',
  ),
  CoverageList: object({ coverage: listOf(schemaRef('Coverage')), completeness: schemaRef('Completeness') }),
  ChainProgress: object(
    {
      bucket: STRING,
      account: STRING,
      region: STRING,
      trail: STRING,
      homeRegion: STRING,
      backfill: { type: 'boolean', description: 'digests that were made later, for log files that others left out' },
      'verifiedUntil?': { ...TIME, description: 'when the time of the newest digest that was checked ends' },
      signed: { type: 'boolean', description: 'whether CloudTrail signed that digest' },
      pending: { ...COUNT, description: 'digests that are checked again each hour' },
      retired: { type: 'boolean', description: 'it has ended, and another trail, or another place, continues' },
    },
    'How far the digests of a trail are verified in an account and Region.',
  ),
  VerificationFinding: object(
    {
      kind: { enum: Object.keys(FINDINGS), description: 'docs/verification.md says what each means, and what to do' },
      account: STRING,
      region: STRING,
      'trail?': STRING,
      bucket: STRING,
      'key?': { type: 'string', description: 'the object that it is about; absent: its name is not known' },
      digest: { type: 'string', description: 'the key of the digest that shows it, which may be the object itself' },
      'from?': { ...TIME, description: 'the time that it is about, with to' },
      'to?': TIME,
      detail: { type: 'string', description: 'a sentence with what was expected' },
      firstSeen: TIME,
      lastSeen: TIME,
      'resolvedAt?': { ...TIME, description: 'when it no longer held; absent: it still does' },
    },
    'What the hourly verification found.',
  ),
  Verification: object({
    'checkedAt?': { ...TIME, description: 'when the last complete run began; absent: none was complete' },
    chains: listOf(schemaRef('ChainProgress')),
    findings: {
      ...listOf(schemaRef('VerificationFinding')),
      description: 'those that were first seen last come first',
    },
    truncated: { type: 'boolean', description: 'older findings are not listed' },
  }),
  ProblemFile: object(
    {
      ...PROBLEM_FILE,
      'path?': { type: 'string', description: "of a file on a user's machine" },
      'account?': STRING,
      'region?': STRING,
      'detail?': { type: 'string', description: 'a sentence about the reason' },
      'recordsQuarantined?': { ...COUNT, description: 'absent: nothing of the log file was ingested' },
    },
    'A log file that is not stored completely, or that CloudTrail signed with other content.',
  ),
  Quarantine: object({
    logFiles: { ...listOf(schemaRef('ProblemFile')), description: 'those delivered last come first' },
    truncated: { type: 'boolean', description: 'older ones are not listed' },
  }),
  FirstSeen: object(FIRST_SEEN, 'What no earlier event has.'),
  NewsLine: object({ of: { enum: Object.values(NEWS_GROUPS), description: 'a criterion' }, ...FIRST_SEEN }),
  News: object({
    since: TIME,
    ...Object.fromEntries(Object.keys(NEWS_GROUPS).map((group) => [group, listOf(schemaRef('FirstSeen'))])),
    events: { ...COUNT, description: 'events that were looked at' },
    truncated: { type: 'boolean', description: 'there may be more that is new' },
    completeness: schemaRef('Completeness'),
  }),
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
