import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Servers } from '../../support/servers.ts';

/** One request on its way to the embedded S3 or DynamoDB. */
export interface PassingRequest {
  service: 's3' | 'dynamodb';
  /** `GetObject`, `PutItem`, ... */
  operation: string;
  /** The bucket or the table. */
  target: string;
  /** The object's key; empty for DynamoDB. */
  key: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** An answer, as the server gave it or as a test makes it up. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** How an answer goes over the wire. */
export interface Sending {
  /** What tells the client where the body ends: its length, chunks, or the end of the connection. */
  framing?: 'length' | 'chunked' | 'connection';
  /** So many bytes of the body only. */
  bytes?: number;
  /** What happens after the last of these bytes. */
  ending?: 'reset' | 'fin' | 'stall';
}

/** One request and its connection, in the hands of a fault. */
export interface Exchange {
  request: PassingRequest;
  /** Lets the server do the work. */
  forward(): Promise<Answer>;
  /** Answers as a sound server would. */
  answer(answer: Answer): void;
  /** Answers in a way in which no sound server would. */
  send(answer: Answer, sending: Sending): void;
  /** Sends the head of an answer byte by byte, and never its end. */
  trickle(): void;
  /** Ends the connection without an answer. */
  hangUp(how: 'reset' | 'fin'): void;
}

/** What goes wrong with a request. One that does nothing at all is a black hole. */
export type Fault = (exchange: Exchange) => void | Promise<void>;

/** Decides about each request; nothing means that it passes. */
export type Script = (request: PassingRequest) => Fault | undefined;

export interface FaultProxy {
  endpoint: string;
  /** All requests so far. */
  requests: PassingRequest[];
  /** May be exchanged at any time. */
  script: Script;
  stop(): Promise<void>;
}

/** Proxies in front of both embedded servers. */
export interface FaultProxies {
  s3: FaultProxy;
  dynamo: FaultProxy;
  stop(): Promise<void>;
}

export async function startFaultProxies({ s3, dynamo }: Pick<Servers, 's3' | 'dynamo'>): Promise<FaultProxies> {
  const proxies = {
    s3: await startFaultProxy('s3', s3.endpoint),
    dynamo: await startFaultProxy('dynamodb', dynamo.endpoint),
  };
  return { ...proxies, stop: async () => void (await Promise.all([proxies.s3.stop(), proxies.dynamo.stop()])) };
}

/** Starts an HTTP proxy in front of an embedded server. */
export async function startFaultProxy(service: PassingRequest['service'], upstream: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const requests: PassingRequest[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    // A client that gives up is no failure of the proxy.
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const passing = await describe(service, incoming);
    requests.push(passing);
    const forward = () => forwarded(incoming, passing.body, upstream, agent);
    const exchange = exchangeOf(passing, outgoing, incoming.socket, forward);
    const fault = proxy.script(passing);
    if (fault) await fault(exchange);
    else exchange.answer(await forward());
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: () => undefined,
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function exchangeOf(
  passing: PassingRequest,
  outgoing: ServerResponse,
  socket: Socket,
  forward: () => Promise<Answer>,
): Exchange {
  return {
    request: passing,
    forward,
    answer: ({ status, headers, body }) => {
      outgoing.writeHead(status, { ...headers, ...(status === 304 ? {} : { 'content-length': body.length }) });
      outgoing.end(body);
    },
    send: (answer, { framing = 'length', bytes = answer.body.length, ending = 'fin' }) => {
      const lastByteSent = () => end(socket, ending);
      socket.write(headOf(answer, framing));
      const part = answer.body.subarray(0, bytes);
      const chunked = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
      socket.write(framing === 'chunked' && part.length > 0 ? chunked : part, lastByteSent);
    },
    trickle: () => {
      // A client that has given up by now closes nothing any more.
      if (socket.destroyed) return;
      socket.write('HTTP/1.1 200 x\r\nx: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.once('close', () => clearInterval(timer));
    },
    hangUp: (how) => end(socket, how),
  };
}

function end(socket: Socket, how: 'reset' | 'fin' | 'stall'): void {
  if (how === 'reset') socket.resetAndDestroy();
  else if (how === 'fin') socket.end();
}

function headOf({ status, headers, body }: Answer, framing: NonNullable<Sending['framing']>): string {
  const ends = {
    length: `content-length: ${body.length}`,
    chunked: 'transfer-encoding: chunked',
    connection: 'connection: close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[`HTTP/1.1 ${status} x`, ...lines, ends[framing]].join('\r\n')}\r\n\r\n`;
}

/** Headers that concern one connection, not the answer. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']);

function forwarded(incoming: IncomingMessage, body: Buffer, upstream: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url = '/', headers } = incoming;
    const outward = request(new URL(url, upstream), { method, headers, agent }, (answer) => {
      collect(answer).then((answered) => {
        const kept = Object.entries(answer.headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
        resolve({
          status: answer.statusCode ?? 500,
          headers: Object.fromEntries(kept) as Answer['headers'],
          body: answered,
        });
      }, reject);
    });
    outward.on('error', reject).end(body);
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function describe(service: PassingRequest['service'], incoming: IncomingMessage): Promise<PassingRequest> {
  const body = await collect(incoming);
  const { headers, method = '', url = '/' } = incoming;
  if (service === 'dynamodb') {
    const { TableName = '' } = JSON.parse(body.toString() || '{}') as { TableName?: string };
    const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
    return { service, operation, target: TableName, key: '', headers, body };
  }
  const [, target = '', ...key] = new URL(url, 'http://s3').pathname.split('/').map(decodeURIComponent);
  const copies = headers['x-amz-copy-source'] !== undefined;
  const operation =
    method === 'PUT' ? (copies ? 'CopyObject' : 'PutObject') : `${method[0]}${method.slice(1).toLowerCase()}Object`;
  return { service, operation, target, key: key.join('/'), headers, body };
}
