import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { createQueryHandler } from '../../functions/query-handler.ts';
import type { Provenance } from '../../shared/audit-event/audit-event.ts';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import { CRITERIA_PARAMETERS, PAGE_PARAMETERS } from '../../shared/http/parameters.ts';
import { encodeCursor, type QueryDeps, readAll } from '../../shared/query/ask.ts';
import { eventJson } from '../../shared/render/json.ts';
import { toEventItem } from '../../shared/store/event-item.ts';
import { putEvent } from '../../shared/store/events-table.ts';
import { httpEvent } from '../support/http-event.ts';
import { SAMPLE_NOW, type SampleStore, startSampleStore } from '../support/sample-store.ts';
import { SEED, scaled } from '../support/scale.ts';

jest.setTimeout(120_000);

/** Environments whose names try to be something else, or each other. */
const HOSTILE_NAMES = [
  'prod-etl#',
  'prod/etl',
  'prod%2Fetl',
  'prod%252Fetl',
  '../prod-etl',
  'prod-etl?limit=1',
  'prod etl',
  'prod+etl',
  'prod\tetl',
  'prod\u0000etl',
  '__proto__',
  'constructor',
  'prod-étl',
  'prod-e\u0301tl',
  '環境🌀',
  '*',
  'prod*',
  '"]}',
  `a${'b'.repeat(3000)}`,
  `a${'b'.repeat(2999)}c`,
  '~',
];

let store: SampleStore;
let failures: unknown[] = [];
beforeAll(async () => {
  store = await startSampleStore();
  for (const environment of HOSTILE_NAMES) await putRecord({ requestParameters: { Name: environment } });
});
afterAll(() => store.stop());

describe('pages', () => {
  test.each(['/events?', '/events?errors=true&', '/environments/prod-etl/events?order=oldest-first&'])(
    '%s: all pages of random sizes together are the list',
    async (url) => {
      const expected = (await ids(`${url}limit=100`)).all;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
          const found: string[] = [];
          let cursor: string | undefined;
          for (let i = 0; i === 0 || cursor !== undefined; i += 1) {
            const limit = `limit=${sizes[i % sizes.length]}`;
            const page = await ids(`${url}${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`, false);
            found.push(...page.all);
            ({ cursor } = page);
          }
          expect(found).toEqual(expected);
        }),
        { numRuns: 8, seed: SEED },
      );
    },
  );

  test('the list is that of the library', async () => {
    const events: string[] = [];
    const question = { criteria: { environment: ['prod-etl'] }, order: 'newest-first' } as const;
    for await (const event of readAll(question, store.deps)) events.push(eventJson(event));
    expect(events.length).toBeGreaterThan(10);
    const { body } = await get('/events?environment=prod-etl&limit=100', 'application/x-ndjson');
    expect(body.trimEnd().split('\n')).toEqual(events);
  });

  test.each(['text/csv', 'application/x-ndjson', 'application/json'])(
    'Link leads through all pages of %s',
    async (accept) => {
      let url: string | undefined =
        '/events?principal=DataPlatformOperator%2F*&principal=svc-airflow-sync&errors=false&limit=2';
      let bodies = '';
      let pages = 0;
      for (; url !== undefined; pages += 1) {
        const { statusCode, headers, body } = await get(url, accept);
        expect(statusCode).toBe(200);
        bodies += body;
        const link = headers.link === undefined ? undefined : /^<(\/events\?[^<> ]+)>; rel="next"$/.exec(headers.link);
        if (headers.link !== undefined) expect(link).not.toBeNull();
        url = link?.[1];
      }
      const { all } = await ids('/events?principal=DataPlatformOperator/*&principal=svc-airflow-sync&limit=100');
      expect(all.length).toBeGreaterThan(2);
      expect(pages).toBeGreaterThan(1);
      // A timeKey ends in it too.
      for (const id of all) expect(bodies.match(new RegExp(`(?<!#)${id}`, 'g'))).toHaveLength(1);
    },
  );

  test('a cursor is good for its own criteria and order only', async () => {
    const { cursor } = await ids('/events?environment=prod-etl&limit=1', false);
    for (const other of [
      'environment=prod-elt',
      'environment=prod-etl&errors=true',
      'environment=prod-etl&order=oldest-first',
    ]) {
      expect(await problem(`/events?${other}&cursor=${cursor}`)).toMatchObject({ status: 400, parameter: 'cursor' });
    }
    // The path and the parameter ask the same question.
    expect((await get(`/environments/prod-etl/events?cursor=${cursor}`)).statusCode).toBe(200);
  });
});

