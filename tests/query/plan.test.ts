import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Criteria, TEXT_CRITERION_NAMES, type TextCriterion } from '../../shared/query/criteria-table.ts';
import { type Order, planQuery, queryInput } from '../../shared/query/plan.ts';
import { storedText } from '../../shared/store/event-item.ts';
import { codePoint } from '../support/code-point.ts';

const NOW = 1_795_176_000;
const DAYS = ['0000-00-00', '2026-10-26', '2026-11-05', '2026-11-06', '2026-11-07'];
const UNEXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';
const OTHER_VERSION = '(attribute_not_exists(schemaVersion) OR schemaVersion <> "2" OR ';

const plan = (criteria: Criteria, order: Order = 'newest-first', after?: string) =>
  planQuery(criteria, { order, after, days: async () => DAYS, now: NOW });

/** The conditions of a filter with their names and values put in, in alphabetical order. */
async function conditionsOf(criteria: Criteria): Promise<string[]> {
  const { expression, names, values } = (await plan(criteria)).filter;
  expect(expression).toMatch(/^\(.*\) AND \([^)]*\)[^)]*\)$/);
  const written = expression
    .replace(/#\w+/g, (name) => names[name]!)
    .replace(/:(?!now)\w+/g, (name) => JSON.stringify(Object.values(values[name]!)[0]));
  expect(written.startsWith(OTHER_VERSION)).toBe(true);
  expect(written.endsWith(`) AND ${UNEXPIRED}`)).toBe(true);
  return written.slice(OTHER_VERSION.length, -`) AND ${UNEXPIRED}`.length).split(' AND ').sort();
}

describe('the index', () => {
  test.each([
    [{ environment: ['prod-etl'] }, 'byEnvironment', 'environment', ['prod-etl']],
    [{ environment: ['b', 'a'] }, 'byEnvironment', 'environment', ['b', 'a']],
    [{ accessKeyId: ['AKIA'] }, 'byAccessKey', 'accessKeyId', ['AKIA']],
    [{ principal: ['anna'] }, 'byPrincipal', 'principal', ['anna']],
    [{ user: ['anna'], principal: ['Admin/*'] }, 'byUser', 'user', ['anna']],
    [{ role: ['Admin'], environment: ['a'] }, 'byRole', 'role', ['Admin']],
    [{ user: ['anna'], role: ['Admin'], errorCode: ['x'] }, 'byUser', 'user', ['anna']],
    [{ errorCode: ['AccessDenied'] }, 'byErrorCode', 'errorCode', ['AccessDenied']],
    [{ errorCode: ['AccessDenied'], errors: true }, 'byErrorCode', 'errorCode', ['AccessDenied']],
    [{ eventName: ['DeleteEnvironment'] }, 'byEventName', 'eventName', ['DeleteEnvironment']],
    [{ environment: ['a'], sourceIp: ['d'], errors: true }, 'byEnvironment', 'environment', ['a']],
    // The rarer, the better: a key, a person, a rare operation, a kind of error; then the environment.
    [{ environment: ['a'], accessKeyId: ['k'], principal: ['p'] }, 'byAccessKey', 'accessKeyId', ['k']],
    [{ environment: ['a'], principal: ['p'] }, 'byPrincipal', 'principal', ['p']],
    [{ environment: ['a'], eventName: ['DeleteEnvironment'] }, 'byEventName', 'eventName', ['DeleteEnvironment']],
    [{ environment: ['a'], eventName: ['InvokeRestApi'] }, 'byEnvironment', 'environment', ['a']],
    [{ environment: ['a'], eventName: ['DeleteEnvironment', 'InvokeRestApi'] }, 'byEnvironment', 'environment', ['a']],
    // A prefix is no key.
    [{ principal: ['Admin/*'], eventName: ['c'] }, 'byEventName', 'eventName', ['c']],
    [{ principal: ['anna', 'Admin/*'], errorCode: ['x'] }, 'byErrorCode', 'errorCode', ['x']],
  ] as const)('for %j: %s', async (criteria, index, partitionKey, partitions) => {
    expect(await plan(criteria)).toMatchObject({ index, partitionKey, partitions, reading: 'merged' });
  });

  test.each([
    [{}],
    [{ errors: true as const }],
    [{ readOnly: true }],
    [{ sourceIp: ['192.0.2.1'], account: ['1'], region: ['x'], category: ['Data'] }],
    [{ principal: ['Admin/*'] }],
    [{ principal: ['*'] }],
  ])('for %j: all days with events, in turn', async (criteria) => {
    const byDay = { index: 'byDay', partitionKey: 'day', reading: 'in-turn' };
    expect(await plan(criteria)).toMatchObject({ ...byDay, partitions: DAYS.toReversed(), order: 'newest-first' });
    expect(await plan(criteria, 'oldest-first')).toMatchObject({ ...byDay, partitions: DAYS, order: 'oldest-first' });
  });

  test('the days are listed only if needed', async () => {
    const context = { order: 'newest-first' as const, days: () => Promise.reject(new Error('asked')), now: NOW };
    await expect(planQuery({ environment: ['a'] }, context)).resolves.toMatchObject({ index: 'byEnvironment' });
    await expect(planQuery({ readOnly: true }, context)).rejects.toThrow('asked');
  });

  test('a name too long for a key is truncated as it is stored', async () => {
    const long = 'x'.repeat(3000);
    const { partitions } = await plan({ environment: [long, `${long}y`] });
    expect(partitions).toEqual([storedText('environment', long), storedText('environment', `${long}y`)]);
  });
});

