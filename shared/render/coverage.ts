import type { Coverage } from '../query/coverage.ts';
import { csvRow } from './csv.ts';
import { type Cell, textTable } from './table.ts';
import type { Style, View } from './view.ts';

type Count = Exclude<keyof Coverage, 'account' | 'region' | 'day'>;

/** The counts, in the order in which people read them; those of the bucket are there only when one was compared with. */
const COUNTS: readonly { name: Count; ofBucket?: true; style?: Style }[] = [
  { name: 'delivered', ofBucket: true },
  { name: 'ingested' },
  { name: 'partly', style: 'red' },
  { name: 'verified' },
  { name: 'altered', style: ['bold', 'red'] },
  { name: 'quarantined', style: 'red' },
  { name: 'failed', style: 'red' },
  { name: 'missing', ofBucket: true, style: 'yellow' },
  { name: 'underway', ofBucket: true },
  { name: 'gone', ofBucket: true },
  { name: 'discarded' },
];

const shownCounts = (withBucket: boolean) => COUNTS.filter(({ ofBucket }) => withBucket || !ofBucket);

/** The columns of a table of coverage. */
export function coverageColumns(withBucket: boolean): string[] {
  return ['DAY', 'ACCOUNT', 'REGION', ...shownCounts(withBucket).map(({ name }) => name.toUpperCase())];
}

/** A line of such a table. */
export function coverageRow(coverage: Coverage, withBucket: boolean): Cell[] {
  const { day, account, region } = coverage;
  const counts = shownCounts(withBucket).map(({ name, style }) => {
    const count = coverage[name] ?? 0;
    return style && count > 0 ? { text: count, style } : count;
  });
  return [day, account, region, ...counts];
}

/** A whole table, with a line break at the end. */
export function coverageTable(rows: readonly Coverage[], withBucket: boolean, view: View): string {
  return `${textTable(
    coverageColumns(withBucket),
    rows.map((row) => coverageRow(row, withBucket)),
    view,
  )}\n`;
}

/** Columns of CSV, header row included; counts that were not made are empty. */
export const COVERAGE_CSV_HEADER = csvRow(['account', 'region', 'day', ...COUNTS.map(({ name }) => name)]);

export function coverageCsv(coverage: Coverage): string {
  const { account, region, day } = coverage;
  return csvRow([account, region, day, ...COUNTS.map(({ name }) => String(coverage[name] ?? ''))]);
}
