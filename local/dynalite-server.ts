import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Database, Store } from 'dynalite/db/index.js';
import { answerTimeToLive, type TimeToLiveStore } from './time-to-live.ts';

export interface DynaliteServer {
  /** Does not listen yet. To close it closes its database. */
  server: Server;
  /** How many iterators over the database are open: none when no request is being answered. */
  openIterators(): number;
}

/**
 * Dynalite, with what its version 4.0.0 lacks: it closes its iterators, a request that breaks off does not end the process,
 * and tables have a time to live.
 * @param folder where it persists; absent: in memory
 */
export async function createDynaliteServer(folder?: string): Promise<DynaliteServer> {
  const [{ default: dynalite }, { default: database }] = await Promise.all([
    import('dynalite'),
    import('dynalite/db/index.js'),
  ]);
  let store: Store | undefined;
  const { create } = database;
  // The only way to what it keeps: it is created by this function of its own, at once.
  database.create = (options) => {
    store = create(options);
    return store;
  };
  let server: Server;
  try {
    server = dynalite({ createTableMs: 0, ...(folder === undefined ? {} : { path: folder }) });
  } finally {
    database.create = create;
  }
  if (store === undefined) throw new Error('expected dynalite to create its store by db.create');
  const openIterators = closeIterators(store.db);
  readWholeRequests(server, timeToLives(store));
  return { server, openIterators };
}

/**
 * Dynalite ends a read by the iterator's `return`, which the iterators of its database do not have: each Query would leave
 * one open, with all that it holds in memory.
 * @returns how many are open
 */
function closeIterators(db: Database): () => number {
  let open = 0;
  for (const kind of ['keys', 'values'] as const) {
    const original = db[kind].bind(db);
    db[kind] = (options) => {
      const iterator = original(options);
      const close = iterator.close.bind(iterator);
      open += 1;
      let isOpen = true;
      iterator.close = async () => {
        await close();
        if (isOpen) open -= 1;
        isOpen = false;
      };
      return Object.assign(iterator, { return: () => iterator.close() });
    };
  }
  return () => open;
}

/** What DynamoDB takes at once. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Hands requests on when they are complete: of one that breaks off dynalite throws an error that ends the process. */
function readWholeRequests(server: Server, timeToLives: TimeToLiveStore): void {
  const listeners = server.listeners('request') as ((request: object, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return void request.destroy();
    if (body === 'too-big') return void response.writeHead(413, { connection: 'close' }).end();
    if (await answerTimeToLive(request, body, response, timeToLives)) return;
    const { method, url, headers } = request;
    const whole = Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, url, headers });
    for (const listener of listeners) listener.call(server, whole, response);
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-big'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) return 'too-big';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Beside the tables in the same database. A table that is made anew under its name has another id. */
function timeToLives({ db, getTable }: Store): TimeToLiveStore {
  const keyOf = (tableId: string) => `time-to-live~${tableId}`;
  return {
    tableId: (name) =>
      new Promise((resolve, reject) => {
        getTable(name, false, (error, table) => {
          if (table) resolve(table.TableId);
          else if (error?.statusCode === 400) resolve(undefined);
          else reject(error);
        });
      }),
    get: async (tableId) => (await db.get(keyOf(tableId))) as string | undefined,
    put: (tableId, attribute) => db.put(keyOf(tableId), attribute),
  };
}
