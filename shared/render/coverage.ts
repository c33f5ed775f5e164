import type { Coverage } from '../query/coverage.ts';
import { csvRow } from './csv.ts';
import { displayText } from './display.ts';
import { type Cell, styled, textTable } from './table.ts';
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

/** What a cell says, the mildest first: of several days in a cell, and of several things on a day, the worst shows. */
const LEVELS = [
  { sign: '·', says: 'no log files', style: 'dim' },
  { sign: '#', says: 'verified', style: 'green' },
  { sign: 'o', says: 'not verified', style: 'cyan' },
  { sign: '?', says: 'missing', style: 'yellow' },
  { sign: '!', says: 'quarantined or failed', style: 'red' },
  { sign: 'X', says: 'altered', style: ['bold', 'red'] },
] as const satisfies readonly { sign: string; says: string; style: Style }[];

type Sign = (typeof LEVELS)[number]['sign'];

function signOf({ delivered = 0, missing = 0, ...counts }: Coverage): Sign {
  const { ingested, partly, verified, altered, quarantined, failed, discarded } = counts;
  if (altered > 0) return 'X';
  if (quarantined + failed + partly > 0) return '!';
  if (missing > 0) return '?';
  if (ingested === 0 && delivered <= discarded) return '·';
  return verified === ingested && ingested > 0 ? '#' : 'o';
}

const levelOf = (row: Coverage) => LEVELS.findIndex(({ sign }) => sign === signOf(row));

const DEFAULT_WIDTH = 80;
/** Of `ACCOUNT REGION`, with the gap behind it. */
const MIN_CELLS = 14;
const GAP = '  ';

/** A heat map: a line for each account and Region, a cell for each day, or for each so many weeks where days do not fit. */
export class CoverageMap {
  private readonly days: readonly string[];
  private readonly view: View;
  private readonly index: ReadonlyMap<string, number>;
  /** The worst level of each day, by account and Region. */
  private readonly lines = new Map<string, Uint8Array>();

  /** @param days `YYYY-MM-DD`, all of the time that is shown */
  constructor(days: readonly string[], view: View) {
    this.days = days;
    this.view = view;
    this.index = new Map(days.map((day, i) => [day, i]));
  }

  add(rows: readonly Coverage[]): void {
    for (const row of rows) {
      const day = this.index.get(row.day);
      if (day === undefined) continue;
      const label = displayText(`${row.account} ${row.region}`);
      const line = this.lines.get(label) ?? new Uint8Array(this.days.length);
      line[day] = Math.max(line[day]!, levelOf(row));
      this.lines.set(label, line);
    }
  }

  /** The map with its axis above and its legend below; nothing when there are no log files. */
  text(): string {
    if (this.lines.size === 0) return '';
    const labels = [...this.lines.keys()].sort();
    const labelWidth = Math.max(...labels.map((label) => label.length));
    const width = this.view.width ?? DEFAULT_WIDTH;
    const room = Math.max(MIN_CELLS, width - labelWidth - GAP.length);
    const perCell = daysPerCell(this.days.length, room);
    const lines = labels.map((label) => label.padEnd(labelWidth) + GAP + this.cells(this.lines.get(label)!, perCell));
    const axis =
      ' '.repeat(labelWidth) +
      GAP +
      monthAxis(
        this.days.filter((_, i) => i % perCell === 0),
        room,
      );
    return `${[axis.trimEnd(), ...lines, '', ...this.legend(perCell, width)].join('\n')}\n`;
  }

  private cells(levels: Uint8Array, perCell: number): string {
    const cells = Array.from({ length: Math.ceil(levels.length / perCell) }, (_, i) =>
      Math.max(...levels.subarray(i * perCell, (i + 1) * perCell)),
    );
    const signs = cells.map((level) => LEVELS[level]!.sign).join('');
    return signs.replace(/(.)\1*/gu, (run) => this.coloured(run[0] as Sign, run));
  }

  private coloured(sign: Sign, text: string): string {
    return this.view.colour ? styled(LEVELS.find((level) => level.sign === sign)!.style, text) : text;
  }

  private legend(perCell: number, width: number): string[] {
    const entries = LEVELS.map(({ sign, says }) => ({
      plain: `${sign} ${says}`,
      shown: `${this.coloured(sign, sign)} ${says}`,
    }));
    const lines: { plain: string; shown: string }[] = [];
    for (const entry of [...entries.reverse(), { plain: cellText(perCell), shown: cellText(perCell) }]) {
      const last = lines.at(-1);
      if (last && last.plain.length + 3 + entry.plain.length <= width) {
        last.plain += `   ${entry.plain}`;
        last.shown += `   ${entry.shown}`;
      } else lines.push({ ...entry });
    }
    return lines.map(({ shown }) => shown);
  }
}

function cellText(perCell: number): string {
  if (perCell === 1) return 'a cell is a day of delivery (UTC)';
  return perCell === WEEK
    ? 'a cell is a week, its worst day shows'
    : `a cell is ${perCell / WEEK} weeks, the worst day shows`;
}

const WEEK = 7;

/** One, or the fewest whole weeks with which so many days fit into so many cells. */
export function daysPerCell(days: number, cells: number): number {
  return days <= cells ? 1 : Math.ceil(days / cells / WEEK) * WEEK;
}

/** The first cell of each month is named above, where there is room. */
function monthAxis(firstDays: readonly string[], room: number): string {
  let axis = '';
  let month = '';
  for (const [i, day] of firstDays.entries()) {
    if (day.slice(0, 7) === month) continue;
    month = day.slice(0, 7);
    if ((i === 0 || axis.length < i) && i + month.length <= room) axis = axis.padEnd(i) + month;
  }
  return axis;
}
