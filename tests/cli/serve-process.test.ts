import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { listenOnLoopback } from '../../local/loopback.ts';
import { type BackgroundProcess, follow } from '../support/background.ts';
import { runCli, SAMPLES, startCli, temporaryFolder } from '../support/cli.ts';
import { signatureProblem } from '../support/sigv4.ts';

jest.setTimeout(60_000);

const KEYS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'not-a-secret' };
const AWS_ENV = {
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  HOME: '/nonexistent',
};

const folder = temporaryFolder();
/** Stands for DynamoDB, and for the deployed API. */
let answer: (response: ServerResponse, problem: string | undefined) => void;
const upstream = createServer((request, response) =>
  answer(response, signatureProblem(request, KEYS, 'eu-west-1/execute-api')),
);
let endpoint: string;
let running: BackgroundProcess | undefined;

beforeAll(async () => {
  endpoint = await listenOnLoopback(upstream, 0);
  expect((await runCli(['replay', join(SAMPLES, 'guide-create-environment.json')], folder.path)).code).toBe(0);
});
afterEach(async () => {
  await running?.end('SIGKILL');
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
  folder.remove();
});

async function serve(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  running = follow(startCli(['serve', '--port', '0', ...args], folder.path, env));
  const said = await running.says('readOnly=false');
  const [, url = '', token] = /(http:\/\/127\.0\.0\.1:\d+)\/(?:#token=(\S+))?\n/.exec(said) ?? [];
  const ask = (path: string) => fetch(url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  return { process: running, said, url, token, ask };
}

/** With DynamoDB in place of a local store. */
const serveTable = (env: NodeJS.ProcessEnv = {}) =>
  serve(['--table', 'trail-events'], { ...AWS_ENV, AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...env });

describe('what it prints', () => {
  test('the address with the token, and commands that work', async () => {
    const { said, url, token } = await serve();
    expect(said).toContain(`The console is at ${url}/#token=${token}\n`);
    expect(said).toContain(`curl -H 'Authorization: Bearer ${token}' '${url}/environments'`);
    expect((await fetch(`${url}/environments`)).status).toBe(401);
    const answered = await fetch(`${url}/environments`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answered.json()).toMatchObject({ environments: [{ environment: 'test-cloudtrail' }] });
  });

  test('--no-token: neither token nor header', async () => {
    const { said, url, token } = await serve(['--no-token']);
    expect(token).toBeUndefined();
    expect(said).toContain(`curl '${url}/environments'`);
    expect((await fetch(`${url}/environments`)).status).toBe(200);
  });

  test.each([
    [['--environment', 'prod-etl'], '--environment: expected only with --api'],
    [['--api', 'https://audit.example.com'], '--api: expected the Region of a custom domain'],
    [
      ['--api', 'https://audit.example.com', '--stack', 'x'],
      "'--api <url>' cannot be used with option '--stack <name>'",
    ],
    [['--api', 'http://audit.example.com'], 'Expected the address that serverless deploy printed'],
  ])('%j is refused', async (args, says) => {
    const { code, stderr } = await runCli(['serve', ...args], folder.path, AWS_ENV);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
  });
});

describe('/console.json', () => {
  const settingsOf = async (...given: Parameters<typeof serve>) =>
    (await (await serve(...given)).ask('/console.json')).json();

  test('of the usual store', async () => {
    expect(await settingsOf()).toEqual({
      source: { kind: 'local', name: '.mwaa-trail' },
      storeFlags: [],
      aliases: {},
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  test('of another folder, with aliases', async () => {
    writeFileSync(join(folder.path, 'aliases.json'), '{"id-of-mei": "mei.tanaka"}');
    const env = { MWAA_TRAIL_USER_ALIASES: 'aliases.json', MWAA_TRAIL_STACK: 'mwaa-trail-prod' };
    expect(await settingsOf(['--store', '.mwaa-trail'], env)).toMatchObject({
      source: { kind: 'local', name: '.mwaa-trail' },
      storeFlags: ['--store', '.mwaa-trail'],
      aliases: { 'id-of-mei': 'mei.tanaka' },
    });
  });

  test.each([
    [[], { MWAA_TRAIL_STACK: 'mwaa-trail-prod' }, 'mwaa-trail-prod', ['--stack', 'mwaa-trail-prod']],
    [['--stack', 'x', '--profile', 'p'], {}, 'x', ['--stack', 'x', '--profile', 'p']],
    [['--table', 'x-events', '--aws-region', 'r'], {}, 'x-events', ['--table', 'x-events', '--aws-region', 'r']],
  ])('of %j %j', async (args, env, name, storeFlags) => {
    expect(await settingsOf(args, { ...AWS_ENV, ...env })).toMatchObject({
      source: { kind: 'table', name },
      storeFlags,
    });
  });

  test('of an API', async () => {
    const address = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com';
    expect(await settingsOf(['--api', address, '--environment', 'prod-etl'], AWS_ENV)).toMatchObject({
      source: { kind: 'api', name: address },
      storeFlags: [],
      environment: 'prod-etl',
    });
  });
});

describe('--api', () => {
  const serveApi = (env: NodeJS.ProcessEnv = {}) =>
    serve(['--api', endpoint, '--aws-region', 'eu-west-1'], { ...AWS_ENV, ...env });

  test('asks with the credentials of the environment', async () => {
    answer = (response, problem) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ problem: problem ?? 'none' }));
    const { ask } = await serveApi();
    expect(await (await ask('/environments/a%2Fb/events?user=a+b')).json()).toEqual({ problem: 'none' });
  });

  test('asks with those of a profile', async () => {
    const credentials = join(folder.path, 'credentials');
    writeFileSync(
      credentials,
      `[team]\naws_access_key_id=${KEYS.accessKeyId}\naws_secret_access_key=${KEYS.secretAccessKey}\n`,
    );
    answer = (response, problem) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ problem: problem ?? 'none' }));
    const { ask } = await serve(['--api', endpoint, '--aws-region', 'eu-west-1', '--profile', 'team'], {
      ...AWS_ENV,
      AWS_ACCESS_KEY_ID: 'another',
      AWS_SHARED_CREDENTIALS_FILE: credentials,
    });
    expect(await (await ask('/environments')).json()).toEqual({ problem: 'none' });
  });

  test('without credentials says so', async () => {
    const { ask } = await serveApi({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const response = await ask('/environments');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      type: 'urn:problem-type:mwaa-trail:aws-settings',
      detail: expect.stringContaining('sign in'),
    });
  });
});

