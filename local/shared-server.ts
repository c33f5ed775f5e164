import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import * as z from 'zod/mini';
import { folderError, untilFree } from './folder-lock.ts';
import { SERVER_ID } from './loopback.ts';

/** A server on this machine: its URL, and its id, because ports are reused. */
export interface ServerAddress {
  endpoint: string;
  id: string;
}

/** A server in this process. */
export interface OwnServer extends ServerAddress {
  /** From now on it answers only requests with its id, which only readers of the store can know. */
  admitOnlyByName(): void;
  stop(): Promise<void>;
}

/** A request and a response of the AWS SDK, as far as used here. */
interface Request {
  hostname: string;
  headers: Record<string, string>;
  body?: unknown;
}
interface Answer {
  response: { headers: Record<string, string>; body?: { destroy?(): void } };
}

/** The server of a folder, in this process or another. */
export interface SharedServer {
  /** Sends a request to the server, again if the server has moved. */
  send<A extends Answer, R extends Request>(request: R, transmit: (request: R) => Promise<A>): Promise<A>;
  /** Stops the server if this process runs it. */
  close(): Promise<void>;
}

/** How often a request is sent in total, if the server ends each time. */
const ATTEMPTS = 5;

/**
 * Opens the server of a folder that only one process can open. The first process starts the server and writes its address to a
 * file beside the folder; others use it. If the server ends, even by a kill, the next process that sends a request starts it.
 *
 * Requests to the local store may be sent twice: writes have conditions, or write the same again.
 *
 * @param start starts the server in this process
 * @throws what `start` throws: `store-in-use` if another process has the folder, and does not share it within seconds
 */
export async function openShared(folder: string, start: () => Promise<OwnServer>): Promise<SharedServer> {
  let current = await findOrStart(folder, start);
  let moving: Promise<void> | undefined;
  let isClosed = false;

  const moveFrom = async (server: ServerAddress) => {
    if (current !== server) return;
    moving ??= findOrStart(folder, start)
      .then((found) => {
        current = found;
      })
      .finally(() => {
        moving = undefined;
      });
    await moving;
  };
  return {
    send: async (request, transmit) => {
      for (let attempt = 1; ; attempt += 1) {
        const server = current;
        try {
          return expectFrom(server, await transmit(addressed(request, server)));
        } catch (error) {
          if (!isGone(error) || isClosed || 'stop' in server) throw error;
          await moveFrom(server);
          if (attempt === ATTEMPTS || isStream(request.body)) throw error;
        }
      }
    },
    close: async () => {
      isClosed = true;
      await moving?.catch(() => {});
      if ('stop' in current) await current.stop();
    },
  };
}

/** Returns the response if this server sent it. */
function expectFrom<A extends Answer>({ id }: ServerAddress, answer: A): A {
  const { headers, body } = answer.response;
  if (headers[SERVER_ID] === id) return answer;
  body?.destroy?.();
  throw Object.assign(new Error('another server answers at its address'), { code: 'ECONNRESET' });
}

function addressed<R extends Request>(request: R, { endpoint, id }: ServerAddress): R {
  const { hostname, port, host } = new URL(endpoint);
  const headers = { ...request.headers, host, [SERVER_ID]: id };
  const copy = Object.assign(Object.create(Object.getPrototypeOf(request)), request);
  return Object.assign(copy, { hostname, port: Number(port), headers });
}

const GONE = /^(ECONNREFUSED|ECONNRESET|EPIPE)$/;
const isGone = (error: unknown) => GONE.test(String((error as NodeJS.ErrnoException | undefined)?.code));

/** A stream cannot be sent again. */
const isStream = (body: unknown) => typeof (body as { pipe?: unknown } | undefined)?.pipe === 'function';

/**
 * Starts a server that other processes share, once its folder is free.
 * @throws what `start` throws: `store-in-use` if another process keeps the folder
 */
export function startShared<S extends OwnServer>(folder: string, start: () => Promise<S>): Promise<S> {
  return untilFree(async () => announced(folder, await start()));
}

function findOrStart(folder: string, start: () => Promise<OwnServer>): Promise<ServerAddress | OwnServer> {
  return untilFree(async () => {
    const running = await readAnnouncement(folder);
    if (running && (await isRunning(running))) return running;
    return announced(folder, await start());
  });
}

const Announcement = z.object({
  endpoint: z.string().check(z.regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/)),
  id: z.string(),
});

const announcementOf = (folder: string) => `${folder}.server.json`;

/** Writes the server's address, for readers of the store, until the server stops. */
async function announced<S extends OwnServer>(folder: string, server: S): Promise<S> {
  const path = announcementOf(folder);
  const draft = `${path}.${randomUUID()}`;
  try {
    const { endpoint, id } = server;
    await writeFile(draft, JSON.stringify({ endpoint, id, pid: process.pid }), { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    await server.stop();
    throw folderError(folder, error);
  }
  return { ...server, stop: () => rm(path, { force: true }).then(() => server.stop()) };
}

/** Returns undefined if there is none. A process that was killed leaves the announcement of a server that is gone. */
async function readAnnouncement(folder: string): Promise<ServerAddress | undefined> {
  try {
    return Announcement.parse(JSON.parse(await readFile(announcementOf(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

function isRunning({ endpoint, id }: ServerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const request = httpRequest(endpoint, { agent: false, timeout: 2_000, headers: { [SERVER_ID]: id } });
    request
      .on('response', (response) => resolve(response.resume().headers[SERVER_ID] === id))
      .on('timeout', () => request.destroy())
      .on('error', () => resolve(false))
      .end();
  });
}