describe('filters', () => {
  type Listed = Partial<Record<'action' | 'access' | 'outcome' | 'user' | 'role' | 'target', string>> & {
    eventTime: string;
    mfa?: boolean;
    parameters?: string[];
  };
  const listed = async (query: string): Promise<Listed[]> => {
    const events: Listed[] = [];
    for (let url: string | undefined = `/events?limit=100&${query}`; url !== undefined; ) {
      const { body, headers } = await get(url);
      events.push(...(JSON.parse(body).events as Listed[]));
      url = headers.link && /^<([^>]+)>/.exec(headers.link)?.[1];
    }
    return events;
  };

  test.each<[string, (event: Listed) => boolean]>([
    ['changes=true', ({ access }) => access === 'write'],
    ['changes=false', ({ access }) => access === 'read'],
    ['mfa=true', ({ mfa }) => mfa === true],
    ['mfa=false', ({ mfa }) => mfa === false],
    ['outcome=denied&outcome=failed', ({ outcome }) => outcome !== 'ok'],
    ['action=dag-run.*', ({ action = '' }) => action.startsWith('dag-run.')],
    [
      'param=MaxWorkers&param=Path',
      ({ parameters = [] }) => parameters.includes('MaxWorkers') || parameters.includes('Path'),
    ],
    ['exclude=outcome=ok', ({ outcome }) => outcome !== 'ok'],
    [
      'exclude=user%3Dmei.*&exclude=param=Path',
      ({ user = '', parameters = [] }) => !user.startsWith('mei.') && !parameters.includes('Path'),
    ],
    ['exclude=role=*', ({ role }) => role === undefined],
    [
      'around=2026-11-06T02:31:00Z',
      ({ eventTime }) => Math.abs(Date.parse(eventTime) - Date.UTC(2026, 10, 6, 2, 31)) <= 600_000,
    ],
    [
      'around=2026-11-06T02:31:00Z&within=2h',
      ({ eventTime }) => Math.abs(Date.parse(eventTime) - Date.UTC(2026, 10, 6, 2, 31)) <= 7_200_000,
    ],
  ])('%s', async (query, matches) => {
    const [all, found] = [await listed(''), await listed(query)];
    expect(found).toEqual(all.filter(matches));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(all.length);
  });

  test.each([
    ['changes=yes', 'changes', /true or false/],
    ['mfa=', 'mfa', /true or false/],
    ['mfa=true&mfa=false', 'mfa', /one value/],
    ['outcome=OK', 'outcome', /one of ok, denied, failed; did you mean ok\?/],
    ['exclude=user', 'exclude', /NAME=VALUE, such as/],
    ['exclude=usr=x', 'exclude', /did you mean user\?/],
    ['exclude=changes=true', 'exclude', /NAME is one of/],
    ['exclude=outcome=OK', 'exclude', /outcome: expected one of/],
    ['around=then', 'around', /such as/],
    ['around=1d&since=2d', 'around', /without since and until/],
    ['within=5m', 'within', /only together with around/],
    ['around=1d&within=long', 'within', /a length of time such as 10m/],
    [`userAgent=${'x'.repeat(100)}*`, 'userAgent', /at most 92 bytes before the final/],
  ])('%s is wrong in %s', async (query, parameter, detail) => {
    const given = await problem(`/events?${query}`);
    expect(given).toMatchObject({ status: 400, parameter, detail: expect.stringMatching(detail) });
    expect(given.detail).toMatch(new RegExp(`^${parameter}: `));
  });
});

