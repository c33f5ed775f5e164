import { PROBLEMS, Problem, type ProblemKind, problemDetails } from './problem.ts';

/**
 * What the API reads of a request. A WHATWG `Request` is one. The adapters pass plain objects instead, because the first
 * use of `Request` and `Response` loads Node's fetch implementation (docs/decisions/0011-http-without-fetch-classes.md).
 */
export interface ApiRequest {
  method: string;
  /** Absolute, or only path and query as in HTTP/1.1; percent-encoded. */
  url: string;
  headers: { get(name: string): string | null };
  /** Aborted once nobody waits for the answer; absent: somebody always does. */
  signal?: AbortSignal;
}

/** What the API answers: the arguments of a WHATWG `Response`. */
export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The resource that a request names. */
export interface Target {
  /** The segments of the path, percent-decoded once. */
  segments: readonly string[];
  /** Names and values of the query, percent-decoded once, in order. */
  query: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads the path and the query of a URL. `URL` is not used: it resolves `..`, so that a path could name another resource
 * than the one that API Gateway authorized.
 * @throws {Problem} `bad-request` if the percent-encoding is malformed
 */
export function readTarget(url: string): Target {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const queryAt = target.includes('?') ? target.indexOf('?') : target.length;
  return {
    segments: target.slice(0, queryAt).replace(/^\//, '').split('/').map(decoded),
    query: readQuery(target.slice(queryAt + 1)),
  };
}

/** `URLSearchParams` accepts malformed encoding; here it is an error. `+` is a space, as in forms. */
function readQuery(query: string): [string, string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
      return [decoded(name), decoded(value.join('='))];
    });
}

function decoded(text: string): string {
  try {
    // Lone surrogates cannot come over HTTP, and DynamoDB refuses them.
    return decodeURIComponent(text).toWellFormed();
  } catch {
    throw new Problem('bad-request', 'expected a path and a query with well-formed percent-encoding of UTF-8');
  }
}

/** Lambda returns at most 6 MB, and the headers and the escapes of the body as a JSON string count. */
export const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

/** Answers are not for caches, pages, frames or other origins. */
const HEADERS = {
  'cache-control': 'no-store',
  vary: 'accept',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
} as const;

export function apiResponse(status: number, contentType: string, body: string, headers: object): ApiResponse {
  return { status, headers: { ...HEADERS, 'content-type': contentType, ...headers }, body };
}

/** What HTTP asks of some answers. */
const PROBLEM_HEADERS: Readonly<Partial<Record<ProblemKind, object>>> = {
  unauthorized: { 'www-authenticate': 'Bearer' },
  'method-not-allowed': { allow: 'GET, HEAD' },
};

export function problemResponse(problem: Problem): ApiResponse {
  const headers = PROBLEM_HEADERS[problem.kind] ?? {};
  const body = JSON.stringify(problemDetails(problem));
  return apiResponse(PROBLEMS[problem.kind].status, 'application/problem+json', body, headers);
}

/** Whether Lambda can return a response: its JSON text has at most `maxBytes`. */
export function fits(response: ApiResponse, maxBytes: number): boolean {
  // A UTF-16 unit is at most an escape of six bytes, and the headers are short.
  if (response.body.length * 6 + 64 * 1024 < maxBytes) return true;
  return Buffer.byteLength(JSON.stringify(response)) < maxBytes;
}
