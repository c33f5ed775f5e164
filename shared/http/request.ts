import * as z from 'zod/mini';
import { Problem } from './problem.ts';

/** What a request says, whoever delivered it. */
export interface HttpRequest {
  method: string;
  /** The path's segments, percent-decoded once. */
  segments: readonly string[];
  /** What API Gateway has matched already, such as `GET /events/{eventId}`; elsewhere `$default`. */
  routeKey: string;
  /** The decoded values of the placeholders of `routeKey`. */
  pathParameters: Readonly<Record<string, string>>;
  /** Names and values of the query, percent-decoded once, in order. */
  query: readonly (readonly [name: string, value: string])[];
  accept?: string;
}

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

/** @throws {Problem} when it is not an event of an HTTP API, or its path or query is not well-formed */
export function readRequest(event: unknown): HttpRequest {
  const parsed = HttpApiEvent.safeParse(event);
  if (!parsed.success) {
    throw new Problem('bad-request', 'expected an event of an API Gateway HTTP API, payload format version 2.0');
  }
  const { routeKey = '$default', rawPath, rawQueryString = '', headers, pathParameters, requestContext } = parsed.data;
  const accept = headers?.accept ?? headers?.Accept;
  return {
    method: requestContext.http.method.toUpperCase(),
    // API Gateway has decoded the path together with its parameters; others send it as it came.
    segments: segmentsOf(rawPath).map(pathParameters === undefined ? decoded : wellFormed),
    routeKey,
    pathParameters: Object.fromEntries(
      Object.entries(pathParameters ?? {}).map(([name, value]) => [name, wellFormed(value)]),
    ),
    query: readQuery(rawQueryString),
    ...(accept === undefined ? {} : { accept }),
  };
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').split('/');
}

/**
 * Not `queryStringParameters`, which joins the values of a repeated parameter with commas. `+` is a space, as in forms.
 */
function readQuery(rawQueryString: string): [string, string][] {
  return rawQueryString
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
      return [decoded(name), decoded(value.join('='))];
    });
}

function decoded(text: string): string {
  try {
    return wellFormed(decodeURIComponent(text));
  } catch {
    throw new Problem('bad-request', 'expected a path and a query with well-formed percent-encoding of UTF-8');
  }
}

/** Lone surrogates cannot come over HTTP, and DynamoDB refuses them. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}
