import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { type ApiOptions, createApi } from '../shared/http/api.ts';
import { type ApiRequest, MAX_RESPONSE_BYTES, problemResponse } from '../shared/http/messages.ts';
import { Problem } from '../shared/http/problem.ts';
import type { QueryDeps } from '../shared/query/ask.ts';

/** Of the function's 29 seconds, some are for the requests that a page had begun. */
const LIMITS = { maxResponseBytes: MAX_RESPONSE_BYTES, timeLimits: { page: 18_000, answer: 27_000 } };

/** What Lambda returns to an HTTP API, payload format 2.0. */
export interface HttpApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** The query function: events of an API Gateway HTTP API (payload format 2.0), answered from the tables. */
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
 * What is used of an event of an HTTP API, payload format 2.0. Lambda function URLs send the same.
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
  // Not `queryStringParameters`, which joins the values of a repeated parameter with commas.
  const { rawQueryString = '', headers = {}, requestContext } = parsed.data;
  return {
    method: requestContext.http.method.toUpperCase(),
    url: `${encodedPath(parsed.data)}?${rawQueryString}`,
    headers: { get: (name) => headers[name] ?? headers[name.replace(/^./, (first) => first.toUpperCase())] ?? null },
  };
}

/**
 * The path, percent-encoded. For a route with placeholders, API Gateway decodes the path, and a slash in a value looks like
 * one of the path. So the path is made from the route and the values.
 */
function encodedPath({ routeKey = '$default', rawPath, pathParameters }: z.infer<typeof HttpApiEvent>): string {
  if (pathParameters === undefined || !routeKey.includes(' ')) return rawPath;
  const template = routeKey.slice(routeKey.indexOf(' ') + 1);
  const value = (name: string) => encodeURIComponent((pathParameters[name] ?? '').toWellFormed());
  return template.replace(/\{(\w+)\}/g, (_, name: string) => value(name));
}
