import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import * as z from 'zod/mini';
import { folderError, untilFree } from './folder-lock.ts';
import { SERVER_ID } from './loopback.ts';

/** A server on this machine: its URL, and which one it is, since ports are used again. */
export interface ServerAddress {
  endpoint: string;
  id: string;
}

/** A server in this process. */
export interface OwnServer extends ServerAddress {
  /** From now on it answers only those who name it by its ID: whoever may read the store. */
  admitOnlyByName(): void;
  stop(): Promise<void>;
}

/** A request and an answer of the AWS SDK, as far as they matter here. */
interface Request {
  hostname: string;
  port?: number;
  headers: Record<string, string>;
  body?: unknown;
}
interface Answer {
  response: { headers: Record<string, string>; body?: { destroy?(): void } };
}

/** How often a request is sent in all, when its server ends each time. */
const ATTEMPTS = 5;

/**
 * The server of a folder that only one process can have open. The first that asks runs it and says where, in a file beside the
 * folder; the others use it. When it ends, even by a kill, the next request of one of them makes that one run it.
 */
export class SharedServer {
  readonly #folder: string;
  readonly #start: () => Promise<OwnServer>;
  #current: ServerAddress | OwnServer;
  #moving: Promise<void> | undefined;
  #isClosed = false;

  private constructor(folder: string, start: () => Promise<OwnServer>, current: ServerAddress | OwnServer) {
    this.#folder = folder;
    this.#start = start;
    this.#current = current;
  }

  /**
   * @param start runs the server in this process
   * @throws what `start` throws: `store-in-use` when another process has the folder, and does not share it within seconds
   */
  static async open(folder: string, start: () => Promise<OwnServer>): Promise<SharedServer> {
    return new SharedServer(folder, start, await findOrStart(folder, start));
  }

  /**
   * Sends a request to where the server is now, and once more when it has moved. Every request to the local store may be
   * sent twice: writes have conditions, or replace what is there with the same.
   */
  async send<A extends Answer, R extends Request>(request: R, transmit: (request: R) => Promise<A>): Promise<A> {
    for (let attempt = 1; ; attempt += 1) {
      const server = this.#current;
      let problem: unknown;
      try {
        const answer = await transmit(addressed(request, server));
        if (answer.response.headers[SERVER_ID] === server.id) return answer;
        answer.response.body?.destroy?.();
        problem = Object.assign(new Error('another server answers at its address'), { code: 'ECONNRESET' });
      } catch (error) {
        if (!isGone(error)) throw error;
        problem = error;
      }
      if (this.#isClosed || 'stop' in server) throw problem;
      await this.#moveFrom(server);
      if (attempt === ATTEMPTS || isStream(request.body)) throw problem;
    }
  }

  /** Stops the server if this process runs it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#moving?.catch(() => {});
    if ('stop' in this.#current) await this.#current.stop();
  }

  async #moveFrom(server: ServerAddress): Promise<void> {
    if (this.#current !== server) return;
    this.#moving ??= findOrStart(this.#folder, this.#start)
      .then((server) => {
        this.#current = server;
      })
      .finally(() => {
        this.#moving = undefined;
      });
    await this.#moving;
  }
}

function addressed<R extends Request>(request: R, { endpoint, id }: ServerAddress): R {
  const { hostname, port, host } = new URL(endpoint);
  const headers = { ...request.headers, host, [SERVER_ID]: id };
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
    hostname,
    port: Number(port),
    headers,
  });
}

const GONE = /^(ECONNREFUSED|ECONNRESET|EPIPE)$/;
const isGone = (error: unknown) => GONE.test(String((error as NodeJS.ErrnoException | undefined)?.code));

/** What has been read once cannot be sent again. */
const isStream = (body: unknown) => typeof (body as { pipe?: unknown } | undefined)?.pipe === 'function';

/**
 * Starts a server that other processes share, once its folder is free.
 * @throws what `start` throws: `store-in-use` when another process keeps the folder
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

/** Says where the server is, to those who may read the store, until it stops. */
async function announced<S extends OwnServer>(folder: string, server: S): Promise<S> {
  const path = announcementOf(folder);
  const beside = `${path}.${randomUUID()}`;
  try {
    const { endpoint, id } = server;
    await writeFile(beside, JSON.stringify({ endpoint, id, pid: process.pid }), { mode: 0o600 });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    await server.stop();
    throw folderError(folder, error);
  }
  return {
    ...server,
    stop: async () => {
      await rm(path, { force: true });
      await server.stop();
    },
  };
}

/** Returns undefined if there is none: a process that was killed leaves one of a server that is gone. */
async function readAnnouncement(folder: string): Promise<ServerAddress | undefined> {
  try {
    return Announcement.parse(JSON.parse(await readFile(announcementOf(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

function isRunning({ endpoint, id }: ServerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = httpRequest(endpoint, { agent: false, timeout: 2_000, headers: { [SERVER_ID]: id } }, (response) => {
      response.resume();
      resolve(response.headers[SERVER_ID] === id);
    });
    asked
      .on('timeout', () => asked.destroy())
      .on('error', () => resolve(false))
      .end();
  });
}
