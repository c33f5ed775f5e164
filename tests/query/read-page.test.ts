import { DynamoDBClient, type QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerQuestion, openQuestion, type QueryDeps, readPage } from '../../shared/query/ask.ts';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import type { Order } from '../../shared/query/plan.ts';
import { type Item, toItem } from '../../shared/store/item.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';

const TABLES = { eventsTable: 'events', logFilesTable: 'log-files', environmentsTable: 'environments' };
const NOW = Date.UTC(2026, 10, 20);

interface Event {
  eventId: string;
  eventTime: string;
  environment: string;
  errorCode?: string;
}

const timeKeyOf = ({ eventTime, eventId }: Event) => `${eventTime.replace('Z', '.000Z')}#${eventId}`;

/** An event as an index has it. */
function itemOf({ eventTime, ...event }: Event & { timeKey: string }): Item {
  const listed = toItem({ eventTime, action: 'dag.list', access: 'read', outcome: 'ok' });
  return { ...toItem({ ...event, schemaVersion: SCHEMA_VERSION }), listed: { M: listed } };
}

/**
 * The part of DynamoDB that queries use, over a list: partitions by one attribute, sorted by timeKey, a Limit that counts
 * what is read before the filter, and at most `pageItems` items and `unitsAnItem` for each. It stands for real capacity and
 * real page sizes, of which an embedded DynamoDB knows too little.
 */
function fakeDynamo(events: Event[], pageItems: number, unitsAnItem: number): DynamoDBClient {
  const answer = (input: QueryCommandInput) => {
    const values = input.ExpressionAttributeValues!;
    if (input.TableName === TABLES.environmentsTable) {
      const days = [...new Set(events.map(({ eventTime }) => eventTime.slice(0, 10)))].sort();
      return { Items: days.map((environmentKey) => toItem({ environmentKey })) };
    }
    const attribute = input.ExpressionAttributeNames!['#partition']!;
    const partition = values[':partition']!.S!;
    const [from = '', to = '~', start] = [values[':from']?.S, values[':to']?.S, input.ExclusiveStartKey?.timeKey?.S];
    const ascending = input.ScanIndexForward;
    const inRange = events
      .map((event) => ({ ...event, day: event.eventTime.slice(0, 10), timeKey: timeKeyOf(event) }))
      .filter((event) => event[attribute as 'day'] === partition && event.timeKey >= from && event.timeKey <= to)
      .sort((a, b) => (a.timeKey < b.timeKey === ascending ? -1 : 1))
      .filter(({ timeKey }) => start === undefined || (ascending ? timeKey > start : timeKey < start));
    const size = Math.min(pageItems, input.Limit ?? Number.POSITIVE_INFINITY);
    const read = inRange.slice(0, size);
    const more = inRange.length > size || (input.Limit === size && read.length === size);
    const errorsOnly = Object.values(input.ExpressionAttributeNames!).includes('errorCode');
    return {
      Items: read.filter(({ errorCode }) => !errorsOnly || errorCode !== undefined).map(itemOf),
      ...(more ? { LastEvaluatedKey: toItem({ timeKey: read.at(-1)!.timeKey }) } : {}),
      ConsumedCapacity: { CapacityUnits: read.length * unitsAnItem },
    };
  };
  const send = async (command: QueryCommand) => answer(command.input);
  // The SDK's paginator takes nothing but its own client.
  return Object.assign(new DynamoDBClient({ region: 'us-east-1' }), { send }) as DynamoDBClient;
}

const deps = (dynamo: DynamoDBClient): QueryDeps => ({ dynamo, tables: TABLES, now: () => NOW });

const event = fc.record({
  // Few times, so that many are equal.
  eventTime: fc
    .record({ day: fc.integer({ min: 1, max: 19 }), hour: fc.integer({ min: 0, max: 2 }) })
    .map(({ day, hour }) => `2026-11-${String(day).padStart(2, '0')}T0${hour}:00:00Z`),
  environment: fc.constantFrom('a', 'b', 'c'),
  failed: fc.boolean(),
});
const events = fc
  .array(event, { maxLength: 60 })
  .map((list) =>
    list.map(({ failed, ...one }, i): Event => ({ ...one, eventId: `e${i}`, ...(failed ? { errorCode: 'X' } : {}) })),
  );