describe('time', () => {
  const since = '2026-11-05T12:00:00.000Z';
  const until = '2026-11-07T00:00:00.000Z';

  test.each([
    [{ since }, ['2026-11-07', '2026-11-06', '2026-11-05']],
    [{ until: '2026-11-06T00:00:00.001Z' }, ['2026-11-06', '2026-11-05', '2026-10-26', '0000-00-00']],
    [{ since, until: '2026-11-06T12:00:00.000Z' }, ['2026-11-06', '2026-11-05']],
    [{ since: '2027-01-01T00:00:00.000Z' }, []],
  ])('%j: %j', async (criteria, partitions) => {
    expect((await plan(criteria)).partitions).toEqual(partitions);
  });

  test.each([
    [{ since }, ' AND timeKey >= :from', { ':from': { S: since } }],
    [{ until }, ' AND timeKey <= :to', { ':to': { S: until } }],
    [{ since, until }, ' AND timeKey BETWEEN :from AND :to', { ':from': { S: since }, ':to': { S: until } }],
    [{}, '', {}],
  ])('%j is a condition of the key', async (times, condition, values) => {
    const input = queryInput(await plan({ environment: ['a'], ...times }), 'a', 'events');
    expect(input.KeyConditionExpression).toBe(`#partition = :partition${condition}`);
    expect(input.ExpressionAttributeValues).toEqual({
      ':partition': { S: 'a' },
      ':now': { N: String(NOW) },
      ...values,
    });
  });

  test('since is inclusive, until exclusive, whatever the eventId', () => {
    const id = fc.string({ unit: codePoint, minLength: 1 });
    const time = fc.constantFrom('2026-11-05T12:00:00.000Z', '2026-11-05T12:00:00.001Z', '2026-11-05T11:59:59.999Z');
    fc.assert(
      fc.asyncProperty(id, time, time, time, async (eventId, at, from, to) => {
        const { range } = await plan({ environment: ['a'], since: from, until: to });
        const timeKey = `${at}#${eventId}`;
        expect(timeKey >= range.from! && timeKey <= range.to!).toBe(at >= from && at < to);
      }),
    );
  });
});

describe('after a position', () => {
  const since = '2026-11-05T00:00:00.000Z';
  const until = '2026-11-07T00:00:00.000Z';
  const after = '2026-11-06T02:31:18.000Z#event-1';

  test.each([
    ['newest-first', { from: since, to: after }, ['2026-11-06', '2026-11-05']],
    ['oldest-first', { from: after, to: until }, ['2026-11-06']],
  ] as const)('%s', async (order, range, partitions) => {
    const one = await plan({ since, until }, order, after);
    expect(one).toMatchObject({ range, partitions });
    expect(queryInput(one, 'x', 'events').ScanIndexForward).toBe(order === 'oldest-first');
  });

  test('a position outside the times does not extend them', async () => {
    expect((await plan({ since, until }, 'newest-first', '2027')).range).toEqual({ from: since, to: until });
    expect((await plan({ since, until }, 'oldest-first', '2020')).range).toEqual({ from: since, to: until });
  });

  test('after the end nothing is read: DynamoDB refuses a range that ends before it begins', async () => {
    for (const criteria of [{}, { environment: ['a'] }]) {
      expect((await plan({ ...criteria, since, until }, 'newest-first', '2020')).partitions).toEqual([]);
      expect((await plan({ ...criteria, since, until }, 'oldest-first', '2027')).partitions).toEqual([]);
    }
  });
});

