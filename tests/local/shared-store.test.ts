import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { openLocalDynamo, storeFolders } from '../../local/local-dynamo.ts';
import { LOCAL_LOG_BUCKET, LOCAL_TABLES } from '../../local/local-names.ts';
import { openLocalS3, openLocalStore } from '../../local/local-store.ts';
import { listenOnLoopback, SERVER_ID } from '../../local/loopback.ts';
import { type BackgroundProcess, follow, startLocal } from '../support/background.ts';
import { type Ended, runCli, SAMPLES, startCli, temporaryFolder } from '../support/cli.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { runAsText } from '../support/program.ts';
import { scaled } from '../support/scale.ts';
import { dumpTable } from '../support/world.ts';

const folder = temporaryFolder();
const running: BackgroundProcess[] = [];
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.end('SIGKILL');
  for (const stop of stops.splice(0)) await stop();
});
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  folder.remove();
});

/** A working folder with a store that has the samples. */
const samples = join(folder.path, 'samples');
beforeAll(async () => {
  mkdirSync(samples);
  expect((await run(samples, 'replay', SAMPLES)).code).toBe(0);
}, 60_000);

function copyOfSamples(name: string): string {
  const cwd = join(folder.path, name);
  cpSync(samples, cwd, { recursive: true });
  return cwd;
}

/** Runs a command in this process; one at a time. */
const run = (cwd: string, ...args: string[]) => {
  process.chdir(cwd);
  return runAsText(args);
};

async function serve(cwd: string): Promise<{ server: BackgroundProcess; url: string }> {
  const server = follow(startCli(['serve', '--port', '0', '--no-token'], cwd));
  running.push(server);
  return { server, url: /http:\/\/[\w.:]+/.exec(await server.says('until Ctrl-C'))![0] };
}

const store = (cwd: string) => join(cwd, '.mwaa-trail');
const announcement = (cwd: string) => `${storeFolders(store(cwd)).dynamo}.server.json`;
const done = { code: 0, stderr: '' };
/** How many events of the samples `query` lists. */
const TOTAL = 91;

async function eventCount(cwd: string): Promise<number> {
  const { stdout, ...ended } = await run(cwd, 'query', '--format', 'ndjson', '--limit', '1000');
  expect(ended).toEqual(done);
  return stdout.split('\n').filter(Boolean).length;
}

/** The tables, without what differs from run to run. */
async function contents(cwd: string): Promise<string[]> {
  const { client, close } = await openLocalDynamo(store(cwd));
  const items = await dumpTable(client, LOCAL_TABLES.eventsTable);
  await close();
  return items.map(({ ingestedAt, ...item }) => JSON.stringify(item)).sort();
}

/** Log files of their own events. */
function writeLogFiles(cwd: string, count: number): string {
  const path = join(cwd, 'more');
  mkdirSync(path);
  for (let file = 0; file < count; file += 1) {
    const Records = Array.from({ length: 20 }, (_, record) =>
      mwaaRecord(`more-${file}-${record}`, { requestParameters: { Name: 'more' } }),
    );
    writeFileSync(join(path, `${file}.json`), JSON.stringify({ Records }));
  }
  return path;
}

test('a local store does not depend on AWS settings in the environment', async () => {
  const cwd = copyOfSamples('settings');
  const settings = {
    ...{
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_DEFAULTS_MODE: 'x',
      AWS_RETRY_MODE: 'x',
    },
    ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_PROFILE: 'x', AWS_REGION: 'x y', AWS_ACCESS_KEY_ID: 'x' },
  };
  for (const args of [
    ['query', '--limit', '1'],
    ['replay', SAMPLES],
    ['quarantine', 'list'],
  ]) {
    const { code, stderr } = await runCli(args, cwd, settings);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: expect.not.stringContaining('mwaa-trail:') });
  }
});

test('a store in which the server address cannot be written is reported, and leaves nothing behind', async () => {
  const cwd = copyOfSamples('unannounced');
  mkdirSync(announcement(cwd));
  const before = readdirSync(store(cwd)).sort();
  const { code, stderr } = await run(cwd, 'query');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/the store \S+ cannot be opened \(\w+\)/),
  });
  expect(readdirSync(store(cwd)).sort()).toEqual(before);
});