const criteria = fc.record(
  {
    environment: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    errors: fc.constant(true),
    since: fc.constantFrom('2026-11-05', '2026-11-08T01:00:00Z', '15d'),
    until: fc.constantFrom('2026-11-16', '2026-11-17T01:00:00Z', '1d'),
  },
  { requiredKeys: [] },
);
const order = fc.constantFrom<Order>('newest-first', 'oldest-first');

function independently(list: Event[], { environment, errors, since, until }: Criteria, wanted: Order): string[] {
  const time = (text: string) => (text.endsWith('d') ? NOW - Number.parseInt(text, 10) * 86_400_000 : Date.parse(text));
  const found = list.filter(
    (one) =>
      (environment?.includes(one.environment) ?? true) &&
      (!errors || one.errorCode !== undefined) &&
      (since === undefined || Date.parse(one.eventTime) >= time(since)) &&
      (until === undefined || Date.parse(one.eventTime) < time(until)),
  );
  const keys = found.map(timeKeyOf).sort();
  return wanted === 'newest-first' ? keys.reverse() : keys;
}

async function allPages(
  dynamo: DynamoDBClient,
  question: { criteria: Criteria; order: Order },
  limits: number[],
  between: () => void = () => {},
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const limit = limits[pages % limits.length]!;
    const answer = await answerQuestion(openQuestion({ ...question, limit, cursor }, NOW), deps(dynamo));
    expect(answer.events.length).toBeLessThanOrEqual(limit);
    found.push(...answer.events.map(({ timeKey }) => timeKey));
    cursor = answer.cursor;
    pages += 1;
    between();
    expect(pages).toBeLessThan(500);
  } while (cursor !== undefined);
  return found;
}

describe('pages', () => {
  test('have each event once, whatever their sizes, what DynamoDB reads at once, and the cost', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        criteria,
        order,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        // Up to a page that costs more than it may after one request.
        fc.constantFrom(0.05, 20, 300),
        async (list, raw, wanted, limits, pageItems, units) => {
          const dynamo = fakeDynamo(list, pageItems, units);
          const found = await allPages(dynamo, { criteria: raw, order: wanted }, limits);
          expect(found).toEqual(independently(list, raw, wanted));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('keep the events of the beginning when newer events come between two pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        events,
        criteria,
        order,
        fc.integer({ min: 1, max: 9 }),
        async (list, late, raw, wanted, limit) => {
          const growing = [...list];
          const coming = late.map((one, i) => ({ ...one, eventId: `late${i}` }));
          const dynamo = fakeDynamo(growing, 5, 0.5);
          const found = await allPages(dynamo, { criteria: raw, order: wanted }, [limit], () => {
            const next = coming.pop();
            if (next) growing.push(next);
          });
          expect(new Set(found).size).toBe(found.length);
          expect(found.filter((key) => !key.includes('#late'))).toEqual(independently(list, raw, wanted));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('end early when their cost is spent', async () => {
    const list = Array.from({ length: 400 }, (_, i) => ({
      eventId: `e${i}`,
      eventTime: `2026-11-01T00:${String(i % 60).padStart(2, '0')}:00Z`,
      environment: 'a',
    }));
    const question = {
      criteria: { environment: ['a'], errors: true as const },
      order: 'newest-first' as const,
      limit: 50,
    };
    const page = await readPage(question, deps(fakeDynamo(list, 10, 10)));
    expect(page.events).toEqual([]);
    expect(page.end).toBeDefined();
    expect(page.consumed).toEqual({ requests: 3, readUnits: 300 });
  });

  test('of a hundred environments request a share of each', async () => {
    const list = Array.from({ length: 10_000 }, (_, i) => ({
      eventId: `e${i}`,
      eventTime: '2026-11-01T00:00:00Z',
      environment: `env-${i % 100}`,
    }));
    const criteria = { environment: Array.from({ length: 100 }, (_, i) => `env-${i}`) };
    const { events: found, consumed } = await readPage(
      { criteria, order: 'newest-first', limit: 100 },
      deps(fakeDynamo(list, 1_000, 0.05)),
    );
    expect(found).toHaveLength(100);
    expect(consumed.readUnits).toBeLessThan(100);
  });
});
