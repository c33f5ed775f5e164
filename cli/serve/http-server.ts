import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { Problem } from '../../shared/http/problem.ts';
import { type HttpResponse, problemResponse } from '../../shared/http/response.ts';

/** What `createQueryHandler` makes. */
export type HttpHandler = (event: unknown, context: Context) => Promise<HttpResponse>;

export interface HttpServer {
  url: string;
  /** Answers what was asked, then closes. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Serves a Lambda function of an HTTP API on this machine only.
 * @param port 0 for any free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startHttpServer(handler: HttpHandler, port: number): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, handler));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  const { statusCode, headers, body } = isForUs(request)
    ? await handler(toHttpApiEvent(request), {} as Context)
    : problemResponse(new Problem('bad-request', `expected the Host ${HOST} or localhost, with the port`));
  response.writeHead(statusCode, headers).end(body);
}

/**
 * A page of another site can make its own name point to 127.0.0.1 and then read answers as its own (DNS rebinding); its
 * name still stands in Host.
 */
function isForUs({ headers: { host }, socket: { localPort } }: IncomingMessage): boolean {
  return host === `${HOST}:${localPort}` || host === `localhost:${localPort}`;
}

/**
 * The request as API Gateway sends it, payload format 2.0: what the function reads of it. The route is `$default`, for
 * which the path is as it came.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function toHttpApiEvent({ method = '', url = '', headers: { accept } }: IncomingMessage): object {
  const queryAt = url.includes('?') ? url.indexOf('?') : url.length;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.slice(0, queryAt),
    rawQueryString: url.slice(queryAt + 1),
    headers: accept === undefined ? {} : { accept },
    requestContext: { http: { method } },
  };
}
