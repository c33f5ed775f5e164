import { NO_DAY } from '../audit-event/event-time.ts';
import type { Summary, Tally } from '../query/summary.ts';
import { counted } from './display.ts';
import { type Cell, textTable } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A summary for people: one table for each thing that was counted, on a terminal with bars. */
export function summaryText(summary: Summary, top: number, view: View): string {
  const sections = SECTIONS.map(([title, talliesOf]) => section(title, talliesOf(summary), top, view));
  return `${[totals(summary, view), ...sections].filter((text) => text !== '').join('\n\n')}\n`;
}

const SECTIONS: readonly (readonly [title: string, talliesOf: (summary: Summary) => Tally[]])[] = [
  ['ACTION', ({ byAction }) => byAction],
  ['WHO', ({ byPrincipal }) => byPrincipal],
  ['ERROR', ({ byError }) => byError],
  ['DAY (UTC)', ({ byDay }) => byDay.map((day) => (day.name === NO_DAY ? { ...day, name: 'no usable time' } : day))],
];

function totals({ events, errors, first, last }: Summary, { times }: View): string {
  const { full } = timeDisplay(times);
  const span = first === undefined || last === undefined ? '' : `\n${full(first)} to ${full(last)}`;
  return `${counted(events, 'event')}, ${counted(errors, 'error')}${span}`;
}

function section(title: string, tallies: readonly Tally[], top: number, view: View): string {
  if (tallies.length === 0) return '';
  const most = tallies.reduce((greatest, { events }) => Math.max(greatest, events), 0);
  const rows = tallies.slice(0, top).map((tally) => row(tally, most, view));
  const bars = view.width === undefined ? [] : [''];
  const table = textTable([{ heading: title, widths: [16] }, 'EVENTS', 'ERRORS', ...bars], rows, view);
  const rest = tallies.length - rows.length;
  return rest > 0 ? `${table}\n... and ${rest} more` : table;
}

function row({ name, events, errors }: Tally, most: number, view: View): Cell[] {
  const errorCell: Cell = errors === 0 ? 0 : { text: errors, style: 'red' };
  return [name, events, errorCell, ...(view.width === undefined ? [] : [bar(events, most, view.width)])];
}

/** A quarter of the terminal is for the longest bar. */
function bar(events: number, most: number, width: number): string {
  const eighths = Math.max(1, Math.round((events / most) * Math.floor(width / 4) * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + ' ▏▎▍▌▋▊▉'.charAt(eighths % 8).trim();
}