describe('over a table, an error of AWS becomes a problem', () => {
  const failing = (type: string): typeof answer => {
    return (response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'secret arn:aws:x' }));
    };
  };

  test.each([
    ['AccessDeniedException', 403, 'forbidden', /dynamodb:Query/],
    ['ExpiredTokenException', 403, 'credentials-expired', /sign in again/],
    ['UnrecognizedClientException', 403, 'aws-settings', /does not accept the credentials/],
    ['ResourceNotFoundException', 502, 'upstream-failed', /expected the table/],
    ['ThrottlingException', 429, 'throttled', /again/],
    ['ValidationException', 500, 'internal-error', /standard error/],
  ])('%s', async (type, status, kind, detail) => {
    answer = failing(type);
    const { ask, process } = await serveTable({ AWS_MAX_ATTEMPTS: '1' });
    const response = await ask('/events');
    const body = await response.text();
    expect({ status: response.status, ...JSON.parse(body) }).toMatchObject({
      status,
      type: `urn:problem-type:mwaa-trail:${kind}`,
      detail: expect.stringMatching(detail),
    });
    expect(body).not.toMatch(/secret|arn:aws/);
    expect(await process.says(`mwaa-trail: ${type}`)).not.toContain('secret');
  });

  test.each([
    ['no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 403, 'aws-settings'],
    ['nothing there', { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' }, 502, 'upstream-unreachable'],
  ])('%s', async (_, env, status, kind) => {
    const { ask } = await serveTable(env);
    const response = await ask('/environments');
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: `urn:problem-type:mwaa-trail:${kind}` });
  });
});

describe('Ctrl-C', () => {
  const elapsed = async (work: Promise<unknown>) => {
    const start = performance.now();
    await work;
    return performance.now() - start;
  };

  test('ends it, even with an idle connection', async () => {
    const { process, url, ask } = await serve();
    expect((await ask('/environments')).status).toBe(200);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    expect(await elapsed(process.end('SIGINT'))).toBeLessThan(5_000);
    expect(await process.ended).toBe(0);
    socket.destroy();
  });

  test.each([
    ['DynamoDB', () => serveTable()],
    ['the API', () => serve(['--api', endpoint, '--aws-region', 'eu-west-1'], AWS_ENV)],
  ])('ends it, even while a request waits for %s', async (_, start) => {
    const arrived = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const { process, ask } = await start();
    const asked = ask('/environments').catch(() => 'closed');
    await arrived;
    expect(await elapsed(process.end('SIGINT'))).toBeLessThan(3_000);
    expect(await asked).toBe('closed');
    expect(await process.ended).toBe(0);
  });
});

test('a caller that is gone ends the work in progress', async () => {
  const gone = new AbortController();
  const closed = new Promise((resolve) => {
    answer = (response) => {
      response.on('close', resolve);
      gone.abort();
    };
  });
  const { process, url, token } = await serveTable();
  const headers = { authorization: `Bearer ${token}` };
  await expect(fetch(`${url}/environments`, { headers, signal: gone.signal })).rejects.toThrow();
  await closed;
  // It is no failure that anybody should look at.
  expect(await process.says('')).not.toContain('AbortError');
});

describe('--open', () => {
  const opened = join(folder.path, 'opened');
  const pathWith = (script: string) => {
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(join(folder.path, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder.path, name), 0o755);
    }
    return { PATH: `${folder.path}:${process.env.PATH}` };
  };

  test('passes the address with the token to the browser, as one word', async () => {
    const { url, token } = await serve(
      ['--open'],
      pathWith(`printf '%s|' "$@" > '${opened}.part'; mv '${opened}.part' '${opened}'`),
    );
    for (const deadline = Date.now() + 20_000; !existsSync(opened) && Date.now() < deadline; ) await setTimeout(20);
    expect(readFileSync(opened, 'utf8')).toBe(`${url}/#token=${token}|`);
  });

  test.each([
    ['fails', () => pathWith('exit 3')],
    ['is not there', () => ({ PATH: '/nonexistent' })],
  ])('a browser that %s is only a warning', async (_, env) => {
    const { process, ask } = await serve(['--open'], env());
    await process.says('no browser opens: open the address yourself');
    expect((await ask('/environments')).status).toBe(200);
  });
});
