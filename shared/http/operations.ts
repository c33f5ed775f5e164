import { gunzipSync } from 'node:zlib';
import { answerQuestion, openQuestion } from '../query/ask.ts';
import { compareEvents as compareFields, type FieldComparison, provisionalOf } from '../query/compare.ts';
import type { History } from '../query/configuration.ts';
import { readCriteria } from '../query/criteria.ts';
import type { Criteria } from '../query/criteria-table.ts';
import { type EnvironmentTimes, environmentTimes } from '../query/environments.ts';
import { answerHistory, openHistory } from '../query/history.ts';
import { summarise, TALLY_GROUPS, type Tally, wordOf } from '../query/summary.ts';
import { getVerifiedEvent } from '../query/verified-event.ts';
import { csvRow, eventCsv, LISTED_COLUMNS, VERIFIED_COLUMNS } from '../render/csv.ts';
import { historyColumns, historyCsv, historyJson } from '../render/history-data.ts';
import { eventJson } from '../render/json.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { getEvent as readEvent } from '../store/events-table.ts';
import { PACKED_OPENAPI } from './openapi.generated.ts';
import { type Answer, flat, type HttpDeps, listOf, type Operation, operation, type Writing } from './operation.ts';
import {
  A_TIME,
  CRITERIA_PARAMETERS,
  PAGE_PARAMETERS,
  pathParameter,
  requiredList,
  timeParameter,
  type Values,
} from './parameters.ts';
import { Problem } from './problem.ts';

const ALL_FORMATS = ['json', 'ndjson', 'csv'] as const;

/** The placeholder of paths below `/environments/{name}`, and the criteria that are left when the path names it. */
const ENVIRONMENT_NAME = pathParameter(
  'name of the MWAA environment; one with a slash goes into the parameter environment of /events',
);
const { environment: _, ...CRITERIA_IN_ENVIRONMENT } = CRITERIA_PARAMETERS;

const EVENTS = {
  description:
    'Criteria combine and match exactly; a repeated one means any of its values. Times are those of the events. The next ' +
    'page is at `cursor`, and in the Link header.',
  formats: ALL_FORMATS,
  schemas: { json: 'EventPage', line: 'ListedEvent' },
  columns: LISTED_COLUMNS,
} as const;

const listEvents = operation({
  ...EVENTS,
  id: 'listEvents',
  path: '/events',
  summary: 'Events that meet all criteria',
  parameters: { ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS },
  answer: ({ limit, order, cursor, ...criteria }, deps) => eventPage(criteria, { limit, order, cursor }, deps),
});

const listEventsOfEnvironment = operation({
  ...EVENTS,
  id: 'listEventsOfEnvironment',
  path: '/environments/{name}/events',
  summary: 'Events of one environment',
  parameters: { name: ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT, ...PAGE_PARAMETERS },
  answer: ({ name, limit, order, cursor, ...criteria }, deps) =>
    eventPage({ ...criteria, environment: [name] }, { limit, order, cursor }, deps),
});

const LISTED: Writing<ListedEvent> = {
  json: eventJson,
  columns: LISTED_COLUMNS,
  csv: (event) => eventCsv(event, LISTED_COLUMNS),
};

async function eventPage(criteria: Criteria, page: Values<typeof PAGE_PARAMETERS>, deps: HttpDeps): Promise<Answer> {
  const question = openQuestion({ criteria, ...page }, deps.now());
  const [{ events, cursor }, completeness] = await Promise.all([
    answerQuestion(question, deps),
    deps.completeness(question.page.criteria),
  ]);
  return { cursor, body: listOf(events, LISTED, { events, cursor, completeness }) };
}

const getEvent = operation({
  id: 'getEvent',
  path: '/events/{eventId}',
  summary: 'Everything stored of one event',
  description:
    'The record is the text that CloudTrail wrote, numbers and escapes included, but for secrets, which are `***`. ' +
    'verification tells whether a signed digest of CloudTrail has the hash of the log file it was read from.',
  parameters: { eventId: pathParameter("CloudTrail's eventID") },
  formats: ALL_FORMATS,
  schemas: { json: 'Event', line: 'Event' },
  columns: VERIFIED_COLUMNS,
  async answer({ eventId }, deps) {
    const event = found(await getVerifiedEvent(eventId, deps), 'eventId');
    const json = () => eventJson(event);
    const csv = () => csvRow(VERIFIED_COLUMNS) + eventCsv(event, VERIFIED_COLUMNS);
    return { body: { json, ndjson: () => `${json()}\n`, csv } };
  },
});

/**
 * @param parameter the one that names the event
 * @throws {Problem} if the event is not stored
 */
function found<T>(event: T | undefined, parameter: string): T {
  if (event !== undefined) return event;
  throw new Problem('no-such-event', `${parameter}: expected the eventID of a stored event`, parameter);
}

const ENVIRONMENTS = flat<EnvironmentTimes>(['environment', 'accountId', 'region', 'firstEventTime', 'lastEventTime']);

const listEnvironments = operation({
  id: 'listEnvironments',
  path: '/environments',
  summary: 'The environments that events have named',
  description: 'With the times of their first and last event.',
  parameters: {},
  formats: ALL_FORMATS,
  schemas: { json: 'EnvironmentList', line: 'Environment' },
  columns: ENVIRONMENTS.columns,
  async answer(_values, deps) {
    const [environments, completeness] = await Promise.all([environmentTimes(deps), deps.completeness({})]);
    return { body: listOf(environments, ENVIRONMENTS, { environments, completeness }) };
  },
});

