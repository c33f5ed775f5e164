import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { type HttpServer, startHttpServer } from '../../cli/serve/http-server.ts';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { readAll } from '../../shared/query/ask.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import { readPeople, readPerson } from '../../shared/query/person.ts';
import { summarise } from '../../shared/query/summary.ts';
import { readTimeline } from '../../shared/query/timeline.ts';
import { readValueList } from '../../shared/query/values.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { httpEvent } from '../support/http-event.ts';
import { SAMPLE_NOW, type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

let store: SampleStore;
let server: HttpServer;
beforeAll(async () => {
  store = await sharedSampleStore();
  const api = createApi(store.deps, { maxResponseBytes: MAX_RESPONSE_BYTES, failed: () => {} });
  server = await startHttpServer(api, 0);
});
afterAll(async () => {
  await server.stop();
  store.stop();
});

/** All events that meet the criteria, newest first. */
async function eventsWith(criteria: Criteria): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  const request = { criteria: readCriteria(criteria, SAMPLE_NOW), order: 'newest-first' } as const;
  for await (const event of readAll(request, store.deps)) events.push(event);
  return events;
}

const WAYS: Readonly<Record<string, (path: string) => Promise<{ status: number; body: string }>>> = {
  'the function': async (path) => {
    const { statusCode, body } = await createQueryHandler(store.deps, { failed: () => {} })(
      httpEvent(path),
      {} as Context,
    );
    return { status: statusCode, body };
  },
  'the server': async (path) => {
    const response = await fetch(server.url + path);
    return { status: response.status, body: await response.text() };
  },
};

/** A question, and the criteria that it asks. */
const QUESTIONS: readonly (readonly [place: string, query: string, criteria: Criteria])[] = [
  ['', '', {}],
  ['', 'since=2026-11-06&until=2026-11-07', { since: '2026-11-06', until: '2026-11-07' }],
  ['', 'errors=true&environment=prod-etl', { errors: true, environment: ['prod-etl'] }],
  ['/environments/prod-etl', '', { environment: ['prod-etl'] }],
  ['/environments/prod-etl', 'changes=true', { environment: ['prod-etl'], changes: true }],
  ['/environments/no-such', '', { environment: ['no-such'] }],
];