describe('other users of the machine', () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test('cannot read a store', async () => {
    const cwd = join(folder.path, 'private');
    mkdirSync(join(cwd, 'given'), { recursive: true });
    // An existing folder keeps its permissions, but new files in it are private.
    for (const path of [join(cwd, '.mwaa-trail'), join(cwd, 'given')]) {
      const { close } = await openLocalStore(path, 'add');
      const inside = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      expect(inside.map(({ name }) => name).sort()).toEqual([
        'dynamodb',
        'dynamodb.lock',
        'pipeline.lock',
        's3',
        's3.lock',
      ]);
      for (const { name } of inside) expect([name, mode(join(path, name))]).toEqual([name, '700']);
      await close();
    }
    expect(mode(join(cwd, '.mwaa-trail'))).toBe('700');
    expect(mode(join(cwd, 'given'))).not.toBe('700');
  });

  test('get no answers from its servers, whose names only the store has', async () => {
    const cwd = join(folder.path, 'by-name');
    const { close } = await openLocalStore(store(cwd), 'add');
    for (const shared of Object.values(storeFolders(store(cwd)))) {
      const { endpoint, id } = JSON.parse(readFileSync(`${shared}.server.json`, 'utf8'));
      for (const [headers, status] of [
        [{}, 421],
        [{ [SERVER_ID]: '' }, 421],
        [{ [SERVER_ID]: id }, 200],
      ] as const) {
        const response = await fetch(endpoint, { headers });
        expect(response.status).toBe(status);
        expect(response.headers.get(SERVER_ID)).toBe(status === 200 ? id : null);
      }
    }
    await close();
  });
});

describe('while serve has the store', () => {
  test('every command works, and what a replay adds is served', async () => {
    const cwd = copyOfSamples('serving');
    const { server, url } = await serve(cwd);
    expect(await eventCount(cwd)).toBe(TOTAL);
    for (const args of [
      ['show', 'EventID'],
      ['environments'],
      ['summary'],
      ['coverage', '--since', '2026-11-01'],
      ['quarantine', 'list'],
    ]) {
      const { code, stderr } = await run(cwd, ...args);
      expect({ args, code, stderr: stderr.includes('open in another process') }).toMatchObject({ stderr: false });
      expect(code).not.toBe(2);
    }
    expect(await run(cwd, 'replay', writeLogFiles(cwd, 3))).toMatchObject({ code: 0 });
    const { events } = (await (await fetch(`${url}/environments/more/events?limit=100`)).json()) as {
      events: unknown[];
    };
    expect(events).toHaveLength(60);
    expect(await server.end()).toBe(0);
    expect(await eventCount(cwd)).toBe(TOTAL + 60);
  }, 120_000);

  test('only its owner can read its address, which is removed when it ends', async () => {
    const cwd = copyOfSamples('announced');
    const { server } = await serve(cwd);
    expect(statSync(announcement(cwd)).mode & 0o777).toBe(0o600);
    await server.end('SIGTERM');
    expect(existsSync(announcement(cwd))).toBe(false);
  }, 60_000);

  test.each(scaled(['SIGKILL'] as const, ['SIGKILL', 'SIGINT'] as const))(
    'and ends by %s, a replay in the middle loses nothing',
    async (signal) => {
      const cwd = copyOfSamples(`ends-${signal}`);
      const more = writeLogFiles(cwd, 12);
      const { server } = await serve(cwd);
      const replay = runCli(['replay', more, '--format', 'json'], cwd);
      await untilMoreThan(cwd, 20);
      await server.end(signal);
      const { code, stdout } = await replay;
      expect(JSON.parse(stdout).total).toMatchObject({ kept: 240, stored: expect.any(Number), failed: 0 });
      expect(code).toBe(0);
      expect(await eventCount(cwd)).toBe(TOTAL + 240);
      expect(await contents(cwd)).toEqual(await referenceOf(cwd, more));
    },
    120_000,
  );

  /** The tables after an undisturbed replay. */
  async function referenceOf(cwd: string, more: string): Promise<string[]> {
    const reference = copyOfSamples(`reference-of-${cwd.split('/').at(-1)}`);
    expect((await run(reference, 'replay', more)).code).toBe(0);
    return contents(reference);
  }

  async function untilMoreThan(cwd: string, events: number): Promise<void> {
    const { client, close } = await openLocalDynamo(store(cwd));
    const deadline = Date.now() + 30_000;
    const count = async () => (await dumpTable(client, LOCAL_TABLES.eventsTable)).length;
    while ((await count()) <= TOTAL + events && Date.now() < deadline) await setTimeout(50);
    await close();
  }
});

