import { type AttributeName, type AttributeValues, attributeOf } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { QueryDeps } from './ask.ts';
import type { Criteria } from './criteria-table.ts';
import { readNewest } from './newest.ts';
import { type Seen, see } from './seen.ts';
import { NO_ALIASES, nameOf, type UserAliases } from './user-aliases.ts';

/** How events ended. `changes` are those that changed something. */
interface Outcomes {
  changes: number;
  denied: number;
  failed: number;
}

/** What is listed of a person: the values that events have together. The first must be there, others may be absent. */
interface List {
  of: readonly [AttributeName, ...AttributeName[]];
  /** Is added from the newest event. */
  newest?: AttributeName;
  /** Which events count; absent: all. */
  only?(event: ListedEvent): boolean;
}

const isOk = ({ outcome }: ListedEvent) => outcome === 'ok';
const isRefused = (event: ListedEvent) => !isOk(event);

const LISTS = {
  actions: { of: ['action', 'access'], only: isOk },
  targets: { of: ['target', 'action'], only: isOk },
  refusals: {
    of: ['action', 'target', 'outcome', 'errorCode', 'statusCode'],
    newest: 'errorMessage',
    only: isRefused,
  },
  environments: { of: ['environment', 'accountId', 'region'] },
  accounts: { of: ['accountId'] },
  roles: { of: ['role', 'accountId'] },
  sessions: { of: ['role', 'username'] },
  accessKeys: { of: ['accessKeyId'] },
  addresses: { of: ['sourceIp'] },
  userAgents: { of: ['userAgent'] },
  users: { of: ['user'] },
} as const satisfies Readonly<Record<string, List>>;

type Lists = typeof LISTS;
export type PersonList = keyof Lists;
const LIST_NAMES = Object.keys(LISTS) as PersonList[];

/** The attributes in a line of each list. */
export const PERSON_LISTS = Object.fromEntries(
  LIST_NAMES.map((name) => {
    const { of, newest }: List = LISTS[name];
    return [name, [...of, ...(newest ? [newest] : [])]];
  }),
) as Readonly<Record<PersonList, AttributeName[]>>;

type Listed<L> = (L extends { of: readonly (infer N)[] } ? N : never) | (L extends { newest: infer N } ? N : never);
/** A line of a list. */
export type Line<Name extends PersonList> = AttributeValues<Extract<Listed<Lists[Name]>, AttributeName>> & Seen;

/**
 * What is known of a person or machine: what they did, what was denied or failed, where, in which roles, with which access
 * keys, from where, and under which `users`. In each list, most events come first; changes come before reads.
 */
export type Person = { name: string } & Seen &
  Outcomes & {
    /** Events by what CloudTrail says of multi-factor authentication. */
    mfa: Record<'yes' | 'no' | 'notRecorded', number>;
  } & { [Name in PersonList]: Line<Name>[] } & {
    /** Events that a list leaves out because it is too long; absent: none. */
    leftOut: Partial<Record<PersonList, number>>;
    /** There are more events, older ones, that were not counted. */
    truncated: boolean;
  };

/** Lines of a list: more are counted, not listed. */
const MAX_LINES = 1_000;

/** Counts the events of a person, which must be added newest first. The memory has a bound, however many there are. */
export class PersonCounts {
  private readonly counts = { ...nothingSeen(), ...noOutcomes(), mfa: { yes: 0, no: 0, notRecorded: 0 } };
  private readonly lists = Object.fromEntries(
    LIST_NAMES.map((name) => [name, new BoundedLines(LISTS[name])]),
  ) as Record<PersonList, BoundedLines>;

  add(event: ListedEvent): void {
    const { counts, lists } = this;
    see(counts, event);
    countOutcome(counts, event);
    counts.mfa[event.mfa === undefined ? 'notRecorded' : event.mfa ? 'yes' : 'no'] += 1;
    for (const name of LIST_NAMES) lists[name].add(event);
  }

