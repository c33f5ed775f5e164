import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem } from '../../shared/http/problem.ts';
import type { ApiRequest, ApiResponse } from '../../shared/http/request.ts';
import { problemResponse } from '../../shared/http/response.ts';

/** What `createApi` makes. */
export type Api = (request: ApiRequest) => Promise<ApiResponse>;

export interface HttpServer {
  url: string;
  /** Answers what was asked, then closes. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Serves the API on this machine only.
 * @param port 0 for any free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startHttpServer(api: Api, port: number): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, api));
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

async function answer(request: IncomingMessage, response: ServerResponse, api: Api): Promise<void> {
  const { status, headers, body } = isForUs(request)
    ? await api(toApiRequest(request))
    : problemResponse(new Problem('bad-request', `expected the Host ${HOST} or localhost, with the port`));
  response.writeHead(status, headers).end(body);
}

/**
 * A page of another site can make its own name point to 127.0.0.1 and then read answers as its own (DNS rebinding); its
 * name still stands in Host.
 */
function isForUs({ headers: { host }, socket: { localPort } }: IncomingMessage): boolean {
  return host === `${HOST}:${localPort}` || host === `localhost:${localPort}`;
}

function toApiRequest({ method = '', url = '', headers }: IncomingMessage): ApiRequest {
  return { method, url, headers: { get: (name) => headers[name]?.toString() ?? null } };
}