test('of two serve processes, one continues when the other ends', async () => {
  const cwd = copyOfSamples('two-serve');
  const [first, second] = await Promise.all([serve(cwd), serve(cwd)]);
  const ask = async ({ url }: { url: string }) => (await fetch(`${url}/environments`)).status;
  expect([await ask(first!), await ask(second!)]).toEqual([200, 200]);
  await first!.server.end('SIGKILL');
  expect(await ask(second!)).toBe(200);
  expect(await eventCount(cwd)).toBe(TOTAL);
}, 60_000);

describe('npm run local', () => {
  test('does not block query, replay and the quarantine commands', async () => {
    const cwd = copyOfSamples('local');
    const local = startLocal(cwd);
    running.push(local);
    await local.says('are up');
    expect(await eventCount(cwd)).toBe(TOTAL);
    expect(await run(cwd, 'replay', writeLogFiles(cwd, 3))).toMatchObject({ code: 0 });
    expect(await eventCount(cwd)).toBe(TOTAL + 60);
    const bad = join(cwd, 'bad.json');
    writeFileSync(bad, '{"Records":[');
    expect((await run(cwd, 'replay', bad)).code).toBe(1);
    expect((await run(cwd, 'quarantine', 'list')).stdout).toContain('json');
    await local.end();
    // Everything written while it ran is on disk.
    expect((await run(cwd, 'quarantine', 'list')).stdout).toContain('json');
  }, 120_000);

  test('runs once at a time, and says so', async () => {
    const cwd = copyOfSamples('two-locals');
    const both = [startLocal(cwd), startLocal(cwd)];
    running.push(...both);
    const codes = await Promise.race(both.map(async (one) => [await one.ended]));
    expect(codes).toEqual([1]);
    const texts = await Promise.all(both.map((one) => one.says('')));
    const refused = texts.filter((text) => text.startsWith('local: '));
    expect(refused).toEqual([
      'local: the store .mwaa-trail is open in another process, such as serve or replay: end it first\n',
    ]);
    expect(texts.filter((text) => text.includes('are up'))).toHaveLength(1);
  }, 60_000);

  test.each([
    [['--s3-port', 'x'], 'expected --dynamodb-port N'],
    [['--dynamodb-port', '70000'], 'expected --dynamodb-port N'],
    [['--port', '1'], 'expected --dynamodb-port N'],
  ])('%j: says what it expects', async (args, problem) => {
    const local = startLocal(join(folder.path, 'usage'), {}, args);
    expect(await local.ended).toBe(1);
    expect(await local.says('')).toContain(problem);
  });

  test('reports a port that is in use', async () => {
    const taken = createServer();
    const port = new URL(await listenOnLoopback(taken, 0)).port;
    for (const name of ['dynamodb', 's3']) {
      const local = startLocal(join(folder.path, 'taken'), {}, [`--${name}-port`, port]);
      expect(await local.ended).toBe(1);
      expect(await local.says('')).toBe(
        `local: port ${port} is in use: name another, npm run local -- --${name}-port N\n`,
      );
    }
    taken.close();
  }, 60_000);
});

describe('the address file of a killed process', () => {
  test.each([
    ['nobody listens', 'http://127.0.0.1:1'],
    ['no JSON', undefined],
    ['an address elsewhere', 'http://192.0.2.1:8000'],
    ['an address elsewhere in disguise', 'http://127.0.0.1:1@192.0.2.1:8000'],
  ])('%s', async (name, endpoint) => {
    const cwd = copyOfSamples(`stale-${name.replaceAll(' ', '-')}`);
    writeFileSync(
      announcement(cwd),
      endpoint === undefined ? '{"endpoint":' : JSON.stringify({ endpoint, id: 'old', pid: 1 }),
    );
    expect(await eventCount(cwd)).toBe(TOTAL);
    expect(existsSync(announcement(cwd))).toBe(false);
  });

  test('names a port that another server uses now: no request is sent to it', async () => {
    const cwd = copyOfSamples('stranger');
    const asked: string[] = [];
    const stranger = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end('{}');
    });
    const other = await startEmbeddedDynamo(LOCAL_TABLES);
    stops.push(other.stop, () => stranger.close());
    for (const endpoint of [await listenOnLoopback(stranger, 0), other.endpoint]) {
      writeFileSync(announcement(cwd), JSON.stringify({ endpoint, id: 'old', pid: 1 }));
      expect(await eventCount(cwd)).toBe(TOTAL);
      expect((await run(cwd, 'replay', SAMPLES)).code).toBe(0);
    }
    expect(new Set(asked)).toEqual(new Set(['GET /']));
    expect(await dumpTable(other.client, LOCAL_TABLES.eventsTable)).toEqual([]);
  }, 60_000);
});

