import { PROBLEMS, type Problem, problemDetails } from './problem.ts';

/**
 * The answer to a request, as Lambda returns it to an HTTP API (payload format 2.0).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** Lambda returns at most 6 MB, and the headers and the escapes of the body as a JSON string count. */
export const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

/** Nothing here is for caches, pages, frames or other origins. */
const HEADERS = {
  'cache-control': 'no-store',
  vary: 'accept',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
} as const;

export function okResponse(contentType: string, body: string, headers: Record<string, string> = {}): HttpResponse {
  return { statusCode: 200, headers: { ...HEADERS, 'content-type': contentType, ...headers }, body };
}

export function problemResponse(problem: Problem): HttpResponse {
  return {
    statusCode: PROBLEMS[problem.kind].status,
    headers: {
      ...HEADERS,
      'content-type': 'application/problem+json',
      ...(problem.kind === 'method-not-allowed' ? { allow: 'GET, HEAD' } : {}),
    },
    body: JSON.stringify(problemDetails(problem)),
  };
}

/** Whether Lambda can return a response; `maxBytes` as of its JSON text. */
export function fits(response: HttpResponse, maxBytes: number): boolean {
  // A UTF-16 unit is at most an escape of six bytes, and the headers are short.
  if (response.body.length * 6 + 64 * 1024 < maxBytes) return true;
  return Buffer.byteLength(JSON.stringify(response)) < maxBytes;
}
