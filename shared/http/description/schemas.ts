import { DELIVERIES } from '../../alert/seen-finding.ts';
import { LEVELS } from '../../detect/level.ts';
import { FINDINGS } from '../../integrity/finding.ts';
import { TEXT_CRITERION_NAMES } from '../../query/criteria-table.ts';
import { NEWS_GROUPS } from '../../query/news.ts';
import { PERSON_LISTS } from '../../query/person.ts';
import { TALLY_GROUPS, wordOf } from '../../query/summary.ts';
import { LISTED_COLUMNS, VERIFIED_COLUMNS } from '../../render/csv.ts';
import { attributes, COUNT, listOf, object, RECORDED_TIME, type Schema, STRING, schemaRef, TIME } from './schema.ts';

const SEEN = { events: COUNT, 'first?': RECORDED_TIME, 'last?': RECORDED_TIME };
const COUNTED = { ...SEEN, errors: { ...COUNT, description: 'events that were denied or failed' } };
const TALLY = { name: STRING, ...COUNTED };
const OUTCOMES = {
  changes: { ...COUNT, description: 'events that changed something' },
  denied: COUNT,
  failed: COUNT,
};
const TRUNCATED = { type: 'boolean', description: 'older events were not counted' };

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

/** Of the event with which a finding began. */
const FINDING_ATTRIBUTES = [
  ...['accountId', 'region', 'user', 'role', 'principal', 'action', 'target', 'outcome', 'errorCode', 'sourceIp'],
];

/** The last status in the time of the question. */
const STATUS = object({ status: STRING, since: TIME }, 'absent: no status is known');
const ERROR = { 'errorCode?': STRING, 'errorMessage?': STRING };

