import { MEDIA_TYPES } from './negotiate.ts';
import type { Operation } from './operation.ts';

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
export type ExampleCondition = 'answers are limited to 100 bytes' | 'DynamoDB does not answer';

const PROBLEM_TYPE = 'application/problem+json';

/** All examples of an operation: its own, and those of the problems that each can meet. */
export function shownExamples(operation: Operation): ShownExample[] {
  return [...ownExamples(operation), ...commonProblems(operation)];
}

/** The name of an example's body among those of all operations. */
export function bodyKey(operation: Operation, { name, mediaType }: ShownExample): string {
  return `${operation.id} ${name} ${mediaType}`;
}

function ownExamples({ examples, formats }: Operation): ShownExample[] {
  return examples.flatMap(({ url, status, ...example }) =>
    (status === 200 ? formats : (['json'] as const)).map((format) => ({
      ...example,
      status,
      mediaType: status === 200 ? MEDIA_TYPES[format] : PROBLEM_TYPE,
      request: { url, accept: MEDIA_TYPES[format] },
    })),
  );
}

function commonProblems({ examples, fixed }: Operation): ShownExample[] {
  const { url } = examples[0]!;
  const accept = MEDIA_TYPES.json;
  const problem = (status: number, name: string, summary: string, request: Partial<ExampleRequest>): ShownExample => ({
    name,
    summary,
    status,
    mediaType: PROBLEM_TYPE,
    request: { url, accept, ...request },
  });
  return [
    problem(400, 'unknownParameter', 'A parameter that there is not', {
      url: `${url}${url.includes('?') ? '&' : '?'}colour=blue`,
    }),
    problem(406, 'picture', 'A format that there is not', { accept: 'image/png' }),
    ...(fixed
      ? []
      : [
          problem(413, 'tooLarge', 'More than Lambda can return', { condition: 'answers are limited to 100 bytes' }),
          problem(500, 'failure', 'Something failed behind the API', { condition: 'DynamoDB does not answer' }),
        ]),
  ];
}
