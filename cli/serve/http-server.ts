import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isForThisMachine, listenOnLoopback } from '../../local/loopback.ts';
import { type ApiRequest, type ApiResponse, problemResponse } from '../../shared/http/messages.ts';
import { Problem } from '../../shared/http/problem.ts';

/** The API, as `createApi` returns it. */
export type Api = (request: ApiRequest) => Promise<ApiResponse>;

export interface HttpServer {
  url: string;
  /** Answers the requests in progress, then closes. */
  stop(): Promise<void>;
}

/**
 * Serves the API on this machine only.
 * @param port 0 for any free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startHttpServer(api: Api, port: number): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, api));
  return {
    url: await listenOnLoopback(server, port),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, api: Api): Promise<void> {
  const { status, headers, body } = isForThisMachine(request.headers, request.socket.localPort)
    ? await api(toApiRequest(request))
    : problemResponse(
        new Problem(
          'bad-request',
          'expected the Host 127.0.0.1 or localhost, with the port, and no Origin of another site',
        ),
      );
  response.writeHead(status, headers).end(body);
}

function toApiRequest({ method = '', url = '', headers }: IncomingMessage): ApiRequest {
  return { method, url, headers: { get: (name) => headers[name]?.toString() ?? null } };
}
