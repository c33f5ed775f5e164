import { PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { type QueryDeps, readAll, readPage } from '../../shared/query/ask.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import type { Order } from '../../shared/query/plan.ts';
import { type ListedEvent, toEventItem } from '../../shared/store/event-item.ts';
import { putEvent } from '../../shared/store/events-table.ts';
import { itemSize, toItem } from '../../shared/store/item.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { EVENT } from '../support/event-arbitrary.ts';
import {
  EXPECTED_ATTRIBUTES,
  type ExpectedEvent,
  generateEvents,
  generateOthers,
} from '../support/generate-records.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { createWorld, NOW, putLogFile, type StoredItem, s3Event, sqsEvent, type World } from '../support/world.ts';

const EVENTS = scaled(1_100, 100_000);
const RUNS = scaled(20, 1_000);
const DAY = 24 * 3600 * 1000;

const servers = useServers();
let world: World;
let deps: QueryDeps;
/** The expected events, newest first; those of the same time by eventID. */
let list: ExpectedEvent[];

beforeAll(
  async () => {
    world = await createWorld(servers);
    deps = { dynamo: world.dynamo, tables: world.deps.config, now: () => NOW };
    const generated = generateEvents(77, EVENTS);
    const others = generateOthers(77, 200);
    const bodies: object[] = [];
    for (let i = 0; i < 10; i += 1) {
      const records = [
        ...generated.filter((_, n) => n % 10 === i).map(({ record }) => record),
        ...others.slice(20 * i, 20 * i + 20),
      ];
      bodies.push(s3Event(await putLogFile(world, `query-${i}`, records)));
    }
    expect(await world.handle(sqsEvent(...bodies))).toEqual({ batchItemFailures: [] });
    const key = ({ eventTime, eventId }: ExpectedEvent) => `${eventTime}#${eventId}`;
    list = generated.map(({ expected }) => expected).sort((a, b) => (key(a) > key(b) ? -1 : 1));
  },
  scaled(120_000, 1_200_000),
);

const ATTRIBUTES = {
  environment: 'environment',
  eventName: 'eventName',
  principal: 'principal',
  errorCode: 'errorCode',
  accessKeyId: 'accessKeyId',
  sourceIp: 'sourceIp',
  account: 'accountId',
  region: 'region',
  category: 'eventCategory',
} as const;

function randomCriteria(random: Random): Criteria {
  const criteria: Criteria = {};
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    if (!random.chance(0.2)) continue;
    const values = Array.from(
      { length: 1 + random.below(3) },
      () => random.pick(list)[attribute] ?? 'nothing-has-this',
    );
    criteria[name as keyof typeof ATTRIBUTES] = values.map((value) =>
      name === 'principal' && random.chance(0.3) ? `${value.slice(0, random.below(value.length + 1))}*` : value,
    );
  }
  if (random.chance(0.2)) criteria.errors = true;
  if (random.chance(0.2)) criteria.readOnly = random.chance(0.5);
  // Often the very time of an event: since is inclusive, until is not.
  const time = (): string =>
    random.pick([
      random.pick(list).eventTime,
      random.pick(list).eventTime.slice(0, 10),
      `${Math.ceil((NOW - Date.parse(random.pick(list).eventTime)) / DAY)}d`,
    ]);
  if (random.chance(0.4)) criteria.since = time();
  if (random.chance(0.4)) criteria.until = time();
  return criteria;
}

function independently(criteria: Criteria): ExpectedEvent[] {
  const inMs = (time: string) => (/^\d+d$/.test(time) ? NOW - Number.parseInt(time, 10) * DAY : Date.parse(time));
  return list.filter((event) => {
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      const wanted = criteria[name as keyof typeof ATTRIBUTES];
      const value = event[attribute];
      const meets = (text: string) =>
        name === 'principal' && text.endsWith('*') ? value?.startsWith(text.slice(0, -1)) : value === text;
      if (wanted && !wanted.some(meets)) return false;
    }
    if (criteria.errors && event.errorCode === undefined) return false;
    if (criteria.readOnly !== undefined && event.readOnly !== criteria.readOnly) return false;
    if (criteria.since && Date.parse(event.eventTime) < inMs(criteria.since)) return false;
    return !(criteria.until && Date.parse(event.eventTime) >= inMs(criteria.until));
  });
}

const comparable = (event: ListedEvent | ExpectedEvent) =>
  Object.fromEntries(EXPECTED_ATTRIBUTES.flatMap((name) => (event[name] === undefined ? [] : [[name, event[name]]])));

async function ask(
  criteria: Criteria,
  { limit = Number.POSITIVE_INFINITY, pageSize = 1_000, order = 'newest-first' as Order } = {},
): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  for await (const event of readAll({ criteria: readCriteria(criteria, NOW), order }, deps, pageSize)) {
    events.push(event);
    if (events.length >= limit) break;
  }
  return events;
}

test(
  'returns everything in order of time, and events of the same time by eventID',
  async () => {
    expect((await ask({})).map(comparable)).toEqual(list.map(comparable));
    expect(new Set(list.map(({ eventTime }) => eventTime)).size).toBeLessThan(EVENTS * 0.95);
  },
  scaled(60_000, 600_000),
);

