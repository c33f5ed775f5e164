import type { FindingSource } from '../alert/find-findings.ts';
import { abortable } from '../aws/dynamodb.ts';
import { budgetOf, UNLIMITED, within } from '../ingest/time-budget.ts';
import { type QueryDeps, SlowAnswerError } from '../query/ask.ts';
import { rememberedCompleteness } from '../query/completeness.ts';
import {
  type ApiRequest,
  type ApiResponse,
  apiResponse,
  fits,
  problemResponse,
  readTarget,
  type Target,
} from './messages.ts';
import { CONTENT_TYPES, chooseFormat, MEDIA_TYPES } from './negotiate.ts';
import type { Answer, HttpDeps, Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { readValues } from './parameters.ts';
import { PROBLEMS, Problem, toProblem } from './problem.ts';

export interface ApiOptions {
  /** Called with each error that is not the caller's. Its text is not safe to show. */
  failed(error: unknown): void;
  /** Returns the problem that an error means to the caller; default: `toProblem`, which reveals nothing of the errors of AWS. */
  explain?: (error: unknown) => Problem;
  /** Absent: this API has none. */
  findings?: FindingSource;
  /** Of the response as JSON text. */
  maxResponseBytes: number;
  /** Absent: no limit. */
  timeLimits?: TimeLimits;
}

/** Milliseconds after a request arrives. */
export interface TimeLimits {
  /** A page of events ends early. */
  page: number;
  /** The answer is the problem `out-of-time`. */
  answer: number;
}

/** The HTTP API over the tables. It answers every request, and never throws. */
export function createApi(
  deps: QueryDeps,
  { failed, explain = toProblem, findings = noFindings, maxResponseBytes, timeLimits }: ApiOptions,
) {
  const httpDeps = { ...deps, findings, completeness: rememberedCompleteness(deps) };
  return async (request: ApiRequest): Promise<ApiResponse> => {
    const isAwaited = () => request.signal?.aborted !== true;
    const budget = timeLimits ? budgetOf(timeLimits.page) : UNLIMITED;
    // For a caller who has gone, nothing more is read, and requests in flight end.
    const time = { isSpent: () => budget.isSpent() || !isAwaited() };
    const dynamo = request.signal ? abortable(deps.dynamo, request.signal) : deps.dynamo;
    try {
      const work = respond(request, { ...httpDeps, dynamo, time }, maxResponseBytes);
      const response = await (timeLimits ? within(timeLimits.answer, work, tooLate) : work);
      return request.method === 'HEAD' ? { ...response, body: '' } : response;
    } catch (error) {
      if (PROBLEMS[toProblem(error).kind].status >= 500 && isAwaited()) failed(error);
      return problemResponse(explain(error));
    }
  };
}

const noFindings: FindingSource = async () => {
  throw new Problem('no-such-resource', 'findings are not kept here');
};

function tooLate(): never {
  throw new SlowAnswerError();
}

async function respond(request: ApiRequest, deps: HttpDeps, maxBytes: number): Promise<ApiResponse> {
  const target = readTarget(request.url);
  const { operation, pathValues } = findOperation(target);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Problem('method-not-allowed', 'expected the method GET or HEAD');
  }
  const format = chooseFormat(request.headers.get('accept') ?? undefined, operation.formats);
  if (format === undefined) {
    const types = operation.formats.map((name) => MEDIA_TYPES[name]).join(', ');
    throw new Problem('not-acceptable', `expected an Accept header that allows one of ${types}`);
  }
  const answer = await operation.answer(readValues(operation.parameters, pathValues, target), deps);
  const response = apiResponse(200, CONTENT_TYPES[format], answer.body[format](), linkOf(answer, target));
  if (fits(response, maxBytes)) return response;
  throw tooLarge(operation);
}

/** @throws {Problem} if there is nothing at the path */
function findOperation({ segments }: Target): { operation: Operation; pathValues: Record<string, string> } {
  for (const operation of OPERATIONS) {
    const pathValues = matchPath(operation.path, segments);
    if (pathValues) return { operation, pathValues };
  }
  throw new Problem('no-such-resource', 'expected a path of this API, as /openapi.json describes it');
}

/** Returns the values of a template's placeholders; undefined if the path does not match. */
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
function linkOf({ cursor }: Answer, { segments, query }: Target): Record<string, string> {
  if (cursor === undefined) return {};
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  const next = [...query.filter(([name]) => name !== 'cursor'), ['cursor', cursor]] as const;
  return { link: `<${path}?${next.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}>; rel="next"` };
}

function tooLarge({ parameters }: Operation): Problem {
  return 'limit' in parameters
    ? new Problem('answer-too-large', 'limit: expected fewer events, these have more than 6 MB', 'limit')
    : new Problem('answer-too-large', 'Lambda returns at most 6 MB; the program mwaa-trail shows more');
}
