import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { textWidth } from '../../shared/render/table.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';
import { askStore, askStoreOn, EventStore } from '../support/event-store.ts';
import { awsSettings, runAsText } from '../support/program.ts';
import { sharedSampleStore } from '../support/sample-store.ts';

jest.setTimeout(60_000);

const ID = '906750cd-b071-70a5-0e9e-5d9e5d1f2a3b';
const EVIL = 'eve\u202e\u001b[31m';
let store: EventStore;

const session = (role: string, name: string, accessKeyId: string, context: object = {}) => ({
  type: 'AssumedRole',
  ...{ arn: `arn:aws:sts::111122223333:assumed-role/${role}/${name}`, accessKeyId },
  sessionContext: { sessionIssuer: { userName: role }, attributes: { mfaAuthenticated: 'true' }, ...context },
});
const rest = (Method: string, Path: string, status: number) => ({
  requestParameters: { Name: 'prod', Method, Path },
  responseElements: { RestApiStatusCode: status },
});

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  await store.add(
    { id: 'a', time: '2026-11-01T00:00:00Z', environment: 'prod', name: 'UpdateEnvironment', error: 'AccessDenied' },
    ...['b', 'c', 'd'].map((id, i) => ({
      ...{ id, time: `2026-11-02T00:00:0${i}Z`, name: 'InvokeRestApi' },
      record: {
        ...rest('POST', `/dags/${id === 'd' ? 'customers' : 'orders'}/dagRuns`, 200),
        userIdentity: session('Admin', 'ana', 'ASIAEXAMPLE0000ADMIN'),
        sourceIPAddress: '198.51.100.1',
        userAgent: 'curl/8',
      },
    })),
    {
      ...{ id: 'e', time: '2026-11-03T00:00:00Z', name: 'InvokeRestApi' },
      record: { ...rest('GET', '/dags', 500), userIdentity: session('Admin', 'ana', 'ASIAEXAMPLE0000ADMIN') },
    },
    { id: 'f', time: '2026-11-04T00:00:00Z', environment: 'dev', name: 'GetEnvironment' },
    {
      ...{ id: 'g', time: '2026-11-05T00:00:00Z', environment: 'dev', name: 'GetEnvironment' },
      record: { userIdentity: { type: 'IdentityCenterUser', onBehalfOf: { userId: ID } } },
    },
    { id: 'h', time: '2026-11-05T00:00:00Z', environment: 'prod', who: 'annika' },
    { id: 'i', time: '2026-11-05T00:00:00Z', environment: EVIL, who: EVIL, error: EVIL },
    {
      ...{ id: 'j', time: '2026-11-05T00:00:00Z', environment: 'prod', name: 'GetEnvironment' },
      record: { userIdentity: session('BreakGlass', 'incident-7', 'ASIAEXAMPLE0000BREAK') },
    },
    {
      ...{ id: 'k', time: '2026-11-05T00:00:00Z', name: 'ListEnvironments' },
      record: { userIdentity: session('DeepFreeze', 'build-7', 'ASIAEXAMPLE0000DEEP1') },
    },
    {
      ...{ id: 'l', time: '2026-11-05T00:00:01Z', name: 'ListEnvironments' },
      record: { userIdentity: session('DeepFreeze', 'repair-1', 'ASIAEXAMPLE0000DEEP2', { sourceIdentity: 'zoe' }) },
    },
  );
});
afterAll(() => store.stop());

