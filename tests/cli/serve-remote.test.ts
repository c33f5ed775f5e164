import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { awsProblem } from '../../cli/serve/aws-problem.ts';
import { createRemoteApi, type RemoteApi, type RemoteApiOptions } from '../../cli/serve/remote-api.ts';
import { readApiAddress } from '../../cli/serve/sources.ts';
import { listenOnLoopback } from '../../local/loopback.ts';
import { createApi } from '../../shared/http/api.ts';
import { type ApiRequest, MAX_RESPONSE_BYTES, readTarget } from '../../shared/http/messages.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';
import { type Keys, signatureProblem } from '../support/sigv4.ts';

const KEYS: Keys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'not-a-secret', sessionToken: 'not-a-token' };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let store: SampleStore;
let address: URL;
/** What the fake API answers to requests that are signed well. */
let answer: Answer;
const seen: IncomingMessage[] = [];
const failures: unknown[] = [];
const server = createServer((request, response) => {
  seen.push(request);
  const problem = signatureProblem(request, KEYS, 'eu-west-1/execute-api');
  if (problem === undefined) answer(request, response);
  else response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: problem }));
});
const opened: RemoteApi[] = [];

beforeAll(async () => {
  store = await sharedSampleStore();
  address = new URL(await listenOnLoopback(server, 0));
});
afterEach(() => {
  for (const { close } of opened.splice(0)) close();
  seen.length = 0;
  failures.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  store.stop();
});

function remote(options: Partial<RemoteApiOptions> = {}): RemoteApi['api'] {
  const opening = createRemoteApi({
    address,
    region: 'eu-west-1',
    credentials: KEYS,
    failed: (error) => failures.push(error),
    explain: (error) => awsProblem(error, 'team'),
    ...options,
  });
  opened.push(opening);
  return opening.api;
}

const get = (url: string, headers: Record<string, string> = {}): ApiRequest => ({
  method: 'GET',
  url,
  headers: { get: (name) => headers[name] ?? null },
});

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
};

describe('requests', () => {
  test.each([
    ['/environments', '/environments'],
    ['/environments/a%2Fb/events', '/environments/a%2Fb/events'],
    ['/environments/a%252Fb/events', '/environments/a%252Fb/events'],
    ['/environments/a b/events', '/environments/a%20b/events'],
    ['/environments/a+b/events', '/environments/a%2Bb/events'],
    ["/environments/it's(1)*!/events", '/environments/it%27s%281%29%2A%21/events'],
    ['/events?user=b&user=a&user=b', '/events?user=b&user=a&user=b'],
    ['/events?user=a+b&user=a%20b&user=a%2Bb', '/events?user=a%20b&user=a%20b&user=a%2Bb'],
    ['/events?userAgent=Ω/1.0=(x)*', '/events?userAgent=%CE%A9%2F1.0%3D%28x%29%2A'],
    ['/events?param=tags=100%25&since', '/events?param=tags%3D100%25&since='],
    ['/events?&&errors=true&', '/events?errors=true'],
  ])('%s arrives as %s, signed', async (given, arrived) => {
    answer = json(200, {});
    const { status, body } = await remote()(get(given));
    expect({ status, body }).toEqual({ status: 200, body: '{}' });
    expect(seen.map(({ url }) => url)).toEqual([arrived]);
  });

  test('any path and query arrive with the same meaning, and signed', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 }).map((one) => one.toWellFormed());
    const segment = text.filter((one) => !/^\.{0,2}$/.test(one));
    // The signer makes an object of the names, and cannot sign one that is no name of a member.
    const name = text.filter((one) => one !== '__proto__');
    const api = remote();
    answer = json(200, {});
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(name, text), { maxLength: 6 }),
        async (segments, query) => {
          const search = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
          const url = `/${segments.map(encodeURIComponent).join('/')}?${search}`;
          expect((await api(get(url))).status).toBe(200);
          expect(readTarget(seen.at(-1)!.url!)).toEqual({ segments, query });
        },
      ),
    );
  });

  test.each(['/environments/../events', '/environments/%2e%2e/events', '/./events', '//events', '/environments/'])(
    '%s, which SigV4 would resolve, is not sent',
    async (url) => {
      expect((await remote()(get(url))).status).toBe(404);
      expect(seen).toEqual([]);
    },
  );

  test('a malformed one is not sent', async () => {
    expect((await remote()(get('/events/%ZZ'))).status).toBe(400);
    expect(seen).toEqual([]);
  });

  test('have of the headers of the caller only Accept', async () => {
    answer = json(200, {});
    const headers = { accept: 'text/csv', authorization: 'Bearer secret', cookie: 'a=b', origin: 'http://x' };
    await remote()(get('/events', headers));
    expect(seen[0]!.headers).toMatchObject({ accept: 'text/csv', host: address.host });
    expect(seen[0]!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
    expect(Object.keys(seen[0]!.headers).sort()).toEqual(
      ['accept', 'authorization', 'connection', 'host', 'x-amz-date', 'x-amz-security-token'].sort(),
    );
  });

  test('without a session token have none', async () => {
    const { sessionToken, ...longTerm } = KEYS;
    await remote({ credentials: longTerm })(get('/events'));
    expect(seen[0]!.headers).not.toHaveProperty('x-amz-security-token');
  });

  test('the wrong key, Region or token is found by the check', async () => {
    answer = json(200, {});
    for (const wrong of [
      { credentials: { ...KEYS, secretAccessKey: 'another' } },
      { credentials: { ...KEYS, sessionToken: 'another' } },
      { region: 'us-east-1' },
    ])
      expect((await remote(wrong)(get('/events'))).status).toBe(403);
  });
});

