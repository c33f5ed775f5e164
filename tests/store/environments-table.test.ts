import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KnownEnvironment, noteEvent, type SeenEnvironments } from '../../shared/store/environments-table.ts';
import { storedText } from '../../shared/store/event-item.ts';
import { codePoint } from '../support/code-point.ts';

interface Place {
  timeKey: string;
  day: string;
  environment?: string;
  accountId?: string;
  region?: string;
}

const eventAt = (time: string, rest: Omit<Place, 'timeKey' | 'day'> = {}): Place => ({
  timeKey: `${time}#id`,
  day: time.slice(0, 10),
  ...rest,
});

function seenIn(events: readonly Place[]) {
  const seen: SeenEnvironments = { environments: new Map(), days: new Set() };
  for (const event of events) noteEvent(seen, event);
  return seen;
}

const time = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('what a log file shows of environments', () => {
  test('days of all events, and first and last time of each environment in its account and Region', () => {
    const places = fc.record(
      {
        environment: fc.constantFrom('a', 'b'),
        accountId: fc.constantFrom('1', '2'),
        region: fc.constantFrom('x', 'y'),
      },
      { requiredKeys: [] },
    );
    const events = fc.array(fc.tuple(time, places).map(([at, place]) => eventAt(at, place)));
    fc.assert(
      fc.property(events, (all) => {
        const { environments, days } = seenIn(all);
        expect([...days].sort()).toEqual([...new Set(all.map(({ day }) => day))].sort());
        const found = [...environments.values()];
        for (const { environment, accountId, region, firstEventTime, lastEventTime } of found) {
          const times = all
            .filter((e) => e.environment === environment && e.accountId === accountId && e.region === region)
            .map(({ timeKey }) => timeKey.slice(0, 24))
            .sort();
          expect([firstEventTime, lastEventTime]).toEqual([times[0], times.at(-1)]);
        }
        const names = new Set(
          all.flatMap((e) => (e.environment === undefined ? [] : [[e.environment, e.accountId, e.region].join()])),
        );
        expect(found.length).toBe(names.size);
      }),
    );
  });

  test('whatever they are called, keys and attributes fit into the table', () => {
    const name = fc.oneof(
      fc.string({ unit: codePoint, minLength: 1 }),
      fc
        .tuple(fc.constantFrom('!', ' ', '\0', 'x', 'é', '💡'), fc.integer({ min: 1, max: 3000 }))
        .map(([unit, count]) => unit.repeat(count)),
    );
    fc.assert(
      fc.property(name, name, name, (environment, accountId, region) => {
        const { environments } = seenIn([eventAt('2026-11-06T02:31:18.000Z', { environment, accountId, region })]);
        const [[key, stored]] = [...environments] as [[string, KnownEnvironment]];
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
        // The name that a query finds its events by.
        expect(stored.environment).toBe(storedText('environment', environment));
        expect(Buffer.byteLength(`${stored.accountId}${stored.region}`)).toBeLessThanOrEqual(2 * 4096);
      }),
      { numRuns: 300 },
    );
  });

  test('the longest key is made of characters that must be escaped', () => {
    const hostile = { environment: '!'.repeat(384), accountId: '!'.repeat(64), region: '!'.repeat(64) };
    const [key] = seenIn([eventAt('2026-11-06T02:31:18.000Z', hostile)]).environments.keys();
    expect(Buffer.byteLength(key!)).toBeLessThanOrEqual(1024);
  });

  test('no name reaches the item of another environment', () => {
    const part = fc.string({ unit: fc.constantFrom(' ', '!', 'a', 'P', 'Q'), minLength: 1, maxLength: 4 });
    const place = fc.record({ environment: part, accountId: part, region: part });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const at = '2026-11-06T02:31:18.000Z';
        const same =
          one.environment === other.environment && one.accountId === other.accountId && one.region === other.region;
        expect(seenIn([eventAt(at, one), eventAt(at, other)]).environments.size).toBe(same ? 1 : 2);
      }),
    );
  });
});
