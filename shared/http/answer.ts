import { CONTENT_TYPES, chooseFormat, MEDIA_TYPES } from './negotiate.ts';
import type { Answer, HttpDeps, Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { readValues } from './parameters.ts';
import { Problem, toProblem } from './problem.ts';
import { type HttpRequest, readRequest } from './request.ts';
import { fits, type HttpResponse, okResponse, problemResponse } from './response.ts';

/**
 * Answers one request to the API.
 * @param event an event of an HTTP API, payload format 2.0
 * @param maxBytes of the response as JSON text
 * @returns `failure`: an error that is not the asker's, for the log; the response says nothing of it
 */
export async function answerRequest(
  event: unknown,
  deps: HttpDeps,
  maxBytes: number,
): Promise<{ response: HttpResponse; failure?: unknown }> {
  try {
    const request = readRequest(event);
    const response = await respond(request, deps, maxBytes);
    return { response: request.method === 'HEAD' ? { ...response, body: '' } : response };
  } catch (error) {
    const problem = toProblem(error);
    const response = problemResponse(problem);
    return problem.kind === 'internal-error' ? { response, failure: error } : { response };
  }
}

async function respond(request: HttpRequest, deps: HttpDeps, maxBytes: number): Promise<HttpResponse> {
  const { operation, pathValues } = findOperation(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Problem('method-not-allowed', 'expected the method GET or HEAD');
  }
  const format = chooseFormat(request.accept, operation.formats);
  if (format === undefined) {
    const types = operation.formats.map((name) => MEDIA_TYPES[name]).join(', ');
    throw new Problem('not-acceptable', `expected an Accept header that allows one of ${types}`);
  }
  const answer = await operation.answer(readValues(request, pathValues, operation.parameters), deps);
  const response = okResponse(CONTENT_TYPES[format], answer.body[format](), linkOf(answer, request));
  if (fits(response, maxBytes)) return response;
  throw tooLarge(operation);
}

interface Match {
  operation: Operation;
  /** The values of the path's placeholders. */
  pathValues: Readonly<Record<string, string>>;
}

/** @throws {Problem} when there is nothing at the path */
function findOperation(request: HttpRequest): Match {
  const match = routedByApiGateway(request) ?? routedByPath(request);
  if (match) return match;
  throw new Problem('no-such-resource', 'expected a path of this API, as /openapi.json describes it');
}

function routedByApiGateway({ routeKey, pathParameters }: HttpRequest): Match | undefined {
  const operation = OPERATIONS.find(({ path }) => routeKey === `GET ${path}`);
  const named = operation && placeholdersOf(operation).map((name) => [name, pathParameters[name] ?? '']);
  // Without them the event did not come from API Gateway, whatever it says.
  return named?.every(([, value]) => value !== '')
    ? { operation: operation!, pathValues: Object.fromEntries(named) }
    : undefined;
}

function routedByPath({ segments }: HttpRequest): Match | undefined {
  for (const operation of OPERATIONS) {
    const pathValues = matchPath(operation.path, segments);
    if (pathValues) return { operation, pathValues };
  }
  return undefined;
}

function placeholdersOf({ parameters }: Operation): string[] {
  return parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
}

/** The values of a template's placeholders in a path that has its form. */
function matchPath(template: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = template.slice(1).split('/');
  if (parts.length !== segments.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const segment = segments[i]!;
    const placeholder = /^\{(\w+)\}$/.exec(part)?.[1];
    if (placeholder === undefined ? part !== segment : segment === '') return undefined;
    if (placeholder !== undefined) values[placeholder] = segment;
  }
  return values;
}

/** The next page as a link, for formats that have no place for a cursor. https://www.rfc-editor.org/rfc/rfc8288 */
function linkOf({ cursor }: Answer, { segments, query }: HttpRequest): Record<string, string> {
  if (cursor === undefined) return {};
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  const next = [...query.filter(([name]) => name !== 'cursor'), ['cursor', cursor]] as const;
  return { link: `<${path}?${next.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}>; rel="next"` };
}

function tooLarge({ parameters }: Operation): Problem {
  return parameters.some(({ name }) => name === 'limit')
    ? new Problem('answer-too-large', 'limit: expected fewer events, these have more than 6 MB', 'limit')
    : new Problem('answer-too-large', 'Lambda returns at most 6 MB; the program mwaa-trail shows more');
}