test('shows what a person did, and all that is known of them', async () => {
  const { code, stdout, stderr } = await askStore(store, 'who', 'ana');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(`ana
6 events: 3 changes, 1 denied, 1 failed
2026-11-01 00:00:00 UTC to 2026-11-04 00:00:00 UTC
MFA: yes 4, no 0, not recorded 2

CHANGED            TO                     EVENTS  FIRST                LAST
DAG run triggered  orders (2); customers       3  2026-11-02 00:00:00  2026-11-02 00:00:02

READ              TO  EVENTS  FIRST                LAST
environment read  -        1  2026-11-04 00:00:00  2026-11-04 00:00:00

DENIED OR FAILED     RESULT                    EVENTS  FIRST                LAST
DAGs listed          failed: 500 from Airflow       1  2026-11-03 00:00:00  2026-11-03 00:00:00
environment updated  denied: not allowed            1  2026-11-01 00:00:00  2026-11-01 00:00:00

ENVIRONMENT  ACCOUNT       REGION     EVENTS  FIRST                LAST
prod         111122223333  eu-west-1       5  2026-11-01 00:00:00  2026-11-03 00:00:00
dev          111122223333  eu-west-1       1  2026-11-04 00:00:00  2026-11-04 00:00:00

ACCOUNT       EVENTS  FIRST                LAST
111122223333       6  2026-11-01 00:00:00  2026-11-04 00:00:00

ROLE   ACCOUNT       EVENTS  FIRST                LAST
Admin  111122223333       4  2026-11-02 00:00:00  2026-11-03 00:00:00

SESSION  ROLE   EVENTS  FIRST                LAST
ana      Admin       4  2026-11-02 00:00:00  2026-11-03 00:00:00

ACCESS KEY            EVENTS  FIRST                LAST
ASIAEXAMPLE0000ADMIN       4  2026-11-02 00:00:00  2026-11-03 00:00:00

FROM          EVENTS  FIRST                LAST
203.0.113.7        3  2026-11-01 00:00:00  2026-11-04 00:00:00
198.51.100.1       3  2026-11-02 00:00:00  2026-11-02 00:00:02

WITH    EVENTS  FIRST                LAST
curl/8       3  2026-11-02 00:00:00  2026-11-02 00:00:02
`);
});

test('takes times, and prints JSON', async () => {
  const { stdout } = await askStore(
    store,
    'who',
    'ana',
    '--since',
    '2026-11-02',
    '--until',
    '2026-11-03',
    '--format',
    'json',
  );
  const seen = { first: '2026-11-02T00:00:00Z', last: '2026-11-02T00:00:02Z' };
  const account = { accountId: '111122223333' };
  expect(JSON.parse(stdout)).toEqual({
    ...{ name: 'ana', events: 3, ...seen, changes: 3, denied: 0, failed: 0, mfa: { yes: 3, no: 0, notRecorded: 0 } },
    actions: [{ action: 'dag-run.trigger', access: 'write', events: 3, ...seen }],
    targets: [
      { target: 'orders', action: 'dag-run.trigger', events: 2, first: seen.first, last: '2026-11-02T00:00:01Z' },
      { target: 'customers', action: 'dag-run.trigger', events: 1, first: seen.last, last: seen.last },
    ],
    refusals: [],
    environments: [{ environment: 'prod', ...account, region: 'eu-west-1', events: 3, ...seen }],
    accounts: [{ ...account, events: 3, ...seen }],
    roles: [{ role: 'Admin', ...account, events: 3, ...seen }],
    sessions: [{ role: 'Admin', username: 'ana', events: 3, ...seen }],
    accessKeys: [{ accessKeyId: 'ASIAEXAMPLE0000ADMIN', events: 3, ...seen }],
    addresses: [{ sourceIp: '198.51.100.1', events: 3, ...seen }],
    userAgents: [{ userAgent: 'curl/8', events: 3, ...seen }],
    users: [{ user: 'ana', events: 3, ...seen }],
    leftOut: {},
    truncated: false,
  });
});

test('says what is left out', async () => {
  const { stdout, stderr } = await askStore(store, 'who', 'ana', '--limit', '4', '--top', '1');
  expect(stdout).toMatch(/^ana\n4 events: /);
  expect(stdout).toMatch(/\nprod .*\n\.\.\. and 1 more\n/);
  expect(stderr).toBe('Only the newest 4 events are counted: --limit counts more.\n');
});

test('costs what the query for the user costs', async () => {
  const send = jest.spyOn(store.deps.dynamo.constructor.prototype as typeof store.deps.dynamo, 'send');
  await askStore(store, 'who', 'ana');
  const indexes = send.mock.calls.flatMap(([{ input }]) => ('IndexName' in input ? [input.IndexName] : []));
  send.mockRestore();
  expect(indexes.filter((name) => name !== 'byListing')).toEqual(['byUser']);
});

describe('a prefix', () => {
  test('lists everybody whose name begins so', async () => {
    const { stdout, stderr } = await askStore(store, 'who', 'an*');
    expect(stdout).toBe(`WHO     EVENTS  CHANGES  DENIED  FAILED  FIRST                LAST
ana          6        3       1       1  2026-11-01 00:00:00  2026-11-04 00:00:00
annika       1        0       0       0  2026-11-05 00:00:00  2026-11-05 00:00:00
`);
    expect(stderr).toBe('To see one of them: mwaa-trail who NAME\n');
  });

  test('as JSON, too', async () => {
    const { stdout, stderr } = await askStore(store, 'who', 'anni*', '--format', 'json');
    const seen = { first: '2026-11-05T00:00:00Z', last: '2026-11-05T00:00:00Z' };
    const person = { name: 'annika', events: 1, ...seen, changes: 0, denied: 0, failed: 0 };
    expect(JSON.parse(stdout)).toEqual({ people: [person], events: 1, leftOut: 0, truncated: false });
    expect(stderr).toBe('');
  });
});

