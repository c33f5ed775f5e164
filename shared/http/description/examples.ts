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
export type ExampleCondition =
  | 'answers are limited to 100 bytes'
  | 'DynamoDB does not answer'
  | 'DynamoDB answers slowly';

/** A request whose answer the document shows, in each format if it succeeds. */
interface Example {
  name: string;
  summary: string;
  /** Path and query. */
  url: string;
  status: 200 | 400 | 404;
}

/** The operation that describes itself: its answer is not repeated in it, and it cannot fail. */
const ITSELF = 'getOpenApi';

/** By the operation's ID; the first succeeds. They are answered from the samples in `events/`. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  listEvents: [
    {
      name: 'deniedCalls',
      summary: 'What was denied, or failed, in a night, the newest two',
      url: '/events?errors=true&since=2026-11-06&until=2026-11-07&limit=2',
      status: 200,
    },
    { name: 'misspeltParameter', summary: 'An unknown parameter', url: '/events?enviroment=prod-etl', status: 400 },
    {
      name: 'foreignCursor',
      summary: 'A cursor that no earlier answer gave',
      url: '/events?environment=prod-etl&cursor=bm90IGEgY3Vyc29y',
      status: 400,
    },
  ],
  getEvent: [
    {
      name: 'deniedChange',
      summary: 'A change that was denied',
      url: '/events/016455be-b954-4c42-8c9c-49b594f86248',
      status: 200,
    },
    {
      name: 'unknown',
      summary: 'An eventID that is not stored',
      url: '/events/00000000-0000-4000-8000-000000000000',
      status: 404,
    },
  ],
  listEnvironments: [{ name: 'all', summary: 'All of them', url: '/environments', status: 200 }],
  listEventsOfEnvironment: [
    {
      name: 'newest',
      summary: 'The newest event of an environment',
      url: '/environments/prod-etl/events?limit=1',
      status: 200,
    },
    {
      name: 'tooMany',
      summary: 'A page larger than the maximum',
      url: '/environments/prod-etl/events?limit=1000',
      status: 400,
    },
  ],
  summariseEnvironment: [
    {
      name: 'incidentNight',
      summary: 'The changes of one night',
      url: '/environments/prod-etl/summary?readOnly=false&since=2026-11-06T02:00:00Z&until=2026-11-06T04:00:00Z',
      status: 200,
    },
    {
      name: 'environmentTwice',
      summary: 'The path has named the environment',
      url: '/environments/prod-etl/summary?environment=staging-etl',
      status: 400,
    },
  ],
  compareEvents: [
    {
      name: 'deniedAndDone',
      summary: 'A change that was denied, and the one that was made three minutes later',
      url: '/compare?id=016455be-b954-4c42-8c9c-49b594f86248&id=4b9d2a64-cef8-4d6c-ad8f-94797d7c823c',
      status: 200,
    },
    { name: 'onlyOne', summary: 'Nothing to compare with', url: '/compare?id=one', status: 400 },
    { name: 'unknown', summary: 'An eventID that is not stored', url: '/compare?id=one&id=two', status: 404 },
  ],
  [ITSELF]: [{ name: 'itself', summary: 'This document', url: '/openapi.json', status: 200 }],
};

const PROBLEM_TYPE = 'application/problem+json';

/** All examples of an operation: its own, and those of the problems that each can meet. */
export function shownExamples(operation: Operation): ShownExample[] {
  return [...ownExamples(operation), ...commonProblems(operation)];
}

/** Whether the example's answer is the document itself. */
export function isItself({ id }: Operation, { status }: ShownExample): boolean {
  return id === ITSELF && status === 200;
}

/** The name of an example's body among those of all operations. */
export function bodyKey(operation: Operation, { name, mediaType }: ShownExample): string {
  return `${operation.id} ${name} ${mediaType}`;
}

function ownExamples({ id, formats }: Operation): ShownExample[] {
  return EXAMPLES[id]!.flatMap(({ url, status, ...example }) =>
    (status === 200 ? formats : (['json'] as const)).map((format) => ({
      ...example,
      status,
      mediaType: status === 200 ? MEDIA_TYPES[format] : PROBLEM_TYPE,
      request: { url, accept: MEDIA_TYPES[format] },
    })),
  );
}

function commonProblems({ id }: Operation): ShownExample[] {
  const { url } = EXAMPLES[id]![0]!;
  const accept = MEDIA_TYPES.json;
  const problem = (status: number, name: string, summary: string, request: Partial<ExampleRequest>): ShownExample => ({
    name,
    summary,
    status,
    mediaType: PROBLEM_TYPE,
    request: { url, accept, ...request },
  });
  return [
    problem(400, 'unknownParameter', 'An unknown parameter', {
      url: `${url}${url.includes('?') ? '&' : '?'}colour=blue`,
    }),
    problem(406, 'picture', 'An unknown format', { accept: 'image/png' }),
    ...(id === ITSELF
      ? []
      : [
          problem(413, 'tooLarge', 'More than Lambda can return', { condition: 'answers are limited to 100 bytes' }),
          problem(500, 'failure', 'Something failed behind the API', { condition: 'DynamoDB does not answer' }),
          problem(503, 'slow', 'No answer in time', { condition: 'DynamoDB answers slowly' }),
        ]),
  ];
}
