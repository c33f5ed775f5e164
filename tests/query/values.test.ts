import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCriteria } from '../../shared/query/criteria.ts';
import { ValueCounts, withoutCriterion } from '../../shared/query/values.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { listedEvent } from '../support/listed-event.ts';

/** @param newestFirst times fall, as they are read */
function valuesOf(of: 'user' | 'param', newestFirst: readonly ListedEvent[]) {
  const counts = new ValueCounts(of);
  for (const event of newestFirst) counts.add(event);
  return counts.of(false);
}

const names = ['ana', 'ben', '__proto__', 'constructor', ''];
const events = fc
  .array(
    fc.record({
      user: fc.option(fc.constantFrom(...names), { nil: undefined }),
      parameters: fc.array(fc.constantFrom(...names), { maxLength: 4 }),
      outcome: fc.constantFrom<ListedEvent['outcome']>('ok', 'denied', 'failed'),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map(({ user, ...members }, i) => {
      const eventTime = new Date(Date.parse('2026-11-06T00:00:00Z') - 1000 * i).toISOString();
      return listedEvent({ ...members, ...(user !== undefined && { user }), eventTime, timeKey: `${eventTime}#${i}` });
    }),
  );

describe('the values of a criterion', () => {
  test.each([
    ['user', ({ user }: ListedEvent) => (user === undefined ? [] : [user])],
    ['param', ({ parameters }: ListedEvent) => [...parameters]],
  ] as const)('%s: are those of the events, counted', (of, namesIn) => {
    fc.assert(
      fc.property(events, (all) => {
        const list = valuesOf(of, all);
        expect(list).toMatchObject({ of, events: all.length, leftOut: 0, truncated: false });
        const expected = [...new Set(all.flatMap(namesIn))].map((name) => {
          const having = all.filter((event) => namesIn(event).includes(name));
          return {
            name,
            events: having.length,
            errors: having.filter(({ outcome }) => outcome !== 'ok').length,
            first: having.at(-1)?.eventTime,
            last: having[0]?.eventTime,
          };
        });
        const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
        expect([...list.values].sort(byName)).toEqual(expected.sort(byName));
        const counts = list.values.map((value) => value.events);
        expect(counts).toEqual(counts.toSorted((a, b) => b - a));
      }),
    );
  });

  test('are at most 200, those of most events; the events of the others are counted', () => {
    // The n-th has n events.
    const all = Array.from({ length: 203 }, (_, n) =>
      Array.from({ length: n + 1 }, () => listedEvent({ user: `u${n}` })),
    );
    const { values, leftOut, events } = valuesOf('user', all.flat());
    expect(values.map(({ name }) => name)).toEqual(Array.from({ length: 200 }, (_, i) => `u${202 - i}`));
    expect([leftOut, events]).toEqual([1 + 2 + 3, (203 * 204) / 2]);
  });
});

test.each([
  [{ user: ['ana'], environment: ['prod'] }, { environment: ['prod'] }],
  [{ user: ['a*'], exclude: ['user=ana'] }, {}],
  [
    { exclude: ['user=ana', 'role=Admin', 'user=b=c'], errors: true },
    { exclude: ['role=Admin'], errors: true },
  ],
  [
    { since: '2026-11-01', mfa: false, session: ['user'] },
    { since: '2026-11-01T00:00:00.000Z', mfa: false, session: ['user'] },
  ],
])('criteria without what %j says of the user', (given, expected) => {
  const criteria = readCriteria(given, 0);
  expect(withoutCriterion(criteria, 'user')).toEqual(expected);
});
