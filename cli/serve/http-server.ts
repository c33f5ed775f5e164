import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isForThisMachine, listenOnLoopback } from '../../local/loopback.ts';
import { type ApiRequest, type ApiResponse, problemResponse } from '../../shared/http/messages.ts';
import { Problem } from '../../shared/http/problem.ts';

/** What a server answers; it never throws. */
export type Site = (request: ApiRequest) => Promise<SiteResponse>;

export type SiteResponse = Omit<ApiResponse, 'body'> & { body: string | Uint8Array };

export interface HttpServer {
  url: string;
  /** Answers the requests in progress that take no longer than half a second, then closes. */
  stop(): Promise<void>;
}

const GRACE_MS = 500;

/**
 * Serves a site on this machine only.
 * @param port 0 for any free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startHttpServer(site: Site, port: number): Promise<HttpServer> {
  const stopped = new AbortController();
  const server = createServer((request, response) => void answer(request, response, site, stopped.signal));
  return {
    url: await listenOnLoopback(server, port),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const late = setTimeout(() => {
        stopped.abort();
        server.closeAllConnections();
      }, GRACE_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  stopped: AbortSignal,
): Promise<void> {
  const { status, headers, body } = isForThisMachine(request.headers, request.socket.localPort)
    ? await site(toApiRequest(request, AbortSignal.any([stopped, whenGone(response)])))
    : problemResponse(
        new Problem(
          'bad-request',
          'expected the Host 127.0.0.1 or localhost, with the port, and no Origin of another site',
        ),
      );
  response.writeHead(status, headers).end(body);
}

/** Returns a signal that is aborted if the caller disconnects before it has the answer. */
function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

function toApiRequest({ method = '', url = '', headers }: IncomingMessage, signal: AbortSignal): ApiRequest {
  return { method, url, headers: { get: (name) => headers[name]?.toString() ?? null }, signal };
}