describe.each(Object.keys(WAYS))('%s', (way) => {
  const get = async (path: string) => {
    const { status, body } = await WAYS[way]!(path);
    expect([path, status]).toEqual([path, 200]);
    return JSON.parse(body);
  };

  describe.each(QUESTIONS)('%s?%s', (place, query, criteria) => {
    test('the timeline has every event in its hour', async () => {
      const timeline = await get(`${place}/timeline?buckets=3&${query}`);
      const events = await eventsWith(criteria);
      expect(timeline).toMatchObject({ events: events.length, truncated: false, completeness: expect.any(Object) });
      const width = timeline.bucketSeconds * 1000;
      const starts = events.map(({ timeKey }) => Math.floor(Date.parse(timeKey.split('#')[0]!) / width) * width);
      expect(timeline.buckets.map(({ start }: { start: string }) => Date.parse(start))).toEqual(
        [...new Set(starts.filter((start) => !Number.isNaN(start)))].sort((a, b) => a - b),
      );
    });

    test('the summary counts as the program does', async () => {
      const { completeness: _, environment, ...summary } = await get(`${place}/summary?${query}`);
      expect(summary).toEqual(await summarise(readCriteria(criteria, SAMPLE_NOW), store.deps, 1_000));
      expect(environment).toBe(criteria.environment?.[0]);
    });

    test('the values of the user are those that the summary counts', async () => {
      const { values, events } = await get(`${place}/values?of=user&user=nobody&exclude=user=mei*&${query}`);
      const all = await eventsWith(criteria);
      const users = all.flatMap(({ user }) => (user === undefined ? [] : [user]));
      expect(events).toBe(all.length);
      expect(new Set(values.map(({ name }: { name: string }) => name))).toEqual(new Set(users));
      expect(values.reduce((sum: number, value: { events: number }) => sum + value.events, 0)).toBe(users.length);
    });

    test('nothing matches a name that is not there, and the causes say so', async () => {
      const { causes } = await get(`${place}/likely-causes?user=nobody-at-all&${query}`);
      expect(causes).toContainEqual(expect.objectContaining({ kind: 'unknown-value', value: 'nobody-at-all' }));
    });
  });

  test('people, and one of them, are as who shows them', async () => {
    const { completeness: _, ...people } = await get('/users?since=2026-11-01');
    const times = { since: '2026-11-01T00:00:00.000Z' };
    expect(people).toEqual(await readPeople({ user: ['*'], ...times }, store.deps, 1_000));
    expect(people.people.length).toBeGreaterThan(2);
    for (const { name } of people.people) {
      const { completeness: __, ...person } = await get(`/users/${encodeURIComponent(name)}?since=2026-11-01`);
      expect(person).toEqual(await readPerson(name, { user: [name], ...times }, store.deps, 1_000));
      expect(person.events).toBeGreaterThan(0);
    }
  });

  test('in one environment, people are those who were there, with what they did there', async () => {
    const { people } = await get('/environments/dev-sandbox/users');
    const there = await eventsWith({ environment: ['dev-sandbox'] });
    const users = there.flatMap(({ user }) => (user === undefined ? [] : [user]));
    expect(new Set(people.map(({ name }: { name: string }) => name))).toEqual(new Set(users));
    for (const user of new Set(users)) {
      const { events, environments } = await get(`/environments/dev-sandbox/users/${encodeURIComponent(user)}`);
      expect(events).toBe(users.filter((other) => other === user).length);
      expect(environments).toMatchObject([{ environment: 'dev-sandbox' }]);
    }
  });

  test.each([
    ['/values', 'of: expected one of action, target, '],
    ['/values?of=', 'of: expected one of action, target, '],
    ['/values?of=user&of=role', 'of: expected one value'],
    ['/values?of=mfa', 'of: expected one of action, target, '],
    ['/timeline?buckets=0', 'buckets: expected a whole number from 1 to 200'],
    ['/timeline?buckets=1.5', 'buckets: expected a whole number from 1 to 200'],
    ['/timeline?since=yesterday', 'since: expected an ISO 8601 time'],
    ['/users/jonas*', 'user: expected a whole name'],
    ['/users?role=Admin', 'expected only parameters of this path'],
    ['/likely-causes?user=', 'user: expected a text that is not empty'],
  ])('%s is wrong: %s', async (path, detail) => {
    const { status, body } = await WAYS[way]!(path);
    expect([status, JSON.parse(body).detail]).toEqual([400, expect.stringContaining(detail)]);
    expect(body).not.toContain('undefined');
  });
});

test('what is counted is bounded, and says so', async () => {
  const criteria = { environment: ['prod-etl'] };
  const newest = (await eventsWith(criteria)).slice(0, 5);
  expect(await readTimeline(criteria, 60, store.deps, 5)).toMatchObject({
    ...{ events: 5, truncated: true, from: newest[4]!.timeKey.split('#')[0] },
    ...{ countedSince: newest[4]!.timeKey.split('#')[0], to: newest[0]!.timeKey.split('#')[0] },
  });
  const { values, ...list } = await readValueList('user', criteria, store.deps, 5);
  expect(list).toEqual({ of: 'user', leftOut: 0, events: 5, truncated: true });
  expect(new Set(values.map(({ name }) => name))).toEqual(new Set(newest.map(({ user }) => user)));
  const all = await eventsWith(criteria);
  expect(await readValueList('user', criteria, store.deps, all.length)).toMatchObject({ truncated: false });
});

test('a name that stands for user IDs is a user', async () => {
  const [{ user = '' } = {}] = await eventsWith({ user: ['jonas*'] });
  const deps = { ...store.deps, aliases: new Map([[user, 'somebody']]) };
  const handler = createQueryHandler(deps, { failed: () => {} });
  const get = async (path: string) => JSON.parse((await handler(httpEvent(path), {} as Context)).body);
  const { people } = await get('/users');
  expect(people.map(({ name }: { name: string }) => name)).toContain('somebody');
  const { name, events, users } = await get('/users/somebody');
  expect([name, events > 0, users]).toMatchObject(['somebody', true, [{ user }]]);
});
