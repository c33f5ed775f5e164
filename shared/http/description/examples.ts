import { MEDIA_TYPES } from '../negotiate.ts';
import type { Operation } from '../operation.ts';

/** An example of the OpenAPI document: a request, and where the document shows its answer. */
export interface ShownExample {
  name: string;
  summary: string;
  status: number;
  mediaType: string;
  request: ExampleRequest;
}

/** How to get the answer that an example shows. */
export interface ExampleRequest {
  url: string;
  accept: string;
  /** What is done to the API before; absent: nothing. */
  condition?: ExampleCondition;
}
type ExampleCondition = 'answers are limited to 100 bytes' | 'DynamoDB does not answer' | 'DynamoDB answers slowly';

/** The operation that describes itself: its answer is not repeated in it, and it cannot fail. */
const ITSELF = 'getOpenApi';

const example = (status: 200 | 400 | 404) => (name: string, url: string, summary: string) =>
  ({ status, name, url, summary }) as const;
const [found, wrong, missing] = [example(200), example(400), example(404)];

/** By the operation's ID; the first succeeds. They are answered from the samples in `events/`. */
const EXAMPLES: Readonly<Record<string, readonly [ReturnType<typeof found>, ...ReturnType<typeof found>[]]>> = {
  listEvents: [
    found(
      'deniedCalls',
      '/events?errors=true&since=2026-11-06&until=2026-11-07&limit=2',
      'What was denied, or failed, in a night, the newest two',
    ),
    wrong('misspeltParameter', '/events?enviroment=prod-etl', 'An unknown parameter'),
    wrong(
      'foreignCursor',
      '/events?environment=prod-etl&cursor=bm90IGEgY3Vyc29y',
      'A cursor that no earlier answer gave',
    ),
  ],
  getEvent: [
    found('deniedChange', '/events/016455be-b954-4c42-8c9c-49b594f86248', 'A change that was denied'),
    missing('unknown', '/events/00000000-0000-4000-8000-000000000000', 'An eventID that is not stored'),
  ],
  listEnvironments: [found('all', '/environments', 'All of them')],
  listEventsOfEnvironment: [
    found('newest', '/environments/prod-etl/events?limit=1', 'The newest event of an environment'),
    wrong('tooMany', '/environments/prod-etl/events?limit=1000', 'A page larger than the maximum'),
  ],
  getEventOfEnvironment: [
    found(
      'deniedChange',
      '/environments/prod-etl/events/016455be-b954-4c42-8c9c-49b594f86248',
      'A change that was denied',
    ),
    missing(
      'ofAnother',
      '/environments/dev-sandbox/events/016455be-b954-4c42-8c9c-49b594f86248',
      'An event of another environment',
    ),
  ],
  summarise: [
    found('night', '/summary?errors=true&since=2026-11-06&until=2026-11-07', 'What was denied, or failed, in a night'),
  ],
  summariseOfEnvironment: [
    found(
      'incidentNight',
      '/environments/prod-etl/summary?readOnly=false&since=2026-11-06T02:00:00Z&until=2026-11-06T04:00:00Z',
      'The changes of one night',
    ),
    wrong(
      'environmentTwice',
      '/environments/prod-etl/summary?environment=staging-etl',
      'The path has named the environment',
    ),
  ],
  showTimeline: [
    found('incidentNight', '/timeline?since=2026-11-06&until=2026-11-07&buckets=24', 'A night, hour by hour'),
    wrong('tooMany', '/timeline?buckets=1000', 'More buckets than the maximum'),
  ],
  showTimelineOfEnvironment: [
    found('denied', '/environments/prod-etl/timeline?errors=true&buckets=10', 'All that was denied, or failed'),
  ],
  listValues: [
    found(
      'users',
      '/values?of=user&environment=prod-etl&since=2026-11-06&until=2026-11-07',
      'Who was there in a night',
    ),
    wrong('misspelt', '/values?of=users', 'No criterion'),
  ],
  listValuesOfEnvironment: [
    found('errorCodes', '/environments/prod-etl/values?of=errorCode', 'The error codes of an environment'),
  ],
  listLikelyCauses: [
    found('misspelt', '/likely-causes?environment=prod-etll', 'A name that no event has'),
    found('otherTimes', '/likely-causes?environment=prod-etl&since=2026-12-01', 'A time without events'),
  ],
  listLikelyCausesOfEnvironment: [
    found('asUser', '/environments/prod-etl/likely-causes?user=DataPlatformOperator', 'A role, taken for a user'),
  ],
  listUsers: [found('night', '/users?since=2026-11-06&until=2026-11-07', 'Everybody, in a night')],
  listUsersOfEnvironment: [
    found('beginning', '/environments/prod-etl/users?user=j*', 'Those in one environment whose names begin so'),
  ],
  showUser: [
    found('machine', '/users/svc-airflow-sync?since=2026-11-06&until=2026-11-07', 'A machine, in a night'),
    wrong('several', '/users/jonas*', 'Not a whole name'),
  ],
  showUserOfEnvironment: [
    found('machine', '/environments/prod-etl/users/orders-trigger', 'A machine, in one environment'),
  ],
  listFindings: [
    found('night', '/findings?level=high&since=2026-11-06&until=2026-11-07', 'What was found in a night'),
    wrong('noLevel', '/findings?level=severe', 'An unknown level'),
  ],
  listFindingsOfEnvironment: [
    found('newest', '/environments/prod-etl/findings?limit=1', 'The newest finding in an environment'),
  ],
  showHistory: [
    found(
      'incidentNight',
      '/environments/prod-etl/history?since=2026-11-06T02:00:00Z&until=2026-11-06T04:00:00Z',
      'The changes of one night, and what was denied',
    ),
    found('atATime', '/environments/dev-sandbox/history?region=eu-west-1&at=2026-11-08', 'What it was at a time'),
    wrong('atAndSince', '/environments/prod-etl/history?at=2026-11-08&since=7d', 'A time and a range'),
  ],
  compareEvents: [
    found(
      'deniedAndDone',
      '/compare?id=016455be-b954-4c42-8c9c-49b594f86248&id=4b9d2a64-cef8-4d6c-ad8f-94797d7c823c',
      'A change that was denied, and the one that was made three minutes later',
    ),
    wrong('onlyOne', '/compare?id=one', 'Nothing to compare with'),
    missing('unknown', '/compare?id=one&id=two', 'An eventID that is not stored'),
  ],
  compareEventsOfEnvironment: [
    found(
      'deniedAndDone',
      '/environments/prod-etl/compare?id=016455be-b954-4c42-8c9c-49b594f86248&id=4b9d2a64-cef8-4d6c-ad8f-94797d7c823c',
      'A change that was denied, and the one that was made three minutes later',
    ),
  ],
  showNews: [
    found('sinceTheIncident', '/news?since=2026-11-06', 'What is new since a day'),
    wrong('notATime', '/news?since=yesterday', 'A time in another form'),
  ],
  showCoverage: [
    found('oneWeek', '/coverage?since=7d', 'The days of a week'),
    wrong('tooLong', '/coverage?since=2020-01-01', 'More than 400 days'),
  ],
  showVerification: [found('all', '/verification', 'How far, and what was found')],
  listQuarantine: [
    found('lately', '/quarantine?since=30d', 'The last days'),
    wrong('noTimeBetween', '/quarantine?since=7d&until=8d', 'The end is before the start'),
  ],
  [ITSELF]: [found('itself', '/openapi.json', 'This document')],
};