describe('a client of a shared server', () => {
  const Item = (id: string) => ({ eventId: { S: id }, timeKey: { S: `2026#${id}` }, day: { S: '2026' } });
  const put = (client: Awaited<ReturnType<typeof openLocalDynamo>>['client'], id: string) =>
    client.send(new PutItemCommand({ TableName: LOCAL_TABLES.eventsTable, Item: Item(id) }));

  test('continues with the next server, even its own', async () => {
    const cwd = join(folder.path, 'next');
    const opened = [];
    for (let i = 0; i < 4; i += 1) opened.push(await openLocalDynamo(store(cwd)));
    for (const [i, one] of opened.entries()) {
      await Promise.all(opened.slice(i).map(({ client }, n) => put(client, `${i}-${n}`)));
      await one.close();
    }
    const { client, close } = await openLocalDynamo(store(cwd));
    expect(await dumpTable(client, LOCAL_TABLES.eventsTable)).toHaveLength(4 + 3 + 2 + 1);
    await close();
  });

  test('requests in progress when the server stops are answered or sent again', async () => {
    const cwd = join(folder.path, 'stopping');
    const [holder, guest] = [await openLocalDynamo(store(cwd)), await openLocalDynamo(store(cwd))];
    const puts = Array.from({ length: 200 }, (_, i) => put(guest.client, `${i}`));
    await holder.close();
    await Promise.all(puts);
    expect(await dumpTable(guest.client, LOCAL_TABLES.eventsTable)).toHaveLength(200);
    await guest.close();
  });

  test('objects are also shared', async () => {
    const cwd = join(folder.path, 'objects');
    const [holder, guest] = [await openLocalS3(store(cwd)), await openLocalS3(store(cwd))];
    const object = { Bucket: LOCAL_LOG_BUCKET, Key: 'a/b' };
    await guest.client.send(new PutObjectCommand({ ...object, Body: 'content' }));
    await holder.close();
    const { Body } = await guest.client.send(new GetObjectCommand(object));
    expect(await Body!.transformToString()).toBe('content');
    await guest.close();
  });

  test('a reader does not wait for a process that adds files', async () => {
    const cwd = copyOfSamples('reads');
    const { close } = await openLocalStore(store(cwd), 'add');
    for (const args of [
      ['backfill', SAMPLES, '--dry-run'],
      ['quarantine', 'replay', '--all', '--dry-run'],
      ['quarantine', 'discard', '--reason', 'bad-json', '--dry-run'],
      ['quarantine', 'discarded'],
      ['quarantine', 'list'],
    ]) {
      const { stderr } = await run(cwd, ...args);
      expect([args, stderr]).toEqual([args, expect.not.stringContaining('open in another process')]);
    }
    await close();
  }, 30_000);

  test('only one process adds to a store at a time', async () => {
    const cwd = join(folder.path, 'one-writer');
    const first = await openLocalStore(store(cwd), 'add');
    const second = openLocalStore(store(cwd), 'add');
    const reader = await openLocalDynamo(store(cwd));
    await put(reader.client, 'x');
    await reader.close();
    await first.close();
    await (await second).close();

    const third = await openLocalStore(store(cwd), 'add');
    await expect(openLocalStore(store(cwd), 'add')).rejects.toMatchObject({ code: 'store-in-use' });
    await third.close();
  }, 30_000);
});

test('replays that start simultaneously each succeed, or say why not', async () => {
  const cwd = join(folder.path, 'race');
  mkdirSync(cwd);
  const ended: Ended[] = await Promise.all([0, 1, 2].map(() => runCli(['replay', SAMPLES], cwd)));
  for (const { code, stderr } of ended) {
    if (code !== 0) expect(stderr).toMatch(/^mwaa-trail: the store \S+ is open in another process: [^\n]+\n$/);
  }
  expect(ended.map(({ code }) => code)).toContain(0);
  expect(await eventCount(cwd)).toBe(TOTAL);
  expect(readdirSync(store(cwd)).filter((name) => name.includes('.server.json'))).toEqual([]);
}, 120_000);
