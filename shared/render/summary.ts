import { phraseOf } from '../audit-event/actions.ts';
import { NO_DAY } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import type { Summary, TallyGroup } from '../query/summary.ts';
import type { Tally } from '../query/tally.ts';
import { NO_ALIASES, nameOf } from '../query/user-aliases.ts';
import { counted } from './display.ts';
import { type LineColumn, lineTable, redCount, timeColumns } from './line-table.ts';
import { narrowRole, narrowWhat, narrowWho } from './narrow.ts';
import { type Column, WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A summary for people: one table for each thing that was counted, on a terminal with bars. */
export function summaryText(summary: Summary, top: number, view: View): string {
  const named = { ...summary, byUser: byPerson(summary.byUser, view) };
  const sections = SECTIONS.map((section) => sectionText(section, named[section.of], top, view));
  return `${[totals(summary, view), ...sections].filter((text) => text !== '').join('\n\n')}\n`;
}

/** Users by their names. Several user IDs can be one person. */
function byPerson(users: readonly Tally[], { aliases = NO_ALIASES }: View): readonly Tally[] {
  if (aliases.size === 0) return users;
  const people = [...Map.groupBy(users, ({ name }) => nameOf(aliases, name))];
  return people.map(([name, tallies]) => ({ ...tallies.reduce(together), name })).sort((a, b) => b.events - a.events);
}

function together(a: Tally, b: Tally): Tally {
  const [first] = [a.first, b.first].filter((time) => time !== undefined).sort();
  const last = [a.last, b.last]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return { name: a.name, events: a.events + b.events, errors: a.errors + b.errors, ...defined({ first, last }) };
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
  const rest = tallies.length - top;
  return `${lineTable(columns, tallies.slice(0, top), view)}${rest > 0 ? `\n... and ${rest} more` : ''}`;
}

function nameColumns({ heading, show, narrow, code }: Section): LineColumn<Tally>[] {
  return [
    { heading, widths: [16, 25, 25, 40], ...defined({ narrow }), cellOf: ({ name }) => show(name) },
    ...(code ? [{ heading: code.heading, widths: [0, 0, WHOLE], cellOf: ({ name }: Tally) => code.of(name) }] : []),
  ];
}

const COUNTS: readonly LineColumn<Tally>[] = [
  { heading: 'EVENTS', cellOf: ({ events }) => events },
  { heading: 'ERRORS', cellOf: ({ errors }) => redCount(errors) },
];

/** A sixth of the terminal is for the longest bar. */
function barColumn(most: number, width: number): LineColumn<Tally> {
  const longest = Math.floor(width / 6);
  return { heading: '', widths: [0, WHOLE], cellOf: ({ events }) => bar((events / most) * longest) };
}

/** @param length in columns */
function bar(length: number): string {
  const eighths = Math.max(1, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + ' ▏▎▍▌▋▊▉'.charAt(eighths % 8).trim();
}