describe('a name that is not that of a user', () => {
  test.each([
    [
      'Admin',
      "- No event has the user Admin. To see which there are: mwaa-trail who '*'\n- The role Admin (--role) belongs to ana.",
    ],
    ['incident-77', 'Did you mean incident-7 (1 event)?'],
    ['DeepFreeze/repair-1', '- The principal DeepFreeze/repair-1 (--principal) belongs to zoe.'],
    ['DeepFreez', '- The role DeepFreeze (--role) belongs to zoe and build-7.'],
    ['repair-1', '- The session repair-1 (--session) belongs to zoe.'],
    ['ASIAEXAMPLE0000BREAK', '- The access key ASIAEXAMPLE0000BREAK (--access-key-id) belongs to incident-7.'],
    ['annik', 'Did you mean annika (1 event)?'],
    ['annik*', 'annika'],
    [
      'ASIAEXAMPLE0000BREAX',
      "No event has the user ASIAEXAMPLE0000BREAX. To see which there are: mwaa-trail who '*'\n",
    ],
    ['\u202e', 'No event has the user "\\u202e".'],
  ])('%j', async (name, says) => {
    const { code, stdout, stderr } = await askStore(store, 'who', name);
    expect(code).toBe(0);
    expect(stdout + stderr).toContain(says);
  });

  test('has an empty page in JSON', async () => {
    const { code, stdout } = await askStore(store, 'who', 'nobody', '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'nobody', events: 0, actions: [], users: [] });
  });

  test.each([[[]], [['']], [['ana', 'ben']]])('%j is refused', async (names) => {
    expect(await askStore(store, 'who', ...names)).toMatchObject({ code: 2, stdout: '' });
  });
});

test.each([80, 120, 200])('fits a terminal of %d columns, whatever the names', async (columns) => {
  const terminal = { isTTY: true, columns, hasColors: () => true };
  for (const name of ['ana', EVIL, '*']) {
    const { stdout } = await askStoreOn(terminal, store, 'who', name);
    const printed = Buffer.from(stdout, 'latin1').toString();
    const plain = stripVTControlCharacters(printed);
    expect(plain).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    for (const line of plain.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    expect(printed).not.toBe(plain);
  }
});

describe('aliases', () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'people.json');
  afterAll(() => folder.remove());

  const ask = (args: string[], text?: string, path = file) => {
    if (text !== undefined) writeFileSync(path, text);
    const settings = awsSettings({ s3: store.endpoint, dynamo: store.endpoint });
    const env = { ...settings, MWAA_TRAIL_USER_ALIASES: path };
    return runAsText([...args, '--table', store.tables.eventsTable], env);
  };
  const ANA = JSON.stringify({ [ID]: 'ana', other: 'ben' });
  const idsOf = (stdout: string) => JSON.parse(stdout).map(({ eventId }: { eventId: string }) => eventId);

  test('query finds the user IDs of a name, by the index, and shows the name', async () => {
    const { stdout, stderr } = await ask(['query', '--user', 'ana', '--explain', '--format', 'json'], ANA);
    expect(idsOf(stdout)).toEqual(['g', 'f', 'e', 'd', 'c', 'b', 'a']);
    expect(JSON.parse(stdout)[0]).toMatchObject({ user: ID });
    expect(stderr).toContain(`index:   byUser, newest-first\nlookup:  user = "ana" or "${ID}"`);
    const table = await ask(['query', '--environment', 'dev'], ANA);
    expect(table.stdout).toMatch(/ ana +environment read/);
    expect(table.stdout).not.toContain(ID.slice(0, 4));
    expect((await ask(['query', '--user', ID, '--format', 'csv'], ANA)).stdout).toContain(`,${ID},`);
  });

  test('exclusions and prefixes, too', async () => {
    const others = await ask(['query', '--environment', 'dev', '--exclude', 'user=ana', '--format', 'json'], ANA);
    expect(idsOf(others.stdout)).toEqual([]);
    const some = await ask(['query', '--user', 'an*', '--environment', 'dev', '--format', 'json'], ANA);
    expect(idsOf(some.stdout)).toEqual(['g', 'f']);
  });

  test('who shows one person under one name', async () => {
    const { stdout } = await ask(['who', 'ana'], ANA);
    expect(stdout).toMatch(/^ana\n7 events: /);
    expect(stdout).toMatch(new RegExp(`\nUSER .*\nana +6 .*\n${ID} +1 `));
    expect((await ask(['who', ID], ANA)).stdout).toMatch(/^ana\n1 event: /);
    expect((await ask(['who', 'ana*'], ANA)).stdout).toMatch(/\nana +7 /);
  });

  test('show, compare and summary know them', async () => {
    expect((await ask(['show', 'g'], ANA)).stdout).toMatch(
      new RegExp(`\nwho +ana\n +principal ${ID}\n +IdentityCenterUser\n`),
    );
    expect((await ask(['compare', 'f', 'g'], ANA)).stdout).not.toMatch(new RegExp(`${ID} +environment read`));
    const summary = ['summary', '--user', 'ana'];
    expect((await ask(summary, ANA)).stdout).toMatch(
      /\nWHO .*\nana +7 +2 +2026-11-01 00:00:00 +2026-11-05 00:00:00\n\n/,
    );
    const { byUser } = JSON.parse((await ask([...summary, '--format', 'json'], ANA)).stdout);
    expect(byUser).toMatchObject([
      { name: 'ana', events: 6 },
      { name: ID, events: 1 },
    ]);
  });

  test('the HTTP API finds them, and answers with the user IDs', async () => {
    const api = createApi(
      { ...store.deps, aliases: new Map([[ID, 'ana']]) },
      { maxResponseBytes: MAX_RESPONSE_BYTES, failed: (error) => expect(error).toBeUndefined() },
    );
    const get = (url: string) => api({ method: 'GET', url, headers: { get: () => null } });
    const { body } = await get('/environments/dev/events?user=ana');
    expect(JSON.parse(body).events).toMatchObject([{ eventId: 'g', user: ID }, { eventId: 'f' }]);
    const others = await get('/environments/dev/events?exclude=user%3Dana');
    expect(JSON.parse(others.body).events).toEqual([]);
  });

  test('a name that is misspelt is near', async () => {
    const { stderr } = await ask(['who', 'mei.tanka'], JSON.stringify({ [ID]: 'mei.tanaka' }));
    expect(stderr).toContain('Did you mean mei.tanaka (1 event)?');
  });

  test('too many user IDs for one question are an error', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`id-${i}`, 'ana']));
    expect(await ask(['query', '--user', 'ana'], JSON.stringify(many))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--user: expected at most 100 values in all criteria together'),
    });
  });

  test.each([
    ['{', 'people.json: expected a JSON object of user IDs and names'],
    ['["ana"]', 'people.json: expected a JSON object of user IDs and names'],
    ['{"id": 7}', 'people.json: expected in entry 1 a user ID and a name'],
  ])('%s is no alias file', async (text, says) => {
    const { code, stdout, stderr } = await ask(['query'], text);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`mwaa-trail: MWAA_TRAIL_USER_ALIASES: ${folder.path}`);
    expect(stderr).toContain(says);
  });

  test('a file that is not there is named', async () => {
    const { code, stderr } = await ask(['who', 'ana'], undefined, '/no/such/file.json');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'mwaa-trail: MWAA_TRAIL_USER_ALIASES: /no/such/file.json: expected a file of user aliases, but there is no such file or folder\n',
    );
  });
});

test('docs/people.md shows what the samples say', async () => {
  const samples = await sharedSampleStore();
  const text = readFileSync(join(ROOT, 'docs', 'people.md'), 'utf8');
  const shown = [...text.matchAll(/^\$ mwaa-trail (who [^\n]*)\n(.*?)^```$/gms)];
  const settings = awsSettings({ s3: samples.endpoint, dynamo: samples.endpoint });
  for (const [, command = '', lines = ''] of shown) {
    const args = [...command.split(' '), '--table', samples.deps.tables.eventsTable];
    const { stdout, stderr } = await runAsText(args, settings, { terminal: { isTTY: true, columns: 100 } });
    const printed = (stdout + stderr).split('\n');
    // `...` stands for lines that are left out.
    const missing = lines
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '...' && !printed.includes(line));
    expect(missing).toEqual([]);
  }
  samples.stop();
  expect(shown.length).toBe(2);
});
