import { phraseOf } from '../audit-event/actions.ts';
import { type AttributeName, attributeOf } from '../audit-event/attributes.ts';
import type { Line, People, Person, PersonList } from '../query/person.ts';
import type { Seen } from '../query/seen.ts';
import { nameOf } from '../query/user-aliases.ts';
import { counted, displayText } from './display.ts';
import { resultOf, whatOf } from './event-words.ts';
import { type LineColumn, lineTable, redCount, timeColumns } from './line-table.ts';
import { narrowResult, narrowRole, narrowWhat, narrowWho } from './narrow.ts';
import { type Column, styled, WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A person's page: what they did, what was denied or failed, and where they were seen. @param top lines of each table */
export function personText(person: Person, top: number, view: View): string {
  const { actions, refusals, users, leftOut } = person;
  const isOtherwiseKnown = users.some(({ user }) => user !== nameIn(person, view));
  const places = PLACES.filter(([name]) => name !== 'users' || isOtherwiseKnown);
  const table = <L extends Seen>(columns: readonly LineColumn<L>[], lines: readonly L[], without = 0) =>
    section([...columns, EVENTS, ...seenColumns(view)], lines, { leftOut: without, top, view });
  const [changes, reads] = [actions.filter(isChange), actions.filter((action) => !isChange(action))];
  const tables = [
    ...table(doneColumns('CHANGED', person), changes),
    ...table(doneColumns('READ', person), reads, leftOut.actions),
    ...table(REFUSAL_COLUMNS, refusals, leftOut.refusals),
    ...places.flatMap(([name, columns]) => table<Seen>(columns, person[name], leftOut[name])),
  ];
  return `${[title(person, view), ...tables].join('\n\n')}\n`;
}

const isChange = ({ access }: Line<'actions'>) => access === 'write';

function title({ mfa, ...person }: Person, view: View): string {
  const { full } = timeDisplay(view.times);
  const { events, changes, denied, failed, first, last } = person;
  const heading = displayText(nameIn(person, view));
  return [
    view.colour ? styled('bold', heading) : heading,
    `${counted(events, 'event')}: ${counted(changes, 'change')}, ${denied} denied, ${failed} failed`,
    ...(first === undefined || last === undefined ? [] : [`${full(first)} to ${full(last)}`]),
    `MFA: yes ${mfa.yes}, no ${mfa.no}, not recorded ${mfa.notRecorded}`,
  ].join('\n');
}

const nameIn = ({ name }: Pick<Person, 'name'>, { aliases }: View) => nameOf(aliases, name);

function section<L>(
  columns: readonly LineColumn<L>[],
  lines: readonly L[],
  { leftOut, top, view }: { leftOut: number; top: number; view: View },
): string[] {
  if (lines.length + leftOut === 0) return [];
  const more = lines.length - top;
  const rest = [
    ...(more > 0 ? [`... and ${more} more`] : []),
    ...(leftOut > 0 ? [`... and ${counted(leftOut, 'event')} with others`] : []),
  ];
  return [[lineTable(columns, lines.slice(0, top), view), ...rest].join('\n')];
}

const EVENTS: LineColumn<Seen> = { heading: 'EVENTS', cellOf: ({ events }) => events };

/** The last time comes before the first where there is no room for both. */
function seenColumns(view: View): LineColumn<Seen>[] {
  return timeColumns(view).map((column) =>
    column.heading === 'FIRST' ? { ...column, widths: [0, ...(column.widths ?? [])] } : column,
  );
}

/** What was done, an action a line, with what it was done to. */
function doneColumns(heading: string, { targets }: Person): LineColumn<Line<'actions'>>[] {
  const byAction = Map.groupBy(targets, ({ action }) => action);
  const targetsOf = ({ action }: Line<'actions'>) => targetsText(byAction.get(action) ?? []);
  return [
    { heading, widths: [20, 27], cellOf: ({ action }) => phraseOf(action) },
    { heading: 'TO', widths: [16, 26, 26, 40], narrow: narrowWhat, cellOf: targetsOf },
  ];
}

const MAX_TARGETS = 5;

/** `orders_daily (12); export_customers; and 3 more` */
function targetsText(targets: readonly Line<'targets'>[]): string {
  const named = targets
    .slice(0, MAX_TARGETS)
    .map(({ target = '', events }) => (events === 1 ? target : `${target} (${events})`));
  const more = targets.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ') || '-';
}

const REFUSAL_COLUMNS: readonly LineColumn<Line<'refusals'>>[] = [
  { heading: 'DENIED OR FAILED', widths: [20, 27, 27, 40], narrow: narrowWhat, cellOf: whatOf },
  {
    heading: 'RESULT',
    widths: [16, 26, 26, 50],
    narrow: narrowResult,
    cellOf: (line) => ({ text: resultOf(line), style: 'red' }),
  },
];

/** A column of an attribute. */
const column = (heading: string, of: AttributeName, more: Partial<Column> = {}): LineColumn<object> => ({
  ...{ heading, widths: [16, 25, 25, 40], cellOf: (line) => `${attributeOf(line, of) ?? '-'}`, ...more },
});
const ACCOUNT = column('ACCOUNT', 'accountId', { widths: [0, 0, 12] });
const ROLE = column('ROLE', 'role', { narrow: narrowRole });

/** Where, as whom, from where and with what. */
const PLACES: readonly (readonly [PersonList, readonly LineColumn<object>[]])[] = [
  [
    'environments',
    [column('ENVIRONMENT', 'environment'), ACCOUNT, column('REGION', 'region', { widths: [0, 0, 0, WHOLE] })],
  ],
  ['accounts', [column('ACCOUNT', 'accountId')]],
  ['roles', [ROLE, ACCOUNT]],
  ['sessions', [column('SESSION', 'username', { narrow: narrowWho }), { ...ROLE, widths: [0, 0, 0, 16, 40] }]],
  ['accessKeys', [column('ACCESS KEY', 'accessKeyId')]],
  ['addresses', [column('FROM', 'sourceIp')]],
  ['userAgents', [column('WITH', 'userAgent')]],
  ['users', [column('USER', 'user')]],
];

/** A list of people to choose from. */
export function peopleText({ people, leftOut }: People, view: View): string {
  const columns: LineColumn<People['people'][number]>[] = [
    { heading: 'WHO', widths: [16, 25, 40], narrow: narrowWho, cellOf: ({ name }) => name },
    EVENTS,
    { heading: 'CHANGES', cellOf: ({ changes }) => changes },
    { heading: 'DENIED', cellOf: ({ denied }) => redCount(denied) },
    { heading: 'FAILED', cellOf: ({ failed }) => redCount(failed) },
    ...seenColumns(view),
  ];
  return `${section(columns, people, { leftOut, top: people.length, view }).join('')}\n`;
}
