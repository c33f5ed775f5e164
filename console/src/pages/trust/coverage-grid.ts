import { DAY_MS, daysBetween, isoTime } from '../../../../shared/cloudtrail/times.ts';
import type { Coverage } from '../../../../shared/query/coverage.ts';
import { readTime } from '../../../../shared/query/time.ts';
import {
  type CoverageCounts,
  type CoverageLevel,
  coverageLevel,
  daysPerCell,
  severityOf,
} from '../../../../shared/render/coverage-cells.ts';
import type { Watermark } from '../../../../shared/store/ledger.ts';

/** The log files of an account and Region on a day, or in some weeks. */
export interface CoverageCell {
  /** First and last day of delivery, `YYYY-MM-DD`. */
  from: string;
  to: string;
  counts: CoverageCounts;
  /** Of the worst day. */
  level: CoverageLevel;
}

/** A row of the map. */
export interface CoverageLine {
  account: string;
  region: string;
  cells: readonly CoverageCell[];
  /** Log files that somebody should look at. */
  attention: number;
  /** When the newest log file was delivered, at any time, ISO 8601; undefined: not known. */
  newest: string | undefined;
}

/** How lines are sorted. */
export const SORTS = ['attention', 'silence', 'name'] as const;
export type Sort = (typeof SORTS)[number];

const NO_LOG_FILES: CoverageCounts = {
  ...{ ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 },
};
/** More days than these share cells, whole weeks each. */
const MAX_CELLS = 92;

/**
 * The days of delivery in a range of time, as GET /coverage reads it.
 * @param since ISO 8601 or an age; `until` is undefined for now
 * @param now milliseconds since 1970
 * @returns `YYYY-MM-DD`; none if a time is none
 */
export function coverageDays(since: string, until: string | undefined, now: number): string[] {
  const first = readTime(since, now, 'UTC');
  const end = until === undefined ? isoTime(now + 1) : readTime(until, now, 'UTC');
  // The last day is that of the last moment before.
  return first === undefined || end === undefined ? [] : daysBetween(first, isoTime(Date.parse(end) - 1));
}

/** Returns a line for each account and Region that has log files in the time, or had some before. */
export function coverageGrid(
  rows: readonly Coverage[],
  watermarks: readonly Watermark[],
  days: readonly string[],
): CoverageLine[] {
  const perCell = daysPerCell(days.length, MAX_CELLS);
  const lines = new Map<string, { account: string; region: string; rows: Coverage[]; newest: string | undefined }>();
  for (const { account, region, deliveredAt } of watermarks) {
    lines.set(`${account} ${region}`, { account, region, rows: [], newest: deliveredAt });
  }
  for (const row of rows) {
    const { account, region } = row;
    const line = lines.get(`${account} ${region}`) ?? { account, region, rows: [], newest: undefined };
    line.rows.push(row);
    lines.set(`${account} ${region}`, line);
  }
  return [...lines.values()].map(({ account, region, rows: own, newest }) => {
    const byDay = new Map(own.map((row) => [row.day, row]));
    const cells = Array.from({ length: Math.ceil(days.length / perCell) }, (_, i) =>
      cellOf(days.slice(i * perCell, (i + 1) * perCell), byDay),
    );
    return { account, region, cells, attention: attentionOf(totalOf(own)), newest };
  });
}

function cellOf(days: readonly string[], byDay: ReadonlyMap<string, Coverage>): CoverageCell {
  const rows = days.flatMap((day) => byDay.get(day) ?? []);
  const levels = rows.map(coverageLevel).sort((a, b) => severityOf(b) - severityOf(a));
  const [from = '', to = from] = [days[0], days.at(-1)];
  return { from, to, counts: totalOf(rows), level: levels[0] ?? 'none' };
}

/** The sum of counts. */
export function totalOf(rows: readonly CoverageCounts[]): CoverageCounts {
  const total = { ...NO_LOG_FILES };
  for (const row of rows) {
    for (const name of COUNTS) total[name] += row[name];
  }
  return total;
}

const COUNTS = ['ingested', 'partly', 'verified', 'altered', 'quarantined', 'failed', 'discarded'] as const;

/** Log files some of whose events are missing. */
export const missingEvents = ({ partly, quarantined, failed }: CoverageCounts) => partly + quarantined + failed;

const attentionOf = (counts: CoverageCounts) => missingEvents(counts) + counts.altered;

const nameOf = ({ account, region }: CoverageLine) => `${account} ${region}`;

/** Compares lines; those that are alike are in the order of their names. */
const COMPARE: Readonly<Record<Sort, (a: CoverageLine, b: CoverageLine) => number>> = {
  attention: (a, b) => b.attention - a.attention || worstOf(b) - worstOf(a),
  silence: (a, b) => ((a.newest ?? '') < (b.newest ?? '') ? -1 : Number(a.newest !== b.newest)),
  name: () => 0,
};

const worstOf = ({ cells }: CoverageLine) => Math.max(0, ...cells.map(({ level }) => severityOf(level)));

export function sortLines(lines: readonly CoverageLine[], sort: Sort): CoverageLine[] {
  return lines.toSorted((a, b) => COMPARE[sort](a, b) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** A day without a log file is normal where nothing happens; it should be seen, however. */
const SILENT_MS = DAY_MS;

/** Whether no log file came for more than a day. @param now milliseconds since 1970 */
export const isSilent = ({ newest }: CoverageLine, now: number) =>
  newest !== undefined && now - Date.parse(newest) > SILENT_MS;

/** Those whose account or Region has all words of a text in it. */
export function filterLines(lines: readonly CoverageLine[], text: string): CoverageLine[] {
  const words = text.toLowerCase().split(/\s+/);
  return lines.filter((line) => words.every((word) => nameOf(line).toLowerCase().includes(word)));
}

/** `31 log files: 30 ingested (28 verified, 1 altered: CloudTrail signed other content), 1 failed: not read yet` */
export function countsInWords(counts: CoverageCounts): string {
  const { ingested, partly, verified, altered, quarantined, failed, discarded } = counts;
  const all = ingested + quarantined + failed + discarded;
  if (all === 0) return 'No log files';
  const ofIngested = inWords([
    [verified, 'verified'],
    [altered, 'altered: CloudTrail signed other content'],
    [partly, 'partly: some records in quarantine'],
  ]);
  const states = inWords([
    [ingested, ofIngested === '' ? 'ingested, none verified' : `ingested (${ofIngested})`],
    [quarantined, 'quarantined as a whole'],
    [failed, 'failed: not read yet'],
    [discarded, 'discarded'],
  ]);
  return `${inDigits(all)} log ${all === 1 ? 'file' : 'files'}: ${states}`;
}

/** Those that are not zero. */
function inWords(counts: readonly (readonly [count: number, what: string])[]): string {
  const some = counts.filter(([count]) => count > 0);
  return some.map(([count, what]) => `${inDigits(count)} ${what}`).join(', ');
}

const inDigits = (count: number) => count.toLocaleString('en-US');

/** The events of a cell, as parameters of the page of events. */
export function eventsOf({ account, region }: CoverageLine, { from, to }: CoverageCell): URLSearchParams {
  const since = `${from}T00:00:00.000Z`;
  const until = isoTime(Date.parse(to) + DAY_MS);
  // `-` stands for keys of log files without an account: their events have the account of their record.
  return new URLSearchParams([
    ...(account === '-' ? [] : [['account', account]]),
    ...[
      ['region', region],
      ['since', since],
      ['until', until],
    ],
  ]);
}
