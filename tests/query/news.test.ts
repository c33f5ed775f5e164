import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlowAnswerError } from '../../shared/query/ask.ts';
import { type FirstSeen, NEWS_GROUPS, type News, newsLines, readNews } from '../../shared/query/news.ts';
import { EventStore, type TestEvent } from '../support/event-store.ts';
import { scaled } from '../support/scale.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const SINCE = '2026-11-10T00:00:00.000Z';
const LIMITS = { events: 1_000, values: 100 };
const GROUPS = Object.keys(NEWS_GROUPS) as (keyof typeof NEWS_GROUPS)[];
const NOTHING = { users: [], roles: [], environments: [], accessKeys: [], operations: [], errorCodes: [] };

/** What an event says, and the model knows. */
interface Facts {
  /** As CloudTrail wrote it, and normalized. */
  time: { written: string; normalized: string };
  user: string;
  environment: string | undefined;
  accessKey: string;
  operation: string;
  error: string | undefined;
  provisional: boolean;
}

const time = fc.constantFrom(
  { written: '2026-11-09T23:59:59Z', normalized: '2026-11-09T23:59:59.000Z' },
  { written: '2026-11-10T00:00:00Z', normalized: SINCE },
  // With an offset, it is the day before.
  { written: '2026-11-10T00:30:00+01:00', normalized: '2026-11-09T23:30:00.000Z' },
  { written: '2026-11-12T08:00:00Z', normalized: '2026-11-12T08:00:00.000Z' },
  { written: '2026-11-12T07:00:00.5-01:00', normalized: '2026-11-12T08:00:00.500Z' },
  { written: '2026-11-15T08:00:00Z', normalized: '2026-11-15T08:00:00.000Z' },
  // No usable time: before all others.
  { written: 'yesterday', normalized: '0000-00-00T00:00:00.000Z' },
);
const facts: fc.Arbitrary<Facts> = fc.record({
  time,
  // Names that look like prefixes of others, and are none.
  user: fc.constantFrom('ana', 'ana*', '*', 'an', '__proto__'),
  environment: fc.constantFrom(undefined, 'prod', 'dev', 'PROD'),
  accessKey: fc.constantFrom('AKIAIOSFODNN7EXAMPLE', 'AKIAI44QH8DHBEXAMPLE', 'ASIAIOSFODNN7EXAMPLE'),
  operation: fc.constantFrom('GetEnvironment', 'CreateWebLoginToken'),
  error: fc.constantFrom(undefined, 'AccessDenied', 'ThrottlingException'),
  provisional: fc.boolean(),
});

function toEvent({ time, user, environment, accessKey, operation, error, provisional }: Facts, i: number): TestEvent {
  return {
    ...{ id: `event-${i}`, time: time.written, name: operation, provisional },
    ...(environment === undefined ? {} : { environment }),
    ...(error === undefined ? {} : { error }),
    record: { userIdentity: { type: 'IAMUser', userName: user, accessKeyId: accessKey } },
  };
}

/** All events are looked at; a value is new if none of its events is before. */
function naive(events: readonly Facts[]): Pick<News, keyof typeof NEWS_GROUPS> {
  const group = (nameIn: (event: Facts) => string | undefined): FirstSeen[] => {
    const byValue = Map.groupBy(
      events.filter((event) => nameIn(event) !== undefined),
      (event) => nameIn(event)!,
    );
    const all = [...byValue].map(([name, those]) => {
      const times = those.map(({ time }) => time.normalized).sort();
      return { name, first: times[0]!, events: those.length };
    });
    const news = all.filter(({ first }) => first >= SINCE);
    return news.sort((a, b) => (a.first === b.first ? (a.name < b.name ? -1 : 1) : a.first < b.first ? 1 : -1));
  };
  return {
    users: group(({ user }) => user),
    roles: [],
    environments: group(({ environment }) => environment),
    accessKeys: group(({ accessKey }) => (accessKey.startsWith('ASIA') ? undefined : accessKey)),
    operations: group(({ operation }) => operation),
    errorCodes: group(({ error }) => error),
  };
}

test('news is what no event before has, as in a naive reading of all events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(facts, { maxLength: 12 }), async (events) => {
      const store = await EventStore.start({ now: NOW });
      try {
        await store.add(...events.map(toEvent));
        const { events: counted, truncated, ...news } = await readNews(SINCE, store.deps, LIMITS);
        expect(news).toEqual(naive(events));
        expect(counted).toBe(events.filter(({ time }) => time.normalized >= SINCE).length);
        expect(truncated).toBe(false);
      } finally {
        store.stop();
      }
    }),
    { numRuns: scaled(8, 40) },
  );
}, 120_000);

describe('limits', () => {
  let store: EventStore;
  beforeAll(async () => {
    store = await EventStore.start({ now: NOW });
    const hours = ['01', '02', '03', '04', '05', '06'];
    await store.add(
      { id: 'before', time: '2026-11-09T00:00:00Z', who: 'old', environment: 'prod' },
      ...hours.map((hour) => ({ id: `e${hour}`, time: `2026-11-10T${hour}:00:00Z`, who: `user-${hour}`, name: 'Op' })),
      { id: 'again', time: '2026-11-10T07:00:00Z', who: 'user-01', name: 'Op' },
      { id: 'seen', time: '2026-11-10T08:00:00Z', who: 'old', name: 'Op' },
    );
  });
  afterAll(() => store.stop());

  test('the newest events are counted; when something was first is known nevertheless', async () => {
    const news = await readNews(SINCE, store.deps, { events: 3, values: 100 });
    expect(news).toEqual({
      ...NOTHING,
      users: [
        { name: 'user-06', first: '2026-11-10T06:00:00.000Z', events: 1 },
        { name: 'user-01', first: '2026-11-10T01:00:00.000Z', events: 1 },
      ],
      operations: [{ name: 'Op', first: '2026-11-10T01:00:00.000Z', events: 3 }],
      ...{ events: 3, truncated: true },
    });
  });

  test('exactly as many events as are counted are all', async () => {
    expect(await readNews(SINCE, store.deps, { events: 8, values: 100 })).toMatchObject({
      events: 8,
      truncated: false,
    });
  });

  test('of many values, those that came up last are looked up', async () => {
    const news = await readNews(SINCE, store.deps, { events: 100, values: 3 });
    expect(news.users.map(({ name }) => name)).toEqual(['user-06', 'user-05']);
    expect(news.truncated).toBe(true);
  });

  test('lines name the criterion that finds the events', async () => {
    const news = await readNews(SINCE, store.deps, LIMITS);
    expect(newsLines(news).at(-1)).toEqual({
      ...{ of: 'eventName', name: 'Op', first: '2026-11-10T01:00:00.000Z', events: 8 },
    });
    expect(newsLines(news)).toHaveLength(GROUPS.reduce((sum, group) => sum + news[group].length, 0));
  });

  test('when the time is spent, there is no answer', async () => {
    const deps = { ...store.deps, time: { isSpent: () => true } };
    await expect(readNews(SINCE, deps, LIMITS)).rejects.toThrow(SlowAnswerError);
  });
});
