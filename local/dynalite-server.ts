import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Database, Store } from 'dynalite/db/index.js';
import { defined } from '../shared/defined.ts';
import type { DynamoAnswer } from './dynalite-answers.ts';
import { answerInsertStatements } from './insert-statements.ts';
import { answerTimeToLive } from './time-to-live.ts';

/**
 * Creates a dynalite server with what version 4.0.0 lacks: it closes its iterators, a request that breaks off does not end
 * the process, tables have a time to live, and items can be inserted by statements.
 * @param folder where to keep the data; absent: in memory
 * @returns a server that does not listen yet, and its database; closing the server closes both
 */
export async function createDynaliteServer(folder?: string): Promise<{ server: Server; store: Store }> {
  const [{ default: dynalite }, { default: database }] = await Promise.all([
    import('dynalite'),
    import('dynalite/db/index.js'),
  ]);
  let store: Store | undefined;
  const { create } = database;
  // The only access to the store: dynalite calls this function when it is created.
  database.create = (options) => {
    store = create(options);
    return store;
  };
  let server: Server;
  try {
    server = dynalite({ createTableMs: 0, ...defined({ path: folder }) });
  } finally {
    database.create = create;
  }
  if (store === undefined) throw new Error('expected dynalite to create its store by db.create');
  closeIterators(store.db);
  readWholeRequests(server, store);
  return { server, store };
}

/**
 * Gives the database's iterators the method `return`, which they lack and dynalite needs to end a read. Without it, each Query
 * would leave an iterator open, with its memory.
 */
function closeIterators(db: Database): void {
  for (const kind of ['keys', 'values'] as const) {
    const original = db[kind].bind(db);
    db[kind] = (options) => {
      const iterator = original(options);
      return Object.assign(iterator, { return: () => iterator.close() });
    };
  }
}

/** The longest request that DynamoDB accepts. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Passes requests on when they are complete: one that breaks off would make dynalite end the process. */
function readWholeRequests(server: Server, store: Store): void {
  const listeners = server.listeners('request') as ((request: object, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return void request.destroy();
    if (body === 'too-big') return void response.writeHead(413, { connection: 'close' }).end();
    const pass = (content: Buffer, headers: object, answer: ServerResponse) => {
      const whole = Object.assign(Readable.from(content.length > 0 ? [content] : []), {
        method: request.method,
        url: request.url,
        headers,
      });
      for (const listener of listeners) listener.call(server, whole, answer);
    };
    const putItem = (input: object) => {
      const { promise, resolve } = Promise.withResolvers<DynamoAnswer>();
      const answer = new ServerResponse(request);
      const end = (content: string) => resolve({ status: answer.statusCode, content: JSON.parse(content) });
      const headers = { ...request.headers, 'x-amz-target': 'DynamoDB_20120810.PutItem' };
      pass(Buffer.from(JSON.stringify(input)), headers, Object.assign(answer, { end }));
      return promise;
    };
    const own =
      (await answerTimeToLive(request, body, store)) ?? (await answerInsertStatements(request, body, store, putItem));
    if (own === undefined) return pass(body, request.headers, response);
    response.writeHead(own.status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(own.content));
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
