import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { type ApiOptions, createApi } from '../shared/http/api.ts';
import { type ApiRequest, MAX_RESPONSE_BYTES, problemResponse } from '../shared/http/messages.ts';
import { Problem } from '../shared/http/problem.ts';
import type { QueryDeps } from '../shared/query/ask.ts';

/** Leave time within the function's 29 seconds to finish a page that was begun. */
const LIMITS = { maxResponseBytes: MAX_RESPONSE_BYTES, timeLimits: { page: 18_000, answer: 27_000 } };

/** What Lambda returns to an HTTP API, payload format 2.0. */
export interface HttpApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** The query function: answers requests to an API Gateway HTTP API (payload format 2.0) from the tables. */
export function createQueryHandler(deps: QueryDeps, options: Pick<ApiOptions, 'failed'> & Partial<ApiOptions>) {
  const api = createApi(deps, { ...LIMITS, ...options });
  return middy<unknown, HttpApiResult, Error, Context>().handler(async (event: unknown) => {
    const request = toRequest(event);
    const { status, ...rest } = request ? await api(request) : problemResponse(NOT_FROM_HTTP_API);
    return { statusCode: status, ...rest };
  });
}

const NOT_FROM_HTTP_API = new Problem(
  'bad-request',
  'expected an event of an API Gateway HTTP API, payload format version 2.0',
);

/**
 * The parts of an HTTP API event that are used. Lambda function URLs send the same.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const HttpApiEvent = z.object({
  routeKey: z.optional(z.string()),
  rawPath: z.string(),
  rawQueryString: z.optional(z.string()),
  headers: z.optional(z.record(z.string(), z.string())),
  pathParameters: z.optional(z.record(z.string(), z.string())),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

/** Returns undefined if it is not an event of an HTTP API. */
function toRequest(event: unknown): ApiRequest | undefined {
  const parsed = HttpApiEvent.safeParse(event);
  if (!parsed.success) return undefined;
  // `queryStringParameters` joins the values of a repeated parameter with commas.
  const { rawQueryString = '', headers = {}, requestContext } = parsed.data;
  return {
    method: requestContext.http.method.toUpperCase(),
    url: `${encodedPath(parsed.data)}?${rawQueryString}`,
    headers: { get: (name) => headers[name] ?? headers[name.replace(/^./, (first) => first.toUpperCase())] ?? null },
  };
}

/**
 * Returns the percent-encoded path. API Gateway decodes the path of a route with placeholders, so a slash in a value would look
 * like a separator. Hence the path is rebuilt from the route and the values.
 */
function encodedPath({ routeKey = '$default', rawPath, pathParameters }: z.infer<typeof HttpApiEvent>): string {
  if (pathParameters === undefined || !routeKey.includes(' ')) return rawPath;
  const template = routeKey.slice(routeKey.indexOf(' ') + 1);
  const value = (name: string) => encodeURIComponent((pathParameters[name] ?? '').toWellFormed());
  return template.replace(/\{(\w+)\+?\}/g, (_, name: string) => value(name));
}
