import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  countsInWords,
  coverageDays,
  coverageGrid,
  eventsOf,
  filterLines,
  isSilent,
  SORTS,
  sortLines,
  totalOf,
} from '../../console/src/pages/trust/coverage-grid.ts';
import { daysBetween } from '../../shared/cloudtrail/times.ts';
import type { Coverage } from '../../shared/query/coverage.ts';
import { deliveryDays } from '../../shared/query/coverage.ts';
import { type CoverageCounts, coverageLevel, severityOf } from '../../shared/render/coverage-cells.ts';

const NONE = { ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 };
const ACCOUNT = '111122223333';

const row = (day: string, counts: Partial<CoverageCounts>, region = 'eu-west-1', account = ACCOUNT): Coverage => ({
  account,
  region,
  day,
  ...NONE,
  ...counts,
});

const aCount = fc.nat({ max: 3 });
const someDay = fc.integer({ min: 0, max: 399 });
const someRows = fc.uniqueArray(
  fc.record({
    account: fc.constantFrom('111122223333', '444455556666'),
    region: fc.constantFrom('eu-west-1', 'us-east-1'),
    at: someDay,
    counts: fc.record({ ingested: aCount, partly: aCount, altered: aCount, quarantined: aCount, failed: aCount }),
  }),
  { selector: ({ account, region, at }) => `${account} ${region} ${at}` },
);

describe('the days', () => {
  const now = Date.parse('2026-11-26T12:00:00Z');

  test.each([
    ['3d', undefined, ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26']],
    ['2026-11-25', undefined, ['2026-11-25', '2026-11-26']],
    ['2026-11-25', '2026-11-26', ['2026-11-25']],
    ['2026-11-25T10:00:00Z', '2026-11-26T00:00:00.001Z', ['2026-11-25', '2026-11-26']],
    ['yesterday', undefined, []],
    ['2026-11-26', '2026-11-25', []],
  ])('from %s to %s', (since, until, days) => {
    expect(coverageDays(since, until, now)).toEqual(days);
  });

  test('are those that the API reads', () => {
    const time = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-11-26'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [since = '', until = ''] = [a.toISOString(), b.toISOString()].sort();
        expect(coverageDays(since, until, now)).toEqual(deliveryDays(since, until, now));
        expect(coverageDays(since, undefined, now)).toEqual(deliveryDays(since, undefined, now));
      }),
    );
  });
});

describe('the grid', () => {
  test('has a cell for each day, also for those without log files', () => {
    const [line] = coverageGrid(
      [row('2026-11-02', { ingested: 2, verified: 2 })],
      [],
      daysBetween('2026-11-01', '2026-11-03'),
    );
    expect(line).toMatchObject({ account: ACCOUNT, region: 'eu-west-1', attention: 0, newest: undefined });
    expect(line?.cells.map(({ from, level }) => `${from} ${level}`)).toEqual([
      '2026-11-01 none',
      '2026-11-02 verified',
      '2026-11-03 none',
    ]);
  });

  test('has a line for what has been silent all the time', () => {
    const newest = { account: ACCOUNT, region: 'us-east-1', deliveredAt: '2026-09-01T00:00:00.000Z' };
    const [line] = coverageGrid([], [newest], ['2026-11-01']);
    expect(line).toMatchObject({ region: 'us-east-1', newest: newest.deliveredAt, cells: [{ level: 'none' }] });
    expect([
      isSilent(line!, Date.parse('2026-09-01T23:00:00Z')),
      isSilent(line!, Date.parse('2026-09-02T01:00:00Z')),
    ]).toEqual([false, true]);
  });

  test('whatever the days, no log file is lost, and the worst day of a cell shows', () => {
    fc.assert(
      fc.property(someRows, fc.integer({ min: 1, max: 400 }), (given, count) => {
        const days = daysBetween('2026-01-01', '2027-12-31').slice(0, count);
        const rows = given
          .filter(({ at }) => at < count)
          .map(({ account, region, at, counts }) => row(days[at]!, counts, region, account));
        const cells = coverageGrid(rows, [], days).flatMap((line) => line.cells);
        expect(totalOf(cells.map(({ counts }) => counts))).toEqual(totalOf(rows));
        const worst = Math.max(0, ...rows.map((one) => severityOf(coverageLevel(one))));
        expect(Math.max(0, ...cells.map(({ level }) => severityOf(level)))).toBe(worst);
        for (const line of coverageGrid(rows, [], days)) {
          expect(line.cells.length).toBeLessThanOrEqual(92);
          expect(line.cells.flatMap(({ from, to }) => daysBetween(from, to))).toEqual(days);
        }
      }),
    );
  });
});

describe('the lines', () => {
  const days = ['2026-11-01'];
  const marks = ['eu-west-1', 'us-east-1', 'us-west-2'].map((region, i) => ({
    account: ACCOUNT,
    region,
    deliveredAt: `2026-11-0${3 - i}T00:00:00.000Z`,
  }));
  const lines = coverageGrid(
    [row('2026-11-01', { ingested: 2, verified: 2 }), row('2026-11-01', { failed: 1 }, 'us-east-1')],
    marks,
    days,
  );

  test.each([
    ['attention', ['us-east-1', 'eu-west-1', 'us-west-2']],
    ['silence', ['us-west-2', 'us-east-1', 'eu-west-1']],
    ['name', ['eu-west-1', 'us-east-1', 'us-west-2']],
  ] as const)('by %s', (sort, regions) => {
    expect(SORTS).toContain(sort);
    expect(sortLines(lines.toReversed(), sort).map(({ region }) => region)).toEqual(regions);
  });

  test.each([
    ['', 3],
    ['us-', 2],
    ['1111 WEST-2', 1],
    ['1111 4444', 0],
  ])('with %j', (text, count) => {
    expect(filterLines(lines, text)).toHaveLength(count);
  });
});

test.each([
  [{}, 'No log files'],
  [{ ingested: 1 }, '1 log file: 1 ingested, none verified'],
  [{ ingested: 1200, verified: 1200 }, '1,200 log files: 1,200 ingested (1,200 verified)'],
  [
    { ingested: 30, verified: 28, altered: 1, partly: 2, quarantined: 1, failed: 3, discarded: 1 },
    '35 log files: 30 ingested (28 verified, 1 altered: CloudTrail signed other content, 2 partly: some records in quarantine), ' +
      '1 quarantined as a whole, 3 failed: not read yet, 1 discarded',
  ],
])('%j in words', (counts, words) => {
  expect(countsInWords({ ...NONE, ...counts })).toBe(words);
});

test.each([
  [
    '111122223333',
    'account=111122223333&region=eu-west-1&since=2026-11-01T00%3A00%3A00.000Z&until=2026-11-08T00%3A00%3A00.000Z',
  ],
  ['-', 'region=eu-west-1&since=2026-11-01T00%3A00%3A00.000Z&until=2026-11-08T00%3A00%3A00.000Z'],
])('the events of a cell of account %s', (account, params) => {
  const line = { account, region: 'eu-west-1', cells: [], attention: 0, newest: undefined };
  const cell = { from: '2026-11-01', to: '2026-11-07', counts: NONE, level: 'none' } as const;
  expect(eventsOf(line, cell).toString()).toBe(params);
});