  of(name: string, truncated: boolean): Person {
    const lines = Object.fromEntries(LIST_NAMES.map((list) => [list, this.lists[list].sorted()]));
    const leftOut = Object.fromEntries(LIST_NAMES.map((list) => [list, this.lists[list].leftOut || undefined]));
    return { name, ...this.counts, ...lines, leftOut: defined(leftOut), truncated } as Person;
  }
}

/** Lines by the values of a list. */
class BoundedLines {
  /** Events without a line. */
  leftOut = 0;
  private readonly lines = new Map<string, Seen>();
  private readonly list: List;

  constructor(list: List) {
    this.list = list;
  }

  add(event: ListedEvent): void {
    const { of, only = () => true } = this.list;
    if (!only(event) || attributeOf(event, of[0]) === undefined) return;
    const key = JSON.stringify(of.map((name) => attributeOf(event, name)));
    const line = this.lines.get(key) ?? this.newLine(key, event);
    if (line === undefined) this.leftOut += 1;
    else see(line, event);
  }

  /** Returns undefined if there are too many lines. */
  private newLine(key: string, event: ListedEvent): Seen | undefined {
    if (this.lines.size === MAX_LINES) return undefined;
    const { of, newest } = this.list;
    const line = { ...valuesOf(event, of), ...nothingSeen(), ...valuesOf(event, newest ? [newest] : []) };
    this.lines.set(key, line);
    return line;
  }

  sorted(): Seen[] {
    const isRead = (line: object) => (attributeOf(line, 'access') === 'read' ? 1 : 0);
    return [...this.lines.values()].sort((a, b) => isRead(a) - isRead(b) || b.events - a.events);
  }
}

function valuesOf(event: ListedEvent, names: readonly AttributeName[]) {
  return defined(Object.fromEntries(names.map((name) => [name, attributeOf(event, name)])));
}

const nothingSeen = (): Seen => ({ events: 0 });
const noOutcomes = (): Outcomes => ({ changes: 0, denied: 0, failed: 0 });

function countOutcome(counts: Outcomes, { access, outcome }: ListedEvent): void {
  if (outcome !== 'ok') counts[outcome] += 1;
  else if (access === 'write') counts.changes += 1;
}

/** Counts the newest events that meet the criteria, `maxEvents` at most, as those of one person. */
export async function readPerson(
  name: string,
  criteria: Criteria,
  deps: QueryDeps,
  maxEvents: number,
): Promise<Person> {
  const counts = new PersonCounts();
  const truncated = await readNewest(criteria, deps, maxEvents, (event) => counts.add(event));
  return counts.of(name, truncated);
}

/** Several people, those with most events first. */
export interface People extends Pick<Person, 'truncated'> {
  people: ({ name: string } & Seen & Outcomes)[];
  events: number;
  /** Events of people who are not listed because there are too many. */
  leftOut: number;
}

/** Counts the newest events that meet the criteria, `maxEvents` at most, by person. Several user IDs can be one person. */
export async function readPeople(criteria: Criteria, deps: QueryDeps, maxEvents: number): Promise<People> {
  const counts = new PeopleCounts(deps.aliases);
  const truncated = await readNewest(criteria, deps, maxEvents, (event) => counts.add(event));
  return counts.of(truncated);
}

/** Counts events by person; they must be added newest first. */
export class PeopleCounts {
  private readonly aliases: UserAliases;
  private readonly people = new Map<string, People['people'][number]>();
  private events = 0;
  private leftOut = 0;

  constructor(aliases: UserAliases = NO_ALIASES) {
    this.aliases = aliases;
  }

  add(event: ListedEvent): void {
    this.events += 1;
    const name = nameOf(this.aliases, event.user ?? '-');
    const person = this.people.get(name) ?? { name, ...nothingSeen(), ...noOutcomes() };
    if (person.events === 0 && this.people.size === MAX_LINES) {
      this.leftOut += 1;
      return;
    }
    see(person, event);
    countOutcome(person, event);
    this.people.set(name, person);
  }

  of(truncated: boolean): People {
    const people = [...this.people.values()].sort((a, b) => b.events - a.events);
    return { people, events: this.events, leftOut: this.leftOut, truncated };
  }
}
