import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Context } from 'aws-lambda';
import { isForThisMachine, listenOnLoopback } from '../../local/loopback.ts';
import { Problem } from '../../shared/http/problem.ts';
import { type HttpResponse, problemResponse } from '../../shared/http/response.ts';

/** What `createQueryHandler` makes. */
export type HttpHandler = (event: unknown, context: Context) => Promise<HttpResponse>;

export interface HttpServer {
  url: string;
  /** Answers what was asked, then closes. */
  stop(): Promise<void>;
}

/**
 * Serves a Lambda function of an HTTP API on this machine only.
 * @param port 0 for any free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startHttpServer(handler: HttpHandler, port: number): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, handler));
  return {
    url: await listenOnLoopback(server, port),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  const { statusCode, headers, body } = isForThisMachine(request.headers, request.socket.localPort)
    ? await handler(toHttpApiEvent(request), {} as Context)
    : problemResponse(
        new Problem(
          'bad-request',
          'expected the Host 127.0.0.1 or localhost, with the port, and no Origin of another site',
        ),
      );
  response.writeHead(statusCode, headers).end(body);
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
