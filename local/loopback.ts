import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** Where every server of this project listens: reachable from this machine only. */
export const LOOPBACK = '127.0.0.1';

/**
 * Listens on the loopback address.
 * @param port 0 for any free one
 * @returns the server's URL, without a slash at the end
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

/**
 * Whether a request is meant for this machine, and does not come from a page of another site. Such a page can make its own name
 * point to 127.0.0.1 (DNS rebinding): then Host has that name. Or it calls 127.0.0.1 directly: then Origin has it.
 * @param port the port that Host must have; absent: any, as the server may be behind a proxy or a tunnel
 */
export function isForThisMachine({ host = '', origin }: IncomingHttpHeaders, port?: number): boolean {
  // Clients leave out port 80.
  const [, name = '', hostPort = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
  const isOwnHost = OWN_NAMES.has(name) && (port === undefined || hostPort === String(port));
  return isOwnHost && (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`);
}

const OWN_NAMES: ReadonlySet<string> = new Set([LOOPBACK, 'localhost', '[::1]']);

/** The header with the id of a guarded server: in a response its own, in a request the expected one. */
export const SERVER_ID = 'x-mwaa-trail-server';

export interface Guard {
  /** New for each start, so that no other server on the same port is mistaken for it. */
  id: string;
  /** From now on requests must name the server by its id, which other users of the machine do not know. */
  admitOnlyByName(): void;
  /** Refuses new requests, and waits up to five seconds for the responses in progress. */
  drain(): Promise<void>;
}

/** Passes on only requests that are meant for this machine and this server. */
export function guard(server: Server): Guard {
  const id = randomUUID();
  const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  const answering = new Set<ServerResponse>();
  let draining = false;
  let byNameOnly = false;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const { [SERVER_ID]: expected = byNameOnly ? undefined : id } = request.headers;
    if (draining) request.socket.destroy();
    else if (!isForThisMachine(request.headers))
      refuse(response, 403, 'expected the Host 127.0.0.1 or localhost, and no Origin of another site');
    else if (expected !== id) refuse(response, 421, 'this is another server than expected');
    else {
      answering.add(response);
      response.once('close', () => answering.delete(response)).setHeader(SERVER_ID, id);
      for (const listener of listeners) listener.call(server, request, response);
    }
  });
  return {
    id,
    admitOnlyByName: () => {
      byNameOnly = true;
    },
    drain: async () => {
      draining = true;
      const closed = [...answering].map((response) => new Promise((resolve) => response.once('close', resolve)));
      // A client that does not read its response must not keep the server running.
      await Promise.race([Promise.all(closed), setTimeout(5_000, undefined, { ref: false })]);
    },
  };
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${reason}\n`);
}
