import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Criteria, TEXT_CRITERIA } from '../../shared/query/criteria.ts';
import { planQuery, queryInput } from '../../shared/query/plan.ts';
import { storedText } from '../../shared/store/event-item.ts';

const NOW = 1_795_176_000;
const DAYS = ['0000-00-00', '2026-10-26', '2026-11-05', '2026-11-06', '2026-11-07'];
const plan = (criteria: Criteria) => planQuery(criteria, async () => DAYS, NOW);
const UNEXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';

describe('the index', () => {
  test.each([
    [{ environment: ['prod-etl'] }, 'byEnvironment', 'environment', ['prod-etl']],
    [{ environment: ['b', 'a'] }, 'byEnvironment', 'environment', ['b', 'a']],
    [{ accessKeyId: ['AKIA'] }, 'byAccessKey', 'accessKeyId', ['AKIA']],
    [{ principal: ['anna'] }, 'byPrincipal', 'principal', ['anna']],
    [{ errorCode: ['AccessDenied'] }, 'byErrorCode', 'errorCode', ['AccessDenied']],
    [{ errorCode: ['AccessDenied'], errors: true }, 'byErrorCode', 'errorCode', ['AccessDenied']],
    [{ eventName: ['DeleteEnvironment'] }, 'byEventName', 'eventName', ['DeleteEnvironment']],
    [
      { environment: ['a'], principal: ['b'], eventName: ['c'], sourceIp: ['d'] },
      'byEnvironment',
      'environment',
      ['a'],
    ],
    [{ principal: ['Admin/*'], eventName: ['c'] }, 'byEventName', 'eventName', ['c']],
    [{ principal: ['anna', 'Admin/*'], errorCode: ['x'] }, 'byErrorCode', 'errorCode', ['x']],
  ] as const)('for %j: %s', async (criteria, index, partitionKey, partitions) => {
    expect(await plan(criteria)).toMatchObject({ index, partitionKey, partitions, order: 'by-time' });
  });

  test.each([
    [{}],
    [{ errors: true }],
    [{ readOnly: true }],
    [{ sourceIp: ['192.0.2.1'], account: ['1'], region: ['x'], category: ['Data'] }],
    [{ principal: ['Admin/*'] }],
    [{ principal: ['*'] }],
  ])('for %j: all days with events, newest first', async (criteria) => {
    expect(await plan(criteria)).toMatchObject({
      index: 'byDay',
      partitionKey: 'day',
      partitions: [...DAYS].reverse(),
      order: 'in-turn',
    });
  });

  test('the days are asked only when they are needed', async () => {
    const days = () => Promise.reject(new Error('asked'));
    await expect(planQuery({ environment: ['a'] }, days, NOW)).resolves.toMatchObject({ index: 'byEnvironment' });
    await expect(planQuery({ readOnly: true }, days, NOW)).rejects.toThrow('asked');
  });

  test('a name too long for a key is asked for as it is stored', async () => {
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
    const id = fc.string({ unit: 'binary', minLength: 1 });
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

describe('the filter', () => {
  const filterOf = async (criteria: Criteria) => (await plan(criteria)).filter!;

  test('always leaves out what has expired', async () => {
    expect(await filterOf({ environment: ['a'] })).toEqual({
      expression: UNEXPIRED,
      names: {},
      values: { ':now': { N: String(NOW) } },
    });
  });

  test.each([
    [{ errors: true }, 'attribute_exists(errorCode)', {}],
    [{ readOnly: false }, 'readOnly = :readOnly', { ':readOnly': { BOOL: false } }],
    [{ sourceIp: ['a'] }, '(#sourceIp IN (:sourceIp0))', { ':sourceIp0': { S: 'a' } }],
    [
      { account: ['1', '2'] },
      '(#accountId IN (:accountId0, :accountId1))',
      { ':accountId0': { S: '1' }, ':accountId1': { S: '2' } },
    ],
    [{ category: ['Data'] }, '(#eventCategory IN (:eventCategory0))', { ':eventCategory0': { S: 'Data' } }],
    [{ principal: ['Admin/*'] }, '(begins_with(#principal, :principal0))', { ':principal0': { S: 'Admin/' } }],
    [
      { principal: ['anna', 'Admin/*'] },
      '(#principal IN (:principal0) OR begins_with(#principal, :principal1))',
      { ':principal0': { S: 'anna' }, ':principal1': { S: 'Admin/' } },
    ],
    [{ principal: ['*'] }, '(attribute_exists(#principal))', {}],
  ])('%j: %s', async (criteria, condition, values) => {
    const filter = await filterOf(criteria);
    expect(filter.expression).toBe(`${UNEXPIRED} AND ${condition}`);
    expect(filter.values).toEqual({ ':now': { N: String(NOW) }, ...values });
  });

  test('a star that is not at the end is a star', async () => {
    const { filter, index } = await plan({ environment: ['a*'], principal: ['a*b'] });
    expect(index).toBe('byEnvironment');
    expect(filter!.values).toMatchObject({ ':principal0': { S: 'a*b' } });
  });
});

describe('what DynamoDB demands of any query', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('*', 'a*', 'x'.repeat(3000)));
  const names = Object.keys(TEXT_CRITERIA) as (keyof typeof TEXT_CRITERIA)[];
  const time = fc.constantFrom('2026-11-05T12:00:00.000Z', '2026-11-06T00:00:00.000Z');
  const criteria = fc.record(
    {
      ...(Object.fromEntries(
        names.map((name) => [name, fc.uniqueArray(text, { minLength: 1, maxLength: 3 })]),
      ) as Record<(typeof names)[number], fc.Arbitrary<string[]>>),
      errors: fc.constant(true),
      readOnly: fc.boolean(),
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
          expect(input.FilterExpression).not.toMatch(new RegExp(`#${all.partitionKey}\\b|timeKey|eventId`));
          expect(Buffer.byteLength(partition)).toBeLessThanOrEqual(2048);
          expect(input).toMatchObject({ TableName: 'events', IndexName: all.index, ScanIndexForward: false });
        }
        expect(new Set(all.partitions).size).toBe(all.partitions.length);
      }),
    );
  });
});