test(
  'random criteria return the same events as an independent filter, in the same order',
  async () => {
    const random = seededRandom(4711);
    let found = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const criteria = randomCriteria(random);
      const { since, until } = criteria;
      if (since && until && readCriteria({ since }, NOW).since! >= readCriteria({ until }, NOW).until!) {
        expect(() => readCriteria(criteria, NOW)).toThrow(/before until/);
        continue;
      }
      const limit = random.chance(0.3) ? 1 + random.below(50) : Number.POSITIVE_INFINITY;
      const order = random.pick<Order>(['newest-first', 'newest-first', 'oldest-first']);
      // Small pages only where few are read.
      const pageSize = limit <= 50 ? random.pick([7, 40, 1_000]) : 1_000;
      const all = independently(criteria);
      const expected = (order === 'newest-first' ? all : all.reverse()).slice(0, limit);
      found += expected.length;
      try {
        expect((await ask(criteria, { limit, pageSize, order })).map(comparable)).toEqual(expected.map(comparable));
      } catch (error) {
        throw new Error(`criteria ${JSON.stringify(criteria)}`, { cause: error });
      }
    }
    expect(found).toBeGreaterThan(RUNS);
  },
  scaled(120_000, 3_600_000),
);

test('a query for an environment and a time range costs little more than the returned index items', async () => {
  const random = seededRandom(99);
  for (let run = 0; run < 50; run += 1) {
    const from = random.pick(list);
    if (from.environment === undefined) continue;
    const criteria = readCriteria({ environment: [from.environment], since: from.eventTime }, NOW);
    const limit = 1 + random.below(100);
    const { events, consumed } = await readPage({ criteria, order: 'newest-first', limit }, deps);
    const bytes = (await indexItems(from.environment, events)).reduce((sum, item) => sum + itemSize(item), 0);
    expect(consumed.readUnits).toBeLessThanOrEqual(1.2 * (bytes / 4096) * 0.5 + 1);
  }
});

test('a query by user or role costs no more read units than one by environment for the same events', async () => {
  const name = 'the-same-name';
  await pMap(
    Array.from({ length: 60 }, (_, i) => i),
    (i) => {
      const eventId = `same-${i}`;
      const timeKey = `2026-11-06T02:31:18.000Z#${eventId}`;
      const event = { ...EVENT, eventId, timeKey, environment: name, user: name, role: name };
      return putEvent(world.dynamo, deps.tables.eventsTable, toEventItem(event, { ingestedAt: 'now' }));
    },
  );
  const unitsOf = async (question: Criteria) => {
    const criteria = readCriteria({ ...question, changes: true }, NOW);
    const { events, consumed, plan } = await readPage({ criteria, order: 'newest-first', limit: 100 }, deps);
    expect(events).toHaveLength(60);
    return { index: plan.index, ...consumed };
  };
  const { index: _, ...ofEnvironment } = await unitsOf({ environment: [name] });
  expect(await unitsOf({ user: [name] })).toEqual({ index: 'byUser', ...ofEnvironment });
  expect(await unitsOf({ role: [name] })).toEqual({ index: 'byRole', ...ofEnvironment });
});

/** The items of an index that events were made of. */
async function indexItems(environment: string, events: readonly ListedEvent[]): Promise<StoredItem[]> {
  const ids = new Set(events.map(({ eventId }) => eventId));
  const items: StoredItem[] = [];
  const pages = paginateQuery(
    { client: world.dynamo },
    {
      TableName: deps.tables.eventsTable,
      IndexName: 'byEnvironment',
      KeyConditionExpression: 'environment = :environment',
      ExpressionAttributeValues: { ':environment': { S: environment } },
    },
  );
  for await (const page of pages) items.push(...(page.Items ?? []).filter(({ eventId }) => ids.has(eventId!.S!)));
  return items;
}

test('expired events are not returned, whichever index is read', async () => {
  const expired = {
    environment: 'short-lived',
    user: 'mayfly',
    role: 'Ephemeral',
    principal: 'mayfly',
    errorCode: 'Gone',
    accessKeyId: 'AKIAEXAMPLEMAYFLY',
    eventName: 'Expire',
  };
  const day = list[0]!.eventTime.slice(0, 10);
  const texts = { ...expired, day, contentHash: 'x', logFile: 'b/k', ingestedAt: 'x' };
  const listed = toItem({ action: 'dag.list', access: 'read', outcome: 'ok' });
  await pMap([-1, 0, 1], (seconds) => {
    const eventId = `expires-${seconds}`;
    const item = { ...texts, eventId, timeKey: `${day}T00:00:00.000Z#${eventId}` };
    return world.dynamo.send(
      new PutItemCommand({
        TableName: deps.tables.eventsTable,
        Item: {
          ...toItem({ ...item, schemaVersion: SCHEMA_VERSION, expiresAt: NOW / 1000 + seconds }),
          listed: { M: listed },
        },
      }),
    );
  });
  for (const [name, value] of Object.entries(expired)) {
    expect((await ask({ [name]: [value] })).map(({ eventId }) => eventId)).toEqual(['expires-1']);
  }
  const all = await ask({ since: day });
  expect(all.filter(({ eventId }) => eventId.startsWith('expires')).map(({ eventId }) => eventId)).toEqual([
    'expires-1',
  ]);
});