describe('the filter', () => {
  test('always excludes expired events', async () => {
    const { filter } = await plan({ environment: ['a'] });
    expect(filter).toEqual({
      expression: UNEXPIRED,
      names: {},
      values: { ':now': { N: String(NOW) } },
      selective: false,
    });
  });

  test.each([
    [{ errors: true as const }, 'attribute_exists(errorCode)'],
    [{ readOnly: false }, 'listed.readOnly = false'],
    [{ changes: true }, 'listed.access = "write"'],
    [{ changes: false }, 'listed.access = "read"'],
    [{ mfa: false }, 'listed.mfa = false'],
    [{ sourceIp: ['a'] }, '(listed.sourceIp IN ("a"))'],
    [{ account: ['1', '2'] }, '(listed.accountId IN ("1", "2"))'],
    [{ category: ['Data'] }, '(listed.eventCategory IN ("Data"))'],
    [{ principalType: ['Root'] }, '(listed.principalType IN ("Root"))'],
    [{ principal: ['Admin/*'] }, '(begins_with(principal, "Admin/"))'],
    [{ principal: ['anna', 'Admin/*'] }, '(principal IN ("anna") OR begins_with(principal, "Admin/"))'],
    [{ principal: ['*'] }, '(attribute_exists(principal))'],
    [{ environment: ['a*'], principal: ['*'] }, '(attribute_exists(principal))'],
    [{ user: ['a'], role: ['R*'] }, '(begins_with(role, "R"))'],
    [{ target: ['orders_daily', 'x*'] }, '(listed.target IN ("orders_daily") OR begins_with(listed.target, "x"))'],
    [{ param: ['A', 'B'] }, '(contains(listed.parameters, "A") OR contains(listed.parameters, "B"))'],
    [{ exclude: ['user=a', 'user=b*'] }, 'NOT (user IN ("a") OR begins_with(user, "b"))'],
    [{ exclude: ['action=dag.list'] }, 'NOT (listed.action IN ("dag.list"))'],
    [{ exclude: ['target=*'] }, 'NOT (attribute_exists(listed.target))'],
    [{ exclude: ['sourceIp=192.0.2.1'] }, 'NOT (listed.sourceIp IN ("192.0.2.1"))'],
  ])('%j: %s', async (criteria, condition) => {
    expect(await conditionsOf(criteria)).toEqual([condition]);
    expect((await plan(criteria)).filter.selective).toBe(true);
  });

  test('all conditions apply', async () => {
    const criteria = { environment: ['a'], sourceIp: ['b'], region: ['c'], errors: true, exclude: ['user=d'] };
    expect(await conditionsOf(criteria)).toEqual(
      [
        ...['(listed.region IN ("c"))', '(listed.sourceIp IN ("b"))', 'NOT (user IN ("d"))'],
        'attribute_exists(errorCode)',
      ].sort(),
    );
  });

  test('what is excluded of the key of the index is not looked up: DynamoDB accepts no filter on it', async () => {
    const criteria = { user: ['anna', 'ben', 'bob'], exclude: ['user=anna', 'user=bo*', 'sourceIp=10.0.0.0/8'] };
    const all = await plan(criteria);
    expect(all).toMatchObject({ index: 'byUser', partitions: ['ben'], filter: { selective: false } });
    expect(all.sources).toEqual({ wanted: [], excluded: ['10.0.0.0/8'] });
  });

  test('only a star at the end of a principal makes a prefix', async () => {
    expect(await plan({ principal: ['a*b'] })).toMatchObject({ index: 'byPrincipal', partitions: ['a*b'] });
    expect(await plan({ environment: ['a*'] })).toMatchObject({ index: 'byEnvironment', partitions: ['a*'] });
  });
});

