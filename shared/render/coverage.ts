import type { Coverage } from '../query/coverage.ts';
import { COVERAGE_LEVELS, type CoverageLevel, coverageLevel, daysPerCell, severityOf } from './coverage-cells.ts';
import { csvRow } from './csv.ts';
import { displayText } from './display.ts';
import { type Cell, styled, textTable } from './table.ts';
import type { Style, View } from './view.ts';

type Count = Exclude<keyof Coverage, 'account' | 'region' | 'day'>;

/** The counts, in the order in which people read them. Those of the bucket exist only if one was compared with. */
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

/** The signs of the levels, and their styles on a terminal. */
const SIGNS = {
  none: { sign: '·', style: 'dim' },
  verified: { sign: '#', style: 'green' },
  unverified: { sign: 'o', style: 'cyan' },
  missing: { sign: '?', style: 'yellow' },
  incomplete: { sign: '!', style: 'red' },
  altered: { sign: 'X', style: ['bold', 'red'] },
} as const satisfies Readonly<Record<CoverageLevel, { sign: string; style: Style }>>;

type Sign = (typeof SIGNS)[CoverageLevel]['sign'];

const LEVELS = COVERAGE_LEVELS.map(({ level, says }) => ({ ...SIGNS[level], says }));
const levelOf = (row: Coverage) => severityOf(coverageLevel(row));

const DEFAULT_WIDTH = 80;
const MIN_CELLS = 14;
const GAP = '  ';

/** A heat map: a line for each account and Region, a cell for each day, or for some weeks where days do not fit. */
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

  /** Returns the map with its axis above and its legend below; an empty text if there are no log files. */
  text(): string {
    if (this.lines.size === 0) return '';
    const labels = [...this.lines].sort(([a], [b]) => (a < b ? -1 : 1));
    const labelWidth = Math.max(...labels.map(([label]) => label.length));
    const width = this.view.width ?? DEFAULT_WIDTH;
    const room = Math.max(MIN_CELLS, width - labelWidth - GAP.length);
    const perCell = daysPerCell(this.days.length, room);
    const firstDays = this.days.filter((_, i) => i % perCell === 0);
    const line = (label: string, cells: string) => label.padEnd(labelWidth) + GAP + cells;
    const lines = labels.map(([label, levels]) => line(label, this.cells(levels, perCell)));
    const axis = line('', monthAxis(firstDays, room)).trimEnd();
    return `${[axis, ...lines, '', ...this.legend(perCell, width)].join('\n')}\n`;
  }

  private cells(levels: Uint8Array, perCell: number): string {
    const signs = Array.from({ length: Math.ceil(levels.length / perCell) }, (_, i) => {
      const worst = Math.max(...levels.subarray(i * perCell, (i + 1) * perCell));
      return LEVELS[worst]!.sign;
    });
    return signs.join('').replace(/(.)\1*/gu, (run) => this.coloured(run[0] as Sign, run));
  }

  private coloured(sign: Sign, text: string): string {
    return this.view.colour ? styled(LEVELS.find((level) => level.sign === sign)!.style, text) : text;
  }

  /** The meaning of the signs, the worst first, and of a cell, in as few lines as fit. */
  private legend(perCell: number, width: number): string[] {
    const entries = LEVELS.map(({ sign, says }) => ({ sign: this.coloured(sign, sign), plain: `${sign} ${says}` }));
    const lines: { shown: string; width: number }[] = [];
    for (const { sign, plain } of [...entries.reverse(), { sign: '', plain: cellText(perCell) }]) {
      const shown = sign === '' ? plain : sign + plain.slice(1);
      const last = lines.at(-1);
      if (last && last.width + 3 + plain.length <= width) {
        last.shown += `   ${shown}`;
        last.width += 3 + plain.length;
      } else lines.push({ shown, width: plain.length });
    }
    return lines.map(({ shown }) => shown);
  }
}

const WEEK = 7;

function cellText(perCell: number): string {
  if (perCell === 1) return 'a cell is a day of delivery (UTC)';
  const weeks = perCell / WEEK;
  return weeks === 1 ? 'a cell is a week, its worst day shows' : `a cell is ${weeks} weeks, the worst day shows`;
}

/** The month above the first cell of each, where there is room. */
function monthAxis(firstDays: readonly string[], room: number): string {
  let axis = '';
  for (const [i, day] of firstDays.entries()) {
    const month = day.slice(0, 7);
    if (firstDays[i - 1]?.startsWith(month)) continue;
    if ((i === 0 || axis.length < i) && i + month.length <= room) axis = axis.padEnd(i) + month;
  }
  return axis;
}
