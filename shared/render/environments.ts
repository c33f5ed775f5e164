import type { EnvironmentActivity } from '../query/environments.ts';
import { DAY_AT_LEAST, type LineColumn, lineTable, redCount } from './line-table.ts';
import { WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** @param recent what counts as recent, as the caller put it: `7d` */
export function environmentsTable(environments: readonly EnvironmentActivity[], recent: string, view: View): string {
  const times = timeDisplay(view.times);
  const hasStatus = environments.some(({ status }) => status !== undefined);
  const timeColumn = (name: 'firstEventTime' | 'lastEventTime' | 'statusSince', heading: string): Column => ({
    heading: times.heading(heading),
    cellOf: ({ [name]: time }) => times.show(time),
  });
  const columns: Column[] = [
    { heading: 'ENVIRONMENT', widths: [16], cellOf: ({ environment }) => environment },
    { heading: 'ACCOUNT', widths: [0, WHOLE], cellOf: ({ accountId = '-' }) => accountId },
    { heading: 'REGION', widths: [0, WHOLE], cellOf: ({ region = '-' }) => region },
    { ...timeColumn('firstEventTime', 'FIRST EVENT'), widths: [0, 0, 0, 0, WHOLE] },
    { ...timeColumn('lastEventTime', 'LAST EVENT'), ...DAY_AT_LEAST },
    {
      heading: `EVENTS ${since(recent)}`,
      cellOf: ({ recentEvents: n, recentTruncated }) => atLeast(n, recentTruncated),
    },
    {
      heading: 'ERRORS',
      cellOf: ({ recentErrors: n, recentTruncated }) => redCount(n, atLeast(n, recentTruncated)),
    },
  ];
  const statusColumns: Column[] = [
    { heading: 'STATUS', cellOf: ({ status = '-' }) => status },
    { ...timeColumn('statusSince', 'SINCE'), widths: [0, 0, WHOLE] },
  ];
  return `${lineTable(hasStatus ? [...columns, ...statusColumns] : columns, environments, view)}\n`;
}

type Column = LineColumn<EnvironmentActivity>;

const atLeast = (count: number, orMore: boolean) => (orMore ? `${count}+` : count);

function since(recent: string): string {
  return /^\d{4}-/.test(recent) ? `SINCE ${recent}` : `(${recent})`;
}
