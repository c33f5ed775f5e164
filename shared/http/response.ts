import { PROBLEMS, type Problem, problemDetails } from './problem.ts';
import type { ApiResponse } from './request.ts';

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

export function okResponse(contentType: string, body: string, headers: Record<string, string> = {}): ApiResponse {
  return { status: 200, headers: { ...HEADERS, 'content-type': contentType, ...headers }, body };
}

export function problemResponse(problem: Problem): ApiResponse {
  return {
    status: PROBLEMS[problem.kind].status,
    headers: {
      ...HEADERS,
      'content-type': 'application/problem+json',
      ...(problem.kind === 'method-not-allowed' ? { allow: 'GET, HEAD' } : {}),
    },
    body: JSON.stringify(problemDetails(problem)),
  };
}

/** Whether Lambda can return a response; `maxBytes` as of its JSON text. */
export function fits(response: ApiResponse, maxBytes: number): boolean {
  // A UTF-16 unit is at most an escape of six bytes, and the headers are short.
  if (response.body.length * 6 + 64 * 1024 < maxBytes) return true;
  return Buffer.byteLength(JSON.stringify(response)) < maxBytes;
}