describe('cursors', () => {
  const CHANGED = scaled(500, 10_000);

  test(`${CHANGED} mutated and foreign ones are refused, cleanly`, async () => {
    const { cursor } = await ids('/events?environment=prod-etl&limit=1', false);
    const random = randomOf(SEED);
    // Any request to it is a failure: cursors are read before anything is asked.
    const dynamo = new DynamoDBClient({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1 });
    const handler = createQueryHandler({ ...store.deps, dynamo }, { failed: () => {} });
    for (let i = 0; i < CHANGED; i += 1) {
      const changed = CURSOR_CHANGES[i % CURSOR_CHANGES.length]!(cursor!, random);
      if (changed === cursor) continue;
      const event = httpEvent(`/events?environment=prod-etl&cursor=${encodeURIComponent(changed)}`);
      const response = await handler(event, {} as Context);
      const body = JSON.parse(response.body);
      if (response.statusCode !== 400 || body.parameter !== 'cursor')
        throw new Error(`seed ${SEED}, case ${i}: ${changed}`);
    }
  });

  test('one of an earlier version is refused as such', async () => {
    const given =
      'hljD5gf-8FjhL-5jeyJ2IjoxLCJxIjoiTGk0WjZ2bVZfczY0a0pVZ2JDN2RqbDVsUE1Dc1hDQlZ2ZkVYS3BoVjZiWSIsImEiOiIyMDI2LTExLTA2IiwidCI6MTc5NDkwMDAwMDAwMH0';
    expect(await problem(`/events?environment=prod-etl&cursor=${given}`)).toMatchObject({
      status: 400,
      parameter: 'cursor',
      detail: 'cursor: expected the cursor of an earlier page, as this version gives it',
    });
  });

  test('a forged one with the right checksum shows only what its question gives', async () => {
    const criteria = { environment: ['prod-etl'] };
    const forged = (after: string, asOf = SAMPLE_NOW) =>
      encodeCursor({ after, asOf }, { criteria, order: 'newest-first' });
    const tooLong = forged(`2026-11-06T02:00:00.000Z#${'😀'.repeat(512)}`);
    expect(await problem(`/events?environment=prod-etl&cursor=${tooLong}`)).toMatchObject({ status: 400 });
    const { all } = await ids('/events?environment=prod-etl&limit=100');
    const last = await ids(`/events?environment=prod-etl&cursor=${forged('9999-12-31')}`);
    expect(last.all).toEqual(all);
  });
});

describe('names', () => {
  test.each(HOSTILE_NAMES.map((name) => [name.slice(0, 20), name]))(
    '%j reaches only its own events',
    async (_, name) => {
      const escaped = encodeURIComponent(name);
      const byPath = JSON.parse((await get(`/environments/${escaped}/events`)).body);
      expect(byPath.events).toHaveLength(1);
      const { environment } = byPath.events[0];
      expect(name.length > 2048 ? environment.slice(0, 2000) : environment).toBe(
        name.slice(0, name.length > 2048 ? 2000 : undefined),
      );
      expect(JSON.parse((await get(`/events?environment=${escaped}`)).body).events).toEqual(byPath.events);
      const viaApiGateway = {
        ...httpEvent('/'),
        routeKey: 'GET /environments/{name}/events',
        pathParameters: { name },
      };
      expect(JSON.parse((await send(viaApiGateway)).body).events).toEqual(byPath.events);
      expect(JSON.parse((await get(`/environments/${escaped}/summary`)).body)).toMatchObject({
        environment: name,
        events: 1,
      });
    },
  );

  test('that are a part of another, or none, find nothing', async () => {
    for (const name of ['prod', 'prod-', 'prod-etl ', 'Prod-etl', 'prod-et', '%00']) {
      expect((await ids(`/environments/${encodeURIComponent(name)}/events`)).all).toEqual([]);
    }
    expect((await get('/environments//events')).statusCode).toBe(404);
  });

  test('of the environment stand in the path or in the query, not in both', async () => {
    for (const what of ['events', 'summary']) {
      expect(await problem(`/environments/prod-etl/${what}?environment=prod-elt`)).toMatchObject({
        status: 400,
        parameter: 'environment',
      });
    }
  });

  test('of events that cannot be are not found', async () => {
    for (const id of ['x'.repeat(3000), '__proto__', '..%2F', '%00', '環境']) {
      expect(await problem(`/events/${id}`)).toMatchObject({ status: 404, parameter: 'eventId' });
      expect(await problem(`/compare?id=${id}&id=${id}x`)).toMatchObject({ status: 404, parameter: 'id' });
    }
  });
});