/** Each is read, some 300 bytes of index, within the half minute that API Gateway waits. */
const MAX_SUMMARISED = 10_000;

const TALLIES = flat<{ by: string } & Tally>(['by', 'name', 'events', 'errors', 'first', 'last']);

const summariseEnvironment = operation({
  id: 'summariseEnvironment',
  path: '/environments/{name}/summary',
  summary: 'What happened in one environment, counted',
  description:
    `By ${TALLY_GROUPS.map(wordOf).join(', ')}: the newest ${MAX_SUMMARISED} events that meet the criteria; \`truncated\` says ` +
    'that there are more. `errors` are those that were denied or failed, also if only Airflow refused them; `first` and `last` are times of events.',
  parameters: { name: ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT },
  formats: ALL_FORMATS,
  schemas: { json: 'Summary', line: 'TallyLine' },
  columns: TALLIES.columns,
  async answer({ name, ...others }, deps) {
    const criteria = readCriteria({ ...others, environment: [name] }, deps.now());
    const [summary, completeness] = await Promise.all([
      summarise(criteria, deps, MAX_SUMMARISED),
      deps.completeness(criteria),
    ]);
    const lines = TALLY_GROUPS.flatMap((group) => summary[group].map((tally) => ({ by: wordOf(group), ...tally })));
    const json = () => JSON.stringify({ environment: name, ...summary, completeness });
    return { body: { ...listOf(lines, TALLIES, {}), json } };
  },
});

const showHistory = operation({
  id: 'showHistory',
  path: '/environments/{name}/history',
  summary: "The changes of an environment's configuration, or what it was at a time",
  description:
    'From the requests that created, updated and deleted it; denied and failed ones have an outcome of their own, and no effect. ' +
    'A request that MWAA accepted (ok) may still fail later. Values are as CloudTrail recorded them, every digit of a number included.',
  parameters: {
    name: ENVIRONMENT_NAME,
    account: CRITERIA_PARAMETERS.account,
    region: CRITERIA_PARAMETERS.region,
    since: CRITERIA_PARAMETERS.since,
    until: CRITERIA_PARAMETERS.until,
    at: timeParameter(`the configuration at this time, without since and until: ${A_TIME}`),
  },
  formats: ALL_FORMATS,
  schemas: { json: 'HistoryList', line: 'History' },
  async answer({ name, ...others }, deps) {
    const question = openHistory({ environment: name, ...others }, deps.now());
    const histories = await answerHistory(question, deps);
    const toJson = (history: History) => historyJson(history, question);
    const toCsv = (history: History) => historyCsv(history, question);
    const list = listOf(histories, { json: toJson, columns: historyColumns(question), csv: toCsv }, {});
    return { body: { ...list, json: () => `[${histories.map(toJson).join(',')}]` } };
  },
});

const compareEvents = operation({
  id: 'compareEvents',
  path: '/compare',
  summary: 'The records of two or more events, field by field',
  description: 'A value is the JSON text in the record, so that no digit is lost; null: the event has no such field.',
  parameters: { id: requiredList("CloudTrail's eventIDs, 2 to 10", 2, 10) },
  formats: ALL_FORMATS,
  schemas: { json: 'Comparison', line: 'FieldComparison' },
  async answer({ id: ids }, { dynamo, tables, now }) {
    const readOne = (id: string) => readEvent(dynamo, tables.eventsTable, id, now());
    const events = await Promise.all(ids.map(async (id) => found(await readOne(id), 'id')));
    const provisional = provisionalOf(events);
    const fields = compareFields(events);
    return { body: listOf(fields, comparisonOf(ids, provisional), { eventIds: ids, provisional, fields }) };
  },
});

/** In CSV each event is a column, headed by its eventID. Each line, and that heading, says which events are provisional. */
function comparisonOf(ids: readonly string[], provisional: readonly string[]): Writing<FieldComparison> {
  const marks = provisional.length === 0 ? {} : { provisional };
  return {
    // An absent value becomes null in JSON: the JSON text `null` is a string of four letters.
    json: ({ path, same, values }) => JSON.stringify({ path, same, values, ...marks }),
    columns: ['path', 'same', ...ids.map((id) => (provisional.includes(id) ? `${id} (provisional)` : id))],
    csv: ({ path, same, values }) => csvRow([path, String(same), ...values.map((value) => value ?? '')]),
  };
}

/** `npm run openapi` makes the document from the other operations. It is packed, so that the function starts fast. */
const getOpenApi = operation({
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This description',
  description: 'OpenAPI 3.1.',
  parameters: {},
  formats: ['json'],
  schemas: { json: 'OpenApi', line: 'OpenApi' },
  async answer() {
    const text = () => gunzipSync(Buffer.from(PACKED_OPENAPI, 'base64')).toString();
    return { body: { json: text, ndjson: text, csv: text } };
  },
});

/** Everything that the API does. */
export const OPERATIONS: readonly Operation[] = [
  listEvents,
  getEvent,
  listEnvironments,
  listEventsOfEnvironment,
  summariseEnvironment,
  showHistory,
  compareEvents,
  getOpenApi,
];
