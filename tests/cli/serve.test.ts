import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readConsole } from '../../cli/serve/console-files.ts';
import { type HttpServer, startHttpServer } from '../../cli/serve/http-server.ts';
import { createSite } from '../../cli/serve/site.ts';
import { newToken } from '../../cli/serve/token.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

jest.setTimeout(60_000);

const SETTINGS = {
  source: { kind: 'local', name: '.mwaa-trail' },
  storeFlags: [],
  aliases: { 'id-of-mei': 'mei.tanaka' },
  version: '0.1.0',
} as const;
const SCRIPT = `console.log('${'the console '.repeat(200)}')`;
const FILES = {
  'index.html': '<!doctype html><script type="module" src="/console/app-7KQXW2ZD.js"></script>',
  'app-7KQXW2ZD.js': SCRIPT,
  'app-7KQXW2ZD.css': 'body { margin: 0 }',
  'sans-ABCDEFGH.woff2': 'a font',
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'built.json': '{"inputs": "secret"}',
  '.env': 'secret',
};

const folder = temporaryFolder();
const token = newToken();
const siteOf = (deps: QueryDeps) =>
  createSite({
    api: createApi(deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES }),
    settings: SETTINGS,
    files: readConsole(folder.path),
    token,
  });

let store: SampleStore;
let server: HttpServer;
beforeAll(async () => {
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder.path, name), content);
  mkdirSync(join(folder.path, 'folder.js'));
  store = await sharedSampleStore();
  server = await startHttpServer(siteOf(store.deps), 0);
});
afterAll(async () => {
  await server.stop();
  await store.stop();
  folder.remove();
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
  const onPort80 = await startHttpServer(siteOf(store.deps), 80).catch((error: NodeJS.ErrnoException) => {
    // Not everybody may listen there; tests/local/embedded-servers.test.ts has the cases.
    if (error.code !== 'EACCES' && error.code !== 'EADDRINUSE') throw error;
  });
  if (!onPort80) return;
  try {
    expect((await fetch(`${onPort80.url}/environments`, { headers: BEARER })).status).toBe(200);
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
  await expect(startHttpServer(siteOf(store.deps), Number(port()))).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

describe('the token', () => {
  test.each(['/environments', '/console.json', '/events?limit=1', '/nothing', '/openapi.json'])(
    '%s needs it',
    async (path) => {
      const { status, headers, body } = await ask(path, { headers: { authorization: '' } });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer');
      expect(JSON.parse(body)).toMatchObject({
        type: 'urn:problem-type:mwaa-trail:unauthorized',
        detail: expect.stringContaining('printed when it started'),
      });
      expect(body).not.toContain(token);
    },
  );

  test.each([
    ['another one', () => `Bearer ${newToken()}`],
    ['a part of it', () => `Bearer ${token.slice(0, -1)}`],
    ['more than it', () => `Bearer ${token}A`],
    ['none', () => 'Bearer '],
    ['it without its scheme', () => token],
    ['it as a password', () => `Basic ${Buffer.from(`:${token}`).toString('base64')}`],
  ])('%s does not open the API', async (_, authorization) => {
    expect((await ask('/environments', { headers: { authorization: authorization() } })).status).toBe(401);
  });

  test('the name of the scheme may have small letters', async () => {
    expect((await ask('/environments', { headers: { authorization: `bearer ${token}` } })).status).toBe(200);
  });

  test('is not taken from the address', async () => {
    expect((await ask(`/environments?token=${token}`, { headers: { authorization: '' } })).status).toBe(401);
  });

  test('has 256 bits, and is new each time', () => {
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(new Set(Array.from({ length: 100 }, newToken)).size).toBe(100);
  });
});

describe('the page of another site', () => {
  test.each(['cross-site', 'same-site'])('gets nothing of the API: Sec-Fetch-Site: %s', async (site) => {
    const { status, body } = await ask('/environments', { headers: { 'sec-fetch-site': site } });
    expect(status).toBe(400);
    expect(body).toContain('Sec-Fetch-Site');
  });

  test.each(['same-origin', 'none'])('is not meant by Sec-Fetch-Site: %s', async (site) => {
    expect((await ask('/environments', { headers: { 'sec-fetch-site': site } })).status).toBe(200);
  });

  test('may link to the console', async () => {
    expect((await ask('/', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
  });
});

describe('the console', () => {
  const withoutToken = { headers: { authorization: '' } };

  test('/ is its page, without a token, and never old', async () => {
    const { status, headers, body } = await ask('/', withoutToken);
    expect({ status, body }).toEqual({ status: 200, body: FILES['index.html'] });
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  });

  test('a query does not matter', async () => {
    expect((await ask('/?x=1', withoutToken)).body).toBe(FILES['index.html']);
  });

  test.each([
    ['app-7KQXW2ZD.js', 'text/javascript; charset=utf-8', /immutable/],
    ['app-7KQXW2ZD.css', 'text/css; charset=utf-8', /immutable/],
    ['sans-ABCDEFGH.woff2', 'font/woff2', /immutable/],
    ['icon.svg', 'image/svg+xml', /^no-cache$/],
  ] as const)('/console/%s is %s', async (name, contentType, cache) => {
    const { status, headers, body } = await ask(`/console/${name}`, withoutToken);
    expect({ status, body }).toEqual({ status: 200, body: FILES[name] });
    expect(headers['content-type']).toBe(contentType);
    expect(headers['cache-control']).toMatch(cache);
  });

  test('may run its own scripts only, and be in no frame', async () => {
    for (const path of ['/', '/console/app-7KQXW2ZD.js']) {
      const { headers } = await ask(path, withoutToken);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test.each([
    ['gzip, deflate, br', 'gzip'],
    ['br;q=1, GZIP;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['br', undefined],
    ['', undefined],
  ])('a browser that accepts %j gets %s', async (accepted, coding) => {
    const { headers, bytes } = await ask('/console/app-7KQXW2ZD.js', { headers: { 'accept-encoding': accepted } });
    expect(headers).toMatchObject({ vary: 'accept-encoding' });
    expect(headers['content-encoding']).toBe(coding);
    expect((coding === undefined ? bytes : gunzipSync(bytes)).toString()).toBe(SCRIPT);
    if (coding !== undefined) expect(bytes.length).toBeLessThan(SCRIPT.length / 4);
  });

  test.each([
    '/console/built.json',
    '/console/.env',
    '/console/folder.js',
    '/console/',
    '/console/index.html',
    '/console/../index.html',
    '/console/%2e%2e/index.html',
    '/console/..%2f..%2fetc%2fpasswd',
    '/../../../../etc/passwd',
    '/console/app-7KQXW2ZD.js/',
    '/console/__proto__',
  ])('%s is no file of it', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toMatch(/secret|root:/);
  });

  test('a file that comes later is not served', async () => {
    writeFileSync(join(folder.path, 'later.js'), 'secret');
    expect((await ask('/console/later.js')).status).toBe(404);
  });

  test.each(['evil.example', 'localhost:1'])('is not for the Host %s', async (host) => {
    expect((await ask('/', { headers: { host } })).status).toBe(400);
  });

  test('HEAD and POST', async () => {
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect((await ask('/', { method: 'POST' })).status).toBe(405);
  });

  test('/console.json says what it shows', async () => {
    const { status, headers, body } = await ask('/console.json');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(JSON.parse(body)).toEqual(SETTINGS);
  });

  test('is not built: / says so', async () => {
    const api = createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES });
    const files = readConsole(join(folder.path, 'nothing'));
    const bare = await startHttpServer(createSite({ api, settings: SETTINGS, files, token: undefined }), 0);
    try {
      expect(await (await fetch(bare.url)).json()).toMatchObject({ detail: expect.stringContaining('npm run build') });
      expect((await fetch(`${bare.url}/environments`)).status).toBe(200);
    } finally {
      await bare.stop();
    }
  });
});

const BEARER = { authorization: `Bearer ${token}` };
const port = () => new URL(server.url).port;

interface Question {
  method?: string;
  headers?: Record<string, string>;
}

interface Reply {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  bytes: Buffer;
}

/** With the token. `fetch` does not let Host be chosen, and resolves `..` in a path. */
function ask(path: string, { method = 'GET', headers = {} }: Question = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { path, method, headers: { ...BEARER, ...headers }, agent: false };
    const sent = request(server.url, options, async (response) => {
      const bytes = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode, headers: response.headers, body: bytes.toString(), bytes });
    });
    sent.on('error', reject).end();
  });
}