const CRITERION = { enum: TEXT_CRITERION_NAMES };

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
    'status?': { type: 'string', description: 'that MWAA announced last; absent: no announcement is stored' },
    'statusSince?': { ...TIME, description: 'when the environment had it' },
  }),
  EnvironmentList: object({
    environments: listOf(schemaRef('Environment')),
    completeness: schemaRef('Completeness'),
  }),
  Tally: object(TALLY),
  TallyLine: object({ by: { enum: TALLY_GROUPS.map(wordOf) }, ...TALLY }),
  Summary: object({
    'environment?': { type: 'string', description: 'if only one is asked for' },
    ...COUNTED,
    ...Object.fromEntries(TALLY_GROUPS.map((group) => [group, listOf(schemaRef('Tally'))])),
    truncated: TRUNCATED,
    completeness: schemaRef('Completeness'),
  }),
  Bucket: object({
    start: TIME,
    reads: COUNT,
    writes: COUNT,
    failures: { ...COUNT, description: 'events that were denied or failed: reads and writes are without them' },
  }),
  Timeline: object({
    from: { ...TIME, description: 'since; without it, the time of the oldest event that was counted' },
    to: { ...TIME, description: 'until; without it, the time of the newest event' },
    bucketSeconds: { type: 'integer', minimum: 1 },
    buckets: { ...listOf(schemaRef('Bucket')), description: 'oldest first, none that are empty' },
    events: COUNT,
    withoutTime: { ...COUNT, description: 'those of the events whose record has no valid time: no bucket has them' },
    truncated: TRUNCATED,
    'countedSince?': { ...TIME, description: 'if truncated, the time of the oldest event that was counted' },
    completeness: schemaRef('Completeness'),
  }),
  ValueList: object({
    of: CRITERION,
    values: { ...listOf(schemaRef('Tally')), description: 'at most 200' },
    leftOut: { ...COUNT, description: 'events with other values; one with several counts for each' },
    events: { ...COUNT, description: 'all that were counted, also those without a value' },
    truncated: TRUNCATED,
  }),
  User: object({ name: STRING, ...SEEN, ...OUTCOMES }),
  UserList: object({
    people: listOf(schemaRef('User')),
    events: COUNT,
    leftOut: { ...COUNT, description: 'events of people who are not listed because there are too many' },
    truncated: TRUNCATED,
    completeness: schemaRef('Completeness'),
  }),
  UserActivity: object({
    name: STRING,
    ...SEEN,
    ...OUTCOMES,
    mfa: object(
      { yes: COUNT, no: COUNT, notRecorded: COUNT },
      'events by what CloudTrail says of multi-factor authentication',
    ),
    ...Object.fromEntries(
      Object.entries(PERSON_LISTS).map(([name, of]) => [name, listOf(object({ ...attributes(of), ...SEEN }))]),
    ),
    leftOut: {
      type: 'object',
      description: 'events that a list leaves out because it is too long, by its name',
      additionalProperties: COUNT,
    },
    truncated: TRUNCATED,
    completeness: schemaRef('Completeness'),
  }),
  LikelyCause: {
    anyOf: [
      object({ kind: { enum: ['empty-store', 'delivery-delay', 'data-events', 'no-combination'] } }),
      object(
        {
          kind: { const: 'unknown-value' },
          criterion: CRITERION,
          value: STRING,
          nearest: listOf(
            object({
              value: STRING,
              events: { ...COUNT, description: 'with this value' },
              more: { type: 'boolean', description: 'there are, or may be, more' },
              inQuestion: { type: 'boolean', description: 'whether they meet the other criteria' },
            }),
          ),
          elsewhere: { ...listOf(CRITERION), description: 'other criteria that events meet with this value' },
        },
        'No event has the value.',
      ),
      object(
        { kind: { const: 'other-identity' }, criterion: CRITERION, value: STRING, users: listOf(STRING) },
        'There is no such user, but something else of users is called like that.',
      ),
      object(
        { kind: { const: 'outside-times' }, 'before?': RECORDED_TIME, 'after?': RECORDED_TIME },
        'Events meet all criteria but the times: the nearest ones.',
      ),
    ],
  },
  LikelyCauseList: object({ causes: listOf(schemaRef('LikelyCause')) }),
  HistoryList: listOf(schemaRef('History')),
  History: {
    description: 'Of one account and Region: the changes, oldest first, or, if a time was given, the configuration.',
    anyOf: [
      object({
        ...PLACE,
        'status?': STATUS,
        changes: listOf(schemaRef('Change')),
        'statusChanges?': {
          ...listOf(schemaRef('StatusChange')),
          description: 'those that belong to no change, oldest first; absent: no status of the environment is known',
        },
      }),
      object({
        ...PLACE,
        'status?': STATUS,
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
      'result?': schemaRef('Result'),
      'missing?': {
        enum: ['record', 'request'],
        description: 'why fields is empty: the record was too big to be stored, or it does not have the request',
      },
      'unordered?': {
        const: true,
        description: 'the event has no valid time: its place is not known, and it is not part of the configuration',
      },
    },
    'What one event asked for. It changed something only if its outcome is ok and its result is not failed.',
  ),
  Result: object(
    {
      is: {
        enum: ['done', 'failed', 'broken', 'running'],
        description:
          'failed: the earlier configuration was restored; broken: it was not, so the configuration is unknown; running: no end was announced',
      },
      status: { type: 'string', description: 'the last status of the change' },
      time: { ...TIME, description: 'when the environment had it' },
      ...ERROR,
    },
    'What became of a request, by what MWAA announced. CloudTrail did not sign it.',
  ),
  StatusChange: object(
    {
      id: { type: 'string', description: 'of the event of EventBridge' },
      time: TIME,
      status: { type: 'string', description: 'such as MAINTENANCE' },
      'updateCreatedAt?': { ...TIME, description: 'when the last update was accepted' },
      'updateSource?': { type: 'string', description: 'who made the last update' },
      'updateStatus?': { type: 'string', description: 'SUCCESS, PENDING or FAILED' },
      ...ERROR,
    },
    'What MWAA announced of an environment. CloudTrail did not sign it.',
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
  Finding: object(
    {
      rule: object({
        ...{ id: STRING, title: STRING, level: { enum: LEVELS }, description: STRING },
        tags: { ...listOf(STRING), description: 'such as attack.t1578' },
        falsePositives: { ...listOf(STRING), description: 'when it is harmless' },
      }),
      time: { ...RECORDED_TIME, description: 'of the event with which it began' },
      'environment?': { type: 'string', description: 'absent: the events are of several environments, or of none' },
      ...Object.fromEntries([...FINDING_ATTRIBUTES].map((name) => [`${name}?`, STRING])),
      'copy?': {
        enum: ['live', 'log-file'],
        description: 'of the event with which it began: that of EventBridge, or that of its log file',
      },
      eventIds: { ...listOf(STRING), description: 'the last 50 with which it began; the last is that of the match' },
      reason: { type: 'string', description: 'why the rule matches' },
      delivery: {
        enum: DELIVERIES,
        description:
          'sent to the topic of alerts; pending: not yet, or that failed; below-level: the level is lower than that of alerts; ' +
          'evaluated: the rules were evaluated to answer, and nothing is sent',
      },
      events: { ...COUNT, description: 'with which it began' },
      repeats: { ...COUNT, description: 'more events of it, which were not sent; from 1000 on: or more' },
      'lastRepeat?': { ...TIME, description: 'of the newest of these events' },
    },
    'What a detection rule found: an event, or a burst. Attributes are those of the event with which it began.',
  ),
  FindingPage: object({
    findings: listOf(schemaRef('Finding')),
    'cursor?': { type: 'string', description: 'for the next page; absent: this was the last' },
    origin: {
      anyOf: [
        object(
          { kind: { const: 'stored' }, alerts: { enum: ['on', 'off', 'unknown'] } },
          'The alert function stored them. off: there is none now, and no new findings come.',
        ),
        object(
          {
            kind: { const: 'evaluated' },
            events: COUNT,
            'cutAt?': { ...TIME, description: 'there are too many events: only those since then were evaluated' },
          },
          'The rules were evaluated over so many events to answer.',
        ),
      ],
    },
    completeness: schemaRef('Completeness'),
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
      'bucket?': { type: 'string', description: 'absent if it is about an event' },
      'key?': { type: 'string', description: 'the object that it is about; absent: its name is not known' },
      'digest?': { type: 'string', description: 'the key of the digest that shows it, which may be the object itself' },
      'eventId?': { type: 'string', description: 'the event that it is about' },
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