describe('answers', () => {
  test.each([
    ['/environments', undefined],
    ['/events?limit=2&errors=true', 'application/x-ndjson'],
    ['/environments/prod-etl/events?limit=3', 'text/csv'],
    ['/events/nothing', undefined],
    ['/events?nothing=1', undefined],
    ['/nothing', undefined],
  ])('%s (Accept: %s) are those of the API', async (url, accept) => {
    const api = createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES });
    answer = async (request, response) => {
      const asked = get(request.url!, accept === undefined ? {} : { accept: request.headers.accept! });
      const { status, headers, body } = await api(asked);
      response.writeHead(status, headers).end(body);
    };
    const request = get(url, accept === undefined ? {} : { accept });
    expect(await remote()(request)).toEqual(await api(request));
  });

  test('bring no other header along', async () => {
    answer = json(
      200,
      {},
      { 'set-cookie': 'a=b', 'access-control-allow-origin': '*', link: '</events?cursor=x>; rel="next"' },
    );
    const { headers } = await remote()(get('/events'));
    expect(headers).toMatchObject({ link: '</events?cursor=x>; rel="next"', 'x-content-type-options': 'nosniff' });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['set-cookie']));
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test.each([
    [403, { message: 'Forbidden' }, {}, 403, 'forbidden', /execute-api:Invoke/],
    [
      403,
      { Message: 'User: arn:aws:sts::111122223333:x is not authorized' },
      {},
      403,
      'forbidden',
      /execute-api:Invoke/,
    ],
    [
      403,
      { message: 'The security token included in the request is expired' },
      {},
      403,
      'credentials-expired',
      /sign in/,
    ],
    [403, {}, { 'x-amzn-errortype': 'ExpiredTokenException' }, 403, 'credentials-expired', /sign in/],
    [
      403,
      { message: 'The security token included in the request is invalid.' },
      {},
      403,
      'aws-settings',
      /credentials/,
    ],
    [403, { message: 'Signature expired: 20261106T0 is now earlier than' }, {}, 403, 'aws-settings', /clock/],
    [404, { message: 'Not Found' }, {}, 404, 'no-such-resource', /route/],
    [429, { message: 'Too Many Requests' }, {}, 429, 'throttled', /again/],
    [500, { message: 'Internal Server Error' }, {}, 502, 'upstream-failed', /query function/],
    [503, { message: 'Service Unavailable' }, {}, 502, 'upstream-failed', /query function/],
    [200, 'a page', { 'content-type': 'text/html' }, 502, 'upstream-failed', /--api/],
    [302, {}, { location: 'https://elsewhere.example/' }, 502, 'upstream-failed', /--api/],
    [204, {}, {}, 502, 'upstream-failed', /--api/],
  ] as const)('%i %j of API Gateway becomes a problem', async (given, body, headers, status, kind, detail) => {
    answer = json(given, body as object, headers);
    const problem = await remote()(get('/events'));
    expect(problem).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(problem.body)).toMatchObject({
      type: `urn:problem-type:mwaa-trail:${kind}`,
      detail: expect.stringMatching(detail),
    });
    expectNoSecret(problem.body);
    expect(failures).toEqual([]);
  });

  test('an answer without end is given up', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (response.write('x'.repeat(65_536))) {}
      };
      response.on('drain', more);
      more();
    };
    expect(problemOf(await remote()(get('/events')))).toEqual([502, 'upstream-failed']);
  });

  test('an answer that does not come is given up', async () => {
    answer = () => {};
    expect(problemOf(await remote({ timeOut: 100 })(get('/events')))).toEqual([503, 'out-of-time']);
  });

  test('an answer that stops is given up', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    expect(problemOf(await remote({ timeOut: 100 })(get('/events')))).toEqual([503, 'out-of-time']);
  });

  test('a connection that breaks', async () => {
    answer = (request) => request.socket.destroy();
    expect(problemOf(await remote()(get('/events')))).toEqual([502, 'upstream-unreachable']);
  });

  test('a connection that was closed while it was idle is replaced', async () => {
    const api = remote();
    answer = json(200, {});
    await api(get('/events'));
    const { socket } = seen[0]!;
    answer = (request, response) =>
      request.socket === socket ? socket.resetAndDestroy() : json(200, {})(request, response);
    expect((await api(get('/events'))).status).toBe(200);
    expect(seen).toHaveLength(3);
  });

  test('nobody listens', async () => {
    const response = await remote({ address: new URL('http://127.0.0.1:1') })(get('/events'));
    expect(problemOf(response)).toEqual([502, 'upstream-unreachable']);
    expect(response.body).toContain('ECONNREFUSED');
  });

  test.each([
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'aws-settings'],
    ['CredentialsProviderError', 'The SSO session associated with this profile has expired', 'credentials-expired'],
    ['TokenProviderError', "Token is expired. To refresh this SSO session run 'aws sso login'", 'credentials-expired'],
    ['ExpiredTokenException', 'secret', 'credentials-expired'],
    ['SomethingElse', 'secret', 'internal-error'],
  ])('no credentials: %s %j', async (name, message, kind) => {
    const credentials = async () => {
      throw Object.assign(new Error(message), { name });
    };
    const response = await remote({ credentials })(get('/events'));
    expect(problemOf(response)[1]).toBe(kind);
    expect(response.body).not.toContain('secret');
  });

  test('credentials may come back', async () => {
    answer = json(200, {});
    let signedIn = false;
    const api = remote({
      credentials: async () => {
        if (!signedIn) throw Object.assign(new Error('expired'), { name: 'TokenProviderError' });
        return KEYS;
      },
    });
    expect((await api(get('/events'))).status).toBe(403);
    signedIn = true;
    expect((await api(get('/events'))).status).toBe(200);
  });

  test('a caller that is gone ends the request', async () => {
    const gone = new AbortController();
    const closed = new Promise((resolve) => {
      answer = (_, response) => {
        response.on('close', resolve);
        gone.abort();
      };
    });
    await remote()({ ...get('/events'), signal: gone.signal });
    await closed;
    expect(failures).toEqual([]);
  });
});

function problemOf({ status, body }: { status: number; body: string }): [number, string] {
  expectNoSecret(body);
  return [status, JSON.parse(body).type.replace('urn:problem-type:mwaa-trail:', '')];
}

function expectNoSecret(body: string): void {
  for (const secret of Object.values(KEYS)) expect(body).not.toContain(secret);
  expect(body).not.toMatch(/arn:aws|AWS4-HMAC/);
}

describe('the address', () => {
  test.each([
    'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/',
    'https://audit.example.com:8443',
    'http://127.0.0.1:8787',
    'http://localhost:8787',
    'http://[::1]:8787',
  ])('%s', (given) => {
    expect(readApiAddress(given).origin).toBe(given.replace(/\/$/, ''));
  });

  test.each([
    '',
    'a1b2c3d4e5',
    'http://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    'http://127.0.0.1.evil.example',
    'ftp://audit.example.com',
    'https://user:secret@audit.example.com',
    'https://audit.example.com/stage',
    'https://audit.example.com/?a=b',
    'https://audit.example.com/#x',
    'file:///etc/passwd',
  ])('not %s', (given) => {
    expect(() => readApiAddress(given)).toThrow(/^Expected the address that serverless deploy printed/);
  });
});
