import { phraseOf } from '../audit-event/actions.ts';
import { type AttributeName, attributeOf } from '../audit-event/attributes.ts';
import type { Line, People, Person, PersonList } from '../query/person.ts';
import { nameOf } from '../query/user-aliases.ts';
import { counted, displayText } from './display.ts';
import { reasonOf, whatOf } from './event-table.ts';
import { type Cell, type Column, styled, textTable } from './table.ts';
import { type TimeDisplay, timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A person's page: what they did, what was denied or failed, and where they were seen. @param top lines of each table */
export function personText(person: Person, top: number, view: View): string {
  const times = timeDisplay(view.times);
  const isOtherwiseKnown = person.users.some(({ user }) => user !== nameIn(person, view));
  const places = PLACES.filter(([name]) => name !== 'users' || isOtherwiseKnown);
  const sections = [
    doneSection('CHANGED', 'write', person, times),
    doneSection('READ', 'read', person, times),
    refusedSection(person, times),
    ...places.map(([name, columns]) => placeSection(name, columns, person, times)),
  ];
  const tables = sections.flatMap((section) => sectionText(section, top, view));
  return `${[title(person, view), ...tables].join('\n\n')}\n`;
}

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

/** A table of a page. */
interface Section {
  columns: Column[];
  rows: Cell[][];
  /** Events that no row stands for. */
  leftOut: number;
}

function sectionText({ columns, rows, leftOut }: Section, top: number, view: View): string[] {
  if (rows.length + leftOut === 0) return [];
  const more = Math.max(0, rows.length - top);
  const rest = [
    ...(more > 0 ? [`... and ${more} more`] : []),
    ...(leftOut > 0 ? [`... and ${counted(leftOut, 'event')} with others`] : []),
  ];
  return [[textTable(columns, rows.slice(0, top), view), ...rest].join('\n')];
}

const EVENTS: Column = { heading: 'EVENTS' };

/** The columns of the first and the last time; the first is left out where it does not fit. */
const timeColumns = ({ heading }: TimeDisplay): Column[] => [
  { heading: heading('FIRST'), rank: 2 },
  { heading: heading('LAST') },
];

/** What was done, an action a row, with what it was done to. */
function doneSection(heading: string, access: 'read' | 'write', person: Person, times: TimeDisplay): Section {
  const targets = Map.groupBy(person.targets, ({ action }) => action);
  return {
    columns: [{ heading, least: 27 }, EVENTS, ...timeColumns(times), { heading: 'TO', least: 22 }],
    rows: person.actions
      .filter((action) => action.access === access)
      .map(({ action, events, first, last }) => [
        phraseOf(action),
        events,
        times.show(first),
        times.show(last),
        targetsText(targets.get(action) ?? []),
      ]),
    leftOut: access === 'write' ? 0 : (person.leftOut.actions ?? 0),
  };
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

function refusedSection({ refusals, leftOut }: Person, times: TimeDisplay): Section {
  return {
    columns: [
      { heading: 'DENIED OR FAILED', least: 24 },
      EVENTS,
      ...timeColumns(times),
      { heading: 'RESULT', least: 25 },
    ],
    rows: refusals.map((line) => [
      whatOf(line),
      line.events,
      times.show(line.first),
      times.show(line.last),
      { text: [line.outcome, reasonOf(line)].filter((part) => part !== '').join(': '), style: 'red' },
    ]),
    leftOut: leftOut.refusals ?? 0,
  };
}

/** A column of an attribute. */
type PlaceColumn = Column & { of: AttributeName };
const place = (heading: string, of: AttributeName, more: Partial<Column> = {}): PlaceColumn => ({
  ...{ heading, of, least: 16, ...more },
});

const ACCOUNT = place('ACCOUNT', 'accountId', { least: 12 });

/** Where, as whom and from where. */
const PLACES: readonly (readonly [PersonList, readonly PlaceColumn[]])[] = [
  [
    'environments',
    [place('ENVIRONMENT', 'environment'), { ...ACCOUNT, rank: 3 }, place('REGION', 'region', { rank: 1 })],
  ],
  ['accounts', [ACCOUNT]],
  ['roles', [place('ROLE', 'role', { tooWide: 'cut-middle' }), { ...ACCOUNT, rank: 3 }]],
  [
    'sessions',
    [
      place('SESSION', 'username', { tooWide: 'cut-middle' }),
      place('OF ROLE', 'role', { rank: 3, tooWide: 'cut-middle' }),
    ],
  ],
  ['accessKeys', [place('ACCESS KEY', 'accessKeyId', { least: 20 })]],
  ['addresses', [place('FROM', 'sourceIp')]],
  ['userAgents', [place('WITH', 'userAgent')]],
  ['users', [place('USER', 'user')]],
];

function placeSection(name: PersonList, places: readonly PlaceColumn[], person: Person, times: TimeDisplay): Section {
  return {
    columns: [...places, EVENTS, ...timeColumns(times)],
    rows: person[name].map((line) => [
      ...places.map(({ of }) => `${attributeOf(line, of) ?? '-'}`),
      line.events,
      times.show(line.first),
      times.show(line.last),
    ]),
    leftOut: person.leftOut[name] ?? 0,
  };
}

/** A list of people to choose from. */
export function peopleText({ people, leftOut }: People, view: View): string {
  const times = timeDisplay(view.times);
  const columns: Column[] = [
    { heading: 'WHO', least: 16, tooWide: 'cut-middle' },
    ...['EVENTS', 'CHANGES', 'DENIED', 'FAILED'].map((heading) => ({ heading })),
    ...timeColumns(times),
  ];
  const rows = people.map(({ name, events, changes, denied, failed, first, last }) => [
    name,
    events,
    changes,
    ...[denied, failed].map((count): Cell => (count === 0 ? 0 : { text: count, style: 'red' })),
    times.show(first),
    times.show(last),
  ]);
  return `${sectionText({ columns, rows, leftOut }, rows.length, view).join('')}\n`;
}
