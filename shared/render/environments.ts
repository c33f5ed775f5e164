import type { EnvironmentActivity } from '../query/environments.ts';
import { type Cell, textTable, WHOLE } from './table.ts';
import { type TimeDisplay, timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** @param recent what counts as recent, as the caller put it: `7d` */
export function environmentsTable(environments: readonly EnvironmentActivity[], recent: string, view: View): string {
  const times = timeDisplay(view.times);
  const hasStatus = environments.some(({ status }) => status !== undefined);
  const columns = [
    { heading: 'ENVIRONMENT', widths: [16] },
    { heading: 'ACCOUNT', widths: [0, 0, WHOLE] },
    { heading: 'REGION', widths: [0, WHOLE] },
    { heading: times.heading('FIRST EVENT'), widths: [0, 0, 0, WHOLE] },
    times.heading('LAST EVENT'),
    `EVENTS ${since(recent)}`,
    'ERRORS',
    ...(hasStatus ? ['STATUS', { heading: times.heading('SINCE'), widths: [0, 0, WHOLE] }] : []),
  ];
  const rows = environments.map((environment) => row(environment, times));
  return `${textTable(columns, hasStatus ? rows : rows.map((cells) => cells.slice(0, -2)), view)}\n`;
}

function since(recent: string): string {
  return /^\d{4}-/.test(recent) ? `SINCE ${recent}` : `(${recent})`;
}

function row(environment: EnvironmentActivity, times: TimeDisplay): Cell[] {
  const { accountId = '-', region = '-', firstEventTime, lastEventTime } = environment;
  const { recentEvents, recentErrors, recentTruncated, status = '-', statusSince } = environment;
  const counted = (n: number) => (recentTruncated ? `${n}+` : n);
  return [
    environment.environment,
    accountId,
    region,
    times.show(firstEventTime),
    times.show(lastEventTime),
    counted(recentEvents),
    recentErrors === 0 ? counted(0) : { text: counted(recentErrors), style: 'red' },
    status,
    times.show(statusSince),
  ];
}
