import { request } from 'node:http';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type HttpServer, startHttpServer } from '../../cli/serve/http-server.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { type SampleStore, startSampleStore } from '../support/sample-store.ts';

jest.setTimeout(60_000);

let store: SampleStore;
let server: HttpServer;
beforeAll(async () => {
  store = await startSampleStore();
  server = await startHttpServer(createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES }), 0);
});
afterAll(async () => {
  await server.stop();
  await store.stop();
});

test('answers over HTTP what the function answers', async () => {
  const { status, headers, body } = await ask('/environments/prod%2Detl/events?limit=2&order=oldest-first', {
    headers: { accept: 'application/x-ndjson' },
  });
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    link: expect.stringContaining('rel="next"'),
  });
  const events = body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toMatchObject([{ environment: 'prod-etl' }, { environment: 'prod-etl' }]);
});

test('listens on this machine only', () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test.each(['127.0.0.1', 'localhost'])('answers requests to %s with the port', async (host) => {
  expect((await ask('/environments', { headers: { host: `${host}:${port()}` } })).status).toBe(200);
});

test.each(['evil.example', 'localhost', 'localhost:1', '127.0.0.1.evil.example'])(
  'refuses the Host %j, which another site may have made up',
  async (host) => {
    const { status, body } = await ask('/environments', { headers: { host } });
    expect(status).toBe(400);
    expect(body).not.toContain('prod-etl');
  },
);

test('refuses the name of another site with the right port', async () => {
  expect((await ask('/environments', { headers: { host: `evil.example:${port()}` } })).status).toBe(400);
});

test('refuses a page of another site that asks 127.0.0.1 itself', async () => {
  expect((await ask('/environments', { headers: { origin: 'http://evil.example' } })).status).toBe(400);
});

test('on port 80, which clients leave out of Host', async () => {
  const api = createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES });
  const onPort80 = await startHttpServer(api, 80).catch((error: NodeJS.ErrnoException) => {
    // Not everybody may listen there; tests/local/embedded-servers.test.ts has the cases.
    if (error.code !== 'EACCES' && error.code !== 'EADDRINUSE') throw error;
  });
  if (!onPort80) return;
  try {
    expect((await fetch(`${onPort80.url}/environments`)).status).toBe(200);
  } finally {
    await onPort80.stop();
  }
});

test.each(['POST', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
  const { status, headers } = await ask('/environments', { method });
  expect(status).toBe(405);
  expect(headers.allow).toBe('GET, HEAD');
});

test('HEAD has no body', async () => {
  expect(await ask('/environments', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('a port that is taken is an error', async () => {
  await expect(
    startHttpServer(createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES }), Number(port())),
  ).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

const port = () => new URL(server.url).port;

interface Reply {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** `fetch` does not let Host be chosen. */
function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { agent: false, ...options }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    sent.on('error', reject).end();
  });
}