const PROBLEM_TYPE = 'application/problem+json';

/** All examples of an operation: its own, and the problems that every operation can have. */
export function shownExamples(operation: Operation): ShownExample[] {
  return [...ownExamples(operation), ...commonProblems(operation)];
}

/** Whether the example's answer is the document itself. */
export function isItself({ id }: Operation, { status }: ShownExample): boolean {
  return id === ITSELF && status === 200;
}

/** The key of an example's body among those of all operations. */
export function bodyKey(operation: Operation, { name, mediaType }: ShownExample): string {
  return `${operation.id} ${name} ${mediaType}`;
}

/** Each that succeeds is shown in each format. */
function ownExamples({ id, formats }: Operation): ShownExample[] {
  return (EXAMPLES[id] ?? []).flatMap(({ url, ...shown }) =>
    (shown.status === 200 ? formats : (['json'] as const)).map((format) => ({
      ...shown,
      mediaType: shown.status === 200 ? MEDIA_TYPES[format] : PROBLEM_TYPE,
      request: { url, accept: MEDIA_TYPES[format] },
    })),
  );
}

function commonProblems({ id }: Operation): ShownExample[] {
  const url = EXAMPLES[id]?.[0].url ?? '';
  const problem = (status: number, name: string, summary: string, request: Partial<ExampleRequest>): ShownExample => ({
    name,
    summary,
    status,
    mediaType: PROBLEM_TYPE,
    request: { url, accept: MEDIA_TYPES.json, ...request },
  });
  const unknown = `${url}${url.includes('?') ? '&' : '?'}colour=blue`;
  const always = [
    problem(400, 'unknownParameter', 'An unknown parameter', { url: unknown }),
    problem(406, 'picture', 'An unknown format', { accept: 'image/png' }),
  ];
  if (id === ITSELF) return always;
  return [
    ...always,
    problem(413, 'tooLarge', 'More than Lambda can return', { condition: 'answers are limited to 100 bytes' }),
    problem(500, 'failure', 'Something failed behind the API', { condition: 'DynamoDB does not answer' }),
    problem(503, 'slow', 'No answer in time', { condition: 'DynamoDB answers slowly' }),
  ];
}