describe('API Gateway', () => {
  const routed = (name: string) => ({
    ...httpEvent(`/environments/${name}/events`),
    routeKey: 'GET /environments/{name}/events',
    pathParameters: { name },
  });

  test('has decoded the path, once', async () => {
    for (const name of ['100%41', 'prod%2Fetl', '..', '.', 'a/../b']) {
      const { statusCode, body } = await send(routed(name));
      expect({
        statusCode,
        events: JSON.parse(body).events.map((event: { environment: string }) => event.environment),
      }).toEqual({
        statusCode: 200,
        events: HOSTILE_NAMES.includes(name) ? [name] : [],
      });
    }
  });

  test.each(['Accept', 'accept'])('sends the header %s', async (header) => {
    const { headers } = await send(httpEvent('/events?limit=1', { [header]: 'text/csv' }));
    expect(headers['content-type']).toMatch(/^text\/csv/);
  });
});

describe('problems', () => {
  test.each([
    ['/', 404],
    ['', 404],
    ['/event', 404],
    ['/events/', 404],
    ['/events/a/b', 404],
    ['/Events', 404],
    ['/environments/a', 404],
    ['/compare?id=a', 400],
    [`/compare?${'id=a&'.repeat(11)}`, 400],
    ['/environments?limit=1', 400],
    ['/openapi.json?a=b', 400],
    ['/events?since=yesterday', 400],
    ['/events?since=2026-11-07&until=2026-11-06', 400],
    ['/events?%', 400],
  ])('%s is %i', async (url, status) => {
    expect(await problem(url)).toMatchObject({ status });
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is not allowed', async (method) => {
    const response = await send(httpEvent('/events', {}, method));
    expect(response).toMatchObject({ statusCode: 405, headers: { allow: 'GET, HEAD' } });
    expect((await send(httpEvent('/nowhere', {}, method))).statusCode).toBe(404);
  });

  test('HEAD is GET without the body', async () => {
    const { headers, statusCode } = await get('/events?limit=1');
    expect(await send(httpEvent('/events?limit=1', {}, 'HEAD'))).toEqual({ statusCode, headers, body: '' });
  });

  test('an error of a service is reported to the log, and not to the caller', async () => {
    const deps: QueryDeps = { ...store.deps, tables: { ...store.deps.tables, eventsTable: 'secret-table' } };
    const told: unknown[] = [];
    const handler = createQueryHandler(deps, { failed: (error) => told.push(error) });
    const { statusCode, body } = await handler(httpEvent('/events/one'), {} as Context);
    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toEqual({
      type: 'urn:problem-type:mwaa-trail:internal-error',
      title: 'The request could not be answered',
      status: 500,
      detail: 'the log of the function says why',
    });
    expect(told).toMatchObject([{ name: 'ResourceNotFoundException' }]);
  });

  test('a record that Lambda cannot return', async () => {
    const eventID = await putRecord({ requestParameters: { Name: 'large', Filler: '"'.repeat(2_000_000) } });
    for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
      expect(await problem(`/events/${eventID}`, accept)).toMatchObject({ status: 413 });
    }
    expect((await ids('/environments/large/events')).all).toEqual([eventID]);
  });

  test.each([
    '',
    'null',
    '1',
    '[]',
    '{}',
    '{"rawPath":"/events"}',
    '{"rawPath":1,"requestContext":{"http":{"method":"GET"}}}',
    '{"version":"1.0","path":"/events","httpMethod":"GET"}',
  ])('the event %s', async (event) => {
    expect((await send(event === '' ? undefined : JSON.parse(event))).statusCode).toBe(400);
  });
});

