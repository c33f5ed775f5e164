import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { daysBetween } from '../../shared/cloudtrail/times.ts';
import type { Coverage } from '../../shared/query/coverage.ts';
import {
  COVERAGE_CSV_HEADER,
  CoverageMap,
  coverageColumns,
  coverageCsv,
  coverageRow,
  coverageTable,
} from '../../shared/render/coverage.ts';
import { daysPerCell } from '../../shared/render/coverage-cells.ts';
import type { View } from '../../shared/render/view.ts';

const PLAIN: View = { colour: false, times: { kind: 'absolute', zone: 'UTC', now: 0 } };

function coverage(day: string, counts: Partial<Coverage> = {}): Coverage {
  const none = { ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 };
  return { account: '111122223333', region: 'eu-west-1', day, ...none, ...counts };
}

function mapOf(first: string, last: string, rows: readonly Coverage[], view: Partial<View> = {}): string[] {
  const map = new CoverageMap(daysBetween(first, last), { ...PLAIN, ...view });
  map.add(rows);
  return map.text().split('\n');
}

const cellsOf = (line: string) => line.split('  ')[1]!;

test('each state of a day has its sign, and the worst shows', () => {
  const [axis, line] = mapOf('2026-10-29', '2026-11-07', [
    coverage('2026-10-30', { ingested: 3, verified: 3 }),
    coverage('2026-10-31', { ingested: 3, verified: 2 }),
    coverage('2026-11-01', { ingested: 3, verified: 3, missing: 1, delivered: 4 }),
    coverage('2026-11-02', { ingested: 3, failed: 1, missing: 1 }),
    coverage('2026-11-03', { ingested: 3, partly: 1 }),
    coverage('2026-11-04', { quarantined: 1 }),
    coverage('2026-11-05', { ingested: 2, altered: 1, quarantined: 1 }),
    coverage('2026-11-06', { delivered: 1, underway: 1 }),
    coverage('2026-11-07', { delivered: 1, discarded: 1 }),
    coverage('2026-11-08', { quarantined: 1 }),
  ]);
  expect(axis).toBe(`${' '.repeat(24)}2026-10`);
  expect(line).toBe('111122223333 eu-west-1  ·#o?!!!Xo·');
});

test('the axis names the months that fit', () => {
  const [axis] = mapOf('2026-10-20', '2026-12-02', [coverage('2026-10-30')], { width: 100 });
  expect(axis!.slice(24)).toBe('2026-10     2026-11                       2026-12');
});

test('cells are weeks if days do not fit, and show the worst', () => {
  const rows = [coverage('2026-01-08', { ingested: 1, verified: 1 }), coverage('2026-01-14', { failed: 1 })];
  const lines = mapOf('2026-01-01', '2026-03-31', rows, { width: 80 });
  expect(cellsOf(lines[1]!)).toBe('·!···········');
  expect(lines.join('\n')).toContain('a cell is a week');
});

test('signs differ without colour, and colour changes nothing else', () => {
  const rows = [coverage('2026-01-08', { ingested: 1 }), coverage('2026-01-09', { altered: 1 })];
  const plain = mapOf('2026-01-01', '2026-01-31', rows);
  const coloured = mapOf('2026-01-01', '2026-01-31', rows, { colour: true });
  expect(plain.join('\n')).not.toContain('\u001b');
  expect(coloured[1]).toContain('\u001b[');
  expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
});

test('without log files there is no map', () => {
  expect(mapOf('2026-01-01', '2026-01-31', [])).toEqual(['']);
});

test('it fits the terminal, whatever the time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 40, max: 300 }), (more, width) => {
      const last = new Date(Date.parse('2015-01-01') + more * 86_400_000).toISOString().slice(0, 10);
      const lines = mapOf('2015-01-01', last, [coverage('2015-01-01', { altered: 1 })], { width });
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(cellsOf(lines[1]!).startsWith('X')).toBe(true);
      expect(cellsOf(lines[1]!)).toHaveLength(Math.ceil((more + 1) / daysPerCell(more + 1, width - 24)));
    }),
    { numRuns: 50 },
  );
});

test('cells are days, or the fewest whole weeks', () => {
  expect([daysPerCell(50, 50), daysPerCell(51, 50), daysPerCell(351, 50), daysPerCell(1, 1)]).toEqual([1, 7, 14, 1]);
});

test('the table has the counts of the bucket only when there is one', () => {
  expect(coverageColumns(false)).not.toContain('MISSING');
  const row = coverage('2026-11-10', { delivered: 2, ingested: 1, missing: 1, underway: 0, gone: 0 });
  expect(coverageTable([row], true, PLAIN)).toBe(
    'DAY         ACCOUNT       REGION     DELIVERED  INGESTED  PARTLY  VERIFIED  ALTERED  QUARANTINED  FAILED  MISSING  UNDERWAY  GONE  DISCARDED\n' +
      '2026-11-10  111122223333  eu-west-1          2         1       0         0        0            0       0        1         0     0          0\n',
  );
  expect(coverageRow(row, false)).toHaveLength(coverageColumns(false).length);
  expect(coverageRow(row, true)).toContainEqual({ text: 1, style: 'yellow' });
});

test('CSV always has the same columns', () => {
  expect(COVERAGE_CSV_HEADER).toBe(
    'account,region,day,delivered,ingested,partly,verified,altered,quarantined,failed,missing,underway,gone,discarded\r\n',
  );
  expect(coverageCsv(coverage('2026-11-10', { account: '-', ingested: 1 }))).toBe(
    "'-,eu-west-1,2026-11-10,,1,0,0,0,0,0,,,,0\r\n",
  );
});