describe('what DynamoDB demands of any query', () => {
  const text = fc.oneof(fc.string({ unit: codePoint, minLength: 1 }), fc.constantFrom('*', 'a*', 'x'.repeat(3000)));
  const time = fc.constantFrom('2026-11-05T12:00:00.000Z', '2026-11-06T00:00:00.000Z');
  const criteria = fc.record(
    {
      ...(Object.fromEntries(
        TEXT_CRITERION_NAMES.map((name) => [name, fc.uniqueArray(text, { minLength: 1, maxLength: 3 })]),
      ) as Record<(typeof TEXT_CRITERION_NAMES)[number], fc.Arbitrary<string[]>>),
      errors: fc.constant(true as const),
      readOnly: fc.boolean(),
      changes: fc.boolean(),
      mfa: fc.boolean(),
      exclude: fc.uniqueArray(
        fc.tuple(fc.constantFrom(...TEXT_CRITERION_NAMES), text).map((pair) => pair.join('=')),
        { minLength: 1, maxLength: 4 },
      ),
      since: time,
      until: time,
    },
    { requiredKeys: [] },
  );

  test('every name and value is defined and used, none is empty, and the filter is not about the key', async () => {
    await fc.assert(
      fc.asyncProperty(criteria, async (asked) => {
        const all = await plan(asked);
        for (const partition of all.partitions) {
          const input = queryInput(all, partition, 'events');
          const text = `${input.KeyConditionExpression} ${input.FilterExpression}`;
          expect(new Set(text.match(/#\w+/g))).toEqual(new Set(Object.keys(input.ExpressionAttributeNames!)));
          expect(new Set(text.match(/:\w+/g))).toEqual(new Set(Object.keys(input.ExpressionAttributeValues!)));
          for (const value of Object.values(input.ExpressionAttributeValues!)) expect(value.S).not.toBe('');
          expect([...Object.values(all.filter.names), ...(all.filter.expression.match(/\w+/g) ?? [])]).not.toContain(
            all.partitionKey,
          );
          expect(input.FilterExpression).not.toMatch(/timeKey|eventId/);
          expect(Buffer.byteLength(input.FilterExpression!)).toBeLessThanOrEqual(4096);
          expect(Buffer.byteLength(partition)).toBeLessThanOrEqual(2048);
          expect(input).toMatchObject({ TableName: 'events', IndexName: all.index, ScanIndexForward: false });
        }
        expect(new Set(all.partitions).size).toBe(all.partitions.length);
      }),
    );
  });
});

describe('the maximum number of values', () => {
  const values = Array.from({ length: 100 }, (_, i) => `${i}*`);
  const excluding = (name: string) => values.map((value) => `${name}=${value}`);
  /** One value of each filter, wanted and excluded, and the rest of the values in the filter whose conditions are the longest. */
  const ofEach = (name: TextCriterion): Criteria => {
    const others = TEXT_CRITERION_NAMES.filter((other) => other !== name);
    return {
      ...Object.fromEntries(others.map((other) => [other, ['a*']])),
      exclude: [...others.map((other) => `${other}=b*`), ...excluding(name).slice(2 * others.length)],
      ...{ changes: true, errors: true, mfa: true, readOnly: true },
    };
  };

  test.each<[string, Criteria]>([
    ['prefixes of an index key', { principal: values }],
    ['prefixes', { target: values }],
    ['elements of a list', { param: values }],
    ['excluded prefixes', { exclude: excluding('target') }],
    ['excluded elements', { exclude: excluding('param') }],
    ['each filter, and excluded prefixes', ofEach('userAgent')],
    ['each filter, and excluded elements', ofEach('param')],
  ])('fits into an expression of 4 KB and 300 operators: %s', async (_, criteria) => {
    const { expression } = (await plan(criteria)).filter;
    expect(Buffer.byteLength(expression)).toBeLessThanOrEqual(4096);
    expect(expression.match(/AND|OR|NOT|IN|=|<>|>|[a-z_]+(?=\()/g)!.length).toBeLessThanOrEqual(300);
  });
});