describe('an answer', () => {
  test.each(['/events', '/events?limit=0', '/nothing', '/openapi.json'])(
    'of %s is for the caller only',
    async (url) => {
      expect((await get(url)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
    },
  );

  test('has the record as CloudTrail wrote it', async () => {
    const eventID = await putRecord({ requestParameters: { Name: 'exact' }, n: '@@' }, (text) =>
      text.replace('"@@"', '123456789012345678901234567890e-5'),
    );
    const { body } = await get(`/events/${eventID}`);
    expect(body).toContain('"n":123456789012345678901234567890e-5');
    expect(JSON.parse(body)).toMatchObject({ eventId: eventID, environment: 'exact', record: { eventID } });
  });

  test('that compares events says in each format which are provisional', async () => {
    const [a, b] = [await putRecord({ n: 1 }), await putRecord({ n: 2 }, undefined, { provisional: true })];
    const [line = '{}'] = (await get(`/compare?id=${a}&id=${b}`, 'application/x-ndjson')).body.split('\n');
    expect(JSON.parse(line)).toMatchObject({ path: expect.any(String), provisional: [b] });
    expect((await get(`/compare?id=${a}&id=${b}`, 'text/csv')).body).toMatch(`path,same,${a},${b} (provisional)\r\n`);
    const comparison = JSON.parse((await get(`/compare?id=${a}&id=${b}`)).body);
    expect(comparison).toMatchObject({ provisional: [b] });
    expect(Object.keys(comparison)).toEqual(['eventIds', 'provisional', 'fields']);
    expect((await get(`/compare?id=${a}&id=${a}`, 'application/x-ndjson')).body).not.toContain('provisional');
  });

  test('in CSV has no formulas', async () => {
    await putRecord({ requestParameters: { Name: '=cmd()' }, sourceIPAddress: '@x' });
    const { body } = await get('/environments/%3Dcmd()/events', 'text/csv');
    expect(body).toContain(",'=cmd(),");
    expect(body).toContain(",'@x,");
  });
});

test('whatever the parameters are, the answer is no failure', async () => {
  const known = Object.keys({ ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS });
  const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, fc.string({ unit: 'binary' }));
  const value = fc.oneof(
    fc.constantFrom(
      'true',
      'false',
      '7d',
      '1',
      '100',
      'oldest-first',
      'prod-etl',
      '*',
      'Admin/*',
      '2026-11-06',
      '9999-12-31',
    ),
    fc.constantFrom('99999999999y', '0000-01-01', '-1', '1e9', '0x1', '\0', '%', ' ', '2026-02-30', 'x'.repeat(3000)),
    fc.string({ unit: 'binary' }),
  );
  const path = fc.constantFrom(
    '/events',
    '/environments/prod-etl/events',
    '/environments/x/summary',
    '/compare',
    '/environments',
  );
  await fc.assert(
    fc.asyncProperty(path, fc.array(fc.tuple(name, value), { maxLength: 5 }), async (at, parameters) => {
      const query = parameters.map((pair) => pair.map((part) => encodeURIComponent(part)).join('=')).join('&');
      const { statusCode, body } = await get(`${at}?${query}`);
      expect([200, 400]).toContain(statusCode);
      expect(() => JSON.parse(body)).not.toThrow();
    }),
    { numRuns: scaled(80, 1_000), seed: SEED },
  );
  expect(failures).toEqual([]);
});

async function send(event: unknown) {
  const handler = createQueryHandler(store.deps, { failed: (error) => failures.push(error) });
  failures = [];
  return handler(event, {} as Context);
}

function get(url: string, accept = 'application/json') {
  return send(httpEvent(url, { accept }));
}

async function problem(url: string, accept?: string) {
  const { headers, body, statusCode } = await get(url, accept);
  expect(headers['content-type']).toBe('application/problem+json');
  const details = JSON.parse(body);
  expect(details).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status: statusCode,
    detail: expect.any(String),
  });
  return details;
}

