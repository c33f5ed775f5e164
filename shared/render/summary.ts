import { phraseOf } from '../audit-event/actions.ts';
import { NO_DAY } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import type { Summary, Tally, TallyGroup } from '../query/summary.ts';
import { counted } from './display.ts';
import { narrowRole, narrowWhat, narrowWho } from './narrow.ts';
import { type Cell, type Column, cutToWidth, textTable, WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A summary for people: one table for each thing that was counted, on a terminal with bars. */
export function summaryText(summary: Summary, top: number, view: View): string {
  const sections = SECTIONS.map((section) => sectionText(section, summary[section.of], top, view));
  return `${[totals(summary, view), ...sections].filter((text) => text !== '').join('\n\n')}\n`;
}

/** A table of the summary. */
interface Section {
  heading: string;
  of: TallyGroup;
  /** How names are shown. */
  show(name: string): string;
  narrow?: Column['narrow'];
  /** Another column, for those who go on to ask. */
  code?: { heading: string; of(name: string): string };
}

const asItIs = (name: string) => name;

/** Principals are users and roles: their table would say nothing new. */
const SECTIONS: readonly Section[] = [
  { heading: 'WHAT', of: 'byAction', show: phraseOf, code: { heading: 'ACTION', of: asItIs } },
  { heading: 'WHO', of: 'byUser', show: asItIs, narrow: narrowWho },
  { heading: 'ROLE', of: 'byRole', show: asItIs, narrow: narrowRole },
  { heading: 'TARGET', of: 'byTarget', show: asItIs, narrow: narrowWhat },
  { heading: 'RESULT', of: 'byOutcome', show: asItIs },
  { heading: 'ERROR', of: 'byError', show: asItIs },
  { heading: 'DAY (UTC)', of: 'byDay', show: (day) => (day === NO_DAY ? 'no usable time' : day) },
];

function totals({ events, errors, first, last }: Summary, { times }: View): string {
  const { full } = timeDisplay(times);
  const span = first === undefined || last === undefined ? '' : `\n${full(first)} to ${full(last)}`;
  return `${counted(events, 'event')}, ${errors} denied or failed${span}`;
}

function sectionText(section: Section, tallies: readonly Tally[], top: number, view: View): string {
  if (tallies.length === 0) return '';
  const most = tallies.reduce((greatest, { events }) => Math.max(greatest, events), 0);
  const columns = [
    ...nameColumns(section),
    ...COUNTS,
    ...(section.of === 'byDay' ? [] : timeColumns(view)),
    ...(view.width === undefined ? [] : [barColumn(most, view.width)]),
  ];
  const rows = tallies.slice(0, top).map((tally) => columns.map(({ cellOf }) => cellOf(tally)));
  const rest = tallies.length - rows.length;
  return `${textTable(columns, rows, view)}${rest > 0 ? `\n... and ${rest} more` : ''}`;
}

function nameColumns({ heading, show, narrow, code }: Section): TallyColumn[] {
  return [
    { heading, widths: [16, 25, 25, 40], ...defined({ narrow }), cellOf: ({ name }) => show(name) },
    ...(code ? [{ heading: code.heading, widths: [0, 0, WHOLE], cellOf: ({ name }: Tally) => code.of(name) }] : []),
  ];
}

const COUNTS: readonly TallyColumn[] = [
  { heading: 'EVENTS', cellOf: ({ events }) => events },
  { heading: 'ERRORS', cellOf: ({ errors }) => (errors === 0 ? 0 : { text: errors, style: 'red' }) },
];

function timeColumns({ times }: View): TallyColumn[] {
  const { show } = timeDisplay(times);
  return [
    { heading: 'FIRST', ...TIME, cellOf: ({ first }) => show(first) },
    { heading: 'LAST', ...TIME, cellOf: ({ last }) => show(last) },
  ];
}

interface TallyColumn extends Column {
  cellOf(tally: Tally): Cell;
}

/** The day says most of a time. */
const TIME = {
  widths: [0, '2026-11-06'.length],
  narrow: (time: string, width: number) => [
    cutToWidth(/^\d{4}-\d\d-\d\d /.test(time) ? time.slice(0, 10) : time, width),
  ],
};

/** A sixth of the terminal is for the longest bar. */
function barColumn(most: number, width: number): TallyColumn {
  const longest = Math.floor(width / 6);
  return { heading: '', widths: [0, WHOLE], cellOf: ({ events }) => bar((events / most) * longest) };
}

/** @param length in columns */
function bar(length: number): string {
  const eighths = Math.max(1, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + ' ▏▎▍▌▋▊▉'.charAt(eighths % 8).trim();
}