/** The eventIDs of a page, or of that and all that follow. */
async function ids(url: string, following = true): Promise<{ all: string[]; cursor?: string }> {
  const { statusCode, body } = await get(url);
  expect(statusCode).toBe(200);
  const page = JSON.parse(body) as { events: { eventId: string }[]; cursor?: string; completeness: object };
  expect(page.completeness).toMatchObject({ problemsTruncated: false });
  const all = page.events.map(({ eventId }) => eventId);
  if (page.cursor === undefined) return { all };
  if (!following) return { all, cursor: page.cursor };
  const rest = await ids(`${url.replace(/&cursor=.*/, '')}&cursor=${page.cursor}`);
  return { all: [...all, ...rest.all] };
}

let records = 0;
/** Stores an event with these members. Returns its eventID. */
async function putRecord(
  members: object,
  rewrite = (text: string) => text,
  provenance: Provenance = { logFile: 'test', recordIndex: 0 },
): Promise<string> {
  records += 1;
  const eventID = `10000000-0000-4000-8000-${String(records).padStart(12, '0')}`;
  const record = {
    eventVersion: '1.11',
    eventSource: 'airflow.amazonaws.com',
    eventID,
    eventTime: '2026-11-01T00:00:00Z',
    ...members,
  };
  const read = toAuditEvent(rewrite(JSON.stringify(record)), {
    ...provenance,
    keyAccount: undefined,
    now: SAMPLE_NOW,
  });
  if (read.kind !== 'event') throw new Error(read.kind);
  const { dynamo, tables } = store.deps;
  await putEvent(dynamo, tables.eventsTable, toEventItem(read.event, { ingestedAt: '2026-11-01T00:00:00.000Z' }));
  return eventID;
}

/** Ways to spoil a cursor. */
const CURSOR_CHANGES: readonly ((cursor: string, random: (n: number) => number) => string)[] = [
  (cursor, random) => flipBit(cursor, random),
  (cursor, random) => cursor.slice(0, random(cursor.length)),
  (cursor, random) => cursor + ALPHABET[random(64)],
  (cursor, random) => replaceAt(cursor, random(cursor.length), ALPHABET[random(64)]!),
  (cursor, random) => replaceAt(cursor, random(cursor.length), ''),
  (cursor, random) => `${cursor.slice(random(cursor.length))}${cursor}`,
  (_, random) => Buffer.from(Array.from({ length: random(600) }, () => random(256))).toString('base64url'),
  (_, random) => String.fromCodePoint(...Array.from({ length: 1 + random(50) }, () => 1 + random(0xd7ff))),
  (_, random) => foreignCursor(random),
  (cursor) => `${cursor}=`,
  (cursor) => ` ${cursor}`,
];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function replaceAt(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + 1);
}

function flipBit(cursor: string, random: (n: number) => number): string {
  const bytes = Buffer.from(cursor, 'base64url');
  const at = random(bytes.length);
  bytes[at]! ^= 1 << random(8);
  return bytes.toString('base64url');
}

/** A good cursor of another question. */
function foreignCursor(random: (n: number) => number): string {
  const environment = [`other-${random(1_000_000)}`];
  return encodeCursor(
    { after: '2026-11-06', asOf: random(2 ** 31) },
    { criteria: { environment }, order: 'newest-first' },
  );
}

function randomOf(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
