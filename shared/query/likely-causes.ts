import { isIP } from 'node:net';
import pMap, { pMapSkip } from 'p-map';
import { ACTION_CODES, ACTIONS } from '../audit-event/actions.ts';
import { attributeOf } from '../audit-event/attributes.ts';
import { OPERATIONS, type Operation } from '../audit-event/operations.ts';
import { defined } from '../defined.ts';
import { type KnownEnvironment, listDays, listEnvironments } from '../store/environments-table.ts';
import { type ListedEvent, storedText } from '../store/event-item.ts';
import { type Page, type QueryDeps, readPage } from './ask.ts';
import {
  type Criteria,
  isPrefix,
  isRange,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
} from './criteria-table.ts';
import { nearestNames } from './near-names.ts';
import { type OtherIdentity, otherIdentities } from './other-identities.ts';
import { isIndexed, type Order } from './plan.ts';
import { NO_ALIASES } from './user-aliases.ts';

/** Why a question may have no events. */
export type LikelyCause =
  | { kind: 'empty-store' }
  /** No event was found with a value of the question. */
  | ({ kind: 'unknown-value' } & UnknownValue)
  /** There is no such user, but something else of users is called like that. */
  | ({ kind: 'other-identity' } & OtherIdentity)
  /** Events meet all criteria but the times; `before` and `after` are the eventTimes nearest to the range, as recorded. */
  | { kind: 'outside-times'; before?: string; after?: string }
  /** The question reaches into the last minutes, and CloudTrail needs some to deliver. */
  | { kind: 'delivery-delay' }
  /** The question is about data events, which a trail records only if configured to. */
  | { kind: 'data-events' }
  /** There is no other cause, and the question has several filters. */
  | { kind: 'no-combination' };

/** The operations that the MWAA user guide lists as data events. */
const DATA_EVENTS: ReadonlySet<string> = new Set(['CreateCliToken', 'CreateWebLoginToken', 'InvokeRestApi']);
/** The actions of all other operations. */
const MANAGEMENT_ACTIONS: ReadonlySet<string> = new Set(
  Object.values(OPERATIONS)
    .flatMap(Object.entries<Operation>)
    .flatMap(([name, { action }]) => (DATA_EVENTS.has(name) ? [] : [action])),
);
const DATA_ACTIONS: readonly string[] = ACTION_CODES.filter((code) => !MANAGEMENT_ACTIONS.has(code));
/** CloudTrail delivers within about 5 minutes on average, without a guarantee. */
const DELIVERY_DELAY_MS = 15 * 60 * 1000;

/** Finds the causes that fit the question, with a bounded number of requests. */
export async function likelyCauses(criteria: Criteria, deps: QueryDeps): Promise<LikelyCause[]> {
  const { dynamo, tables } = deps;
  if ((await listDays(dynamo, tables.environmentsTable)).length === 0) return [{ kind: 'empty-store' }];
  const unknown = await unknownValues(criteria, deps);
  // If all values of a criterion are unknown, nothing matches at other times either.
  const hopeless = unknown.some(
    ({ criterion }) => unknown.filter((other) => other.criterion === criterion).length === criteria[criterion]?.length,
  );
  const outside = hopeless ? [] : await outsideTimes(criteria, deps);
  const causes: LikelyCause[] = [
    ...unknown.map((value) => ({ kind: 'unknown-value' as const, ...value })),
    ...(await identitiesLike(unknown, deps)),
    ...outside,
  ];
  if (isRecent(criteria, deps.now())) causes.push({ kind: 'delivery-delay' });
  if (asksForDataEvents(criteria) && outside.length === 0 && !hopeless) causes.push({ kind: 'data-events' });
  if (causes.length === 0 && combinesFilters(criteria)) causes.push({ kind: 'no-combination' });
  return causes;
}

async function identitiesLike(unknown: readonly UnknownValue[], deps: QueryDeps): Promise<LikelyCause[]> {
  const users = unknown.filter(({ criterion }) => criterion === 'user');
  if (users.length === 0) return [];
  const { events } = await newest({}, deps);
  const suggested = ({ nearest }: UnknownValue) => nearest.map(({ value }) => value);
  const like = (user: UnknownValue) => otherIdentities(user.value, suggested(user), events, deps);
  const identities = await pMap(users, like, { concurrency: 1 });
  return identities.flat().map((identity) => ({ kind: 'other-identity', ...identity }));
}

async function outsideTimes({ since, until, ...others }: Criteria, deps: QueryDeps): Promise<LikelyCause[]> {
  const [before, after] = await Promise.all([
    since === undefined ? undefined : firstEventTime({ ...others, until: since }, 'newest-first', deps),
    until === undefined ? undefined : firstEventTime({ ...others, since: until }, 'oldest-first', deps),
  ]);
  if (before === undefined && after === undefined) return [];
  return [{ kind: 'outside-times', ...defined({ before, after }) }];
}

/** Reads one page only, so that the cost is bounded if it has no events but more could follow. */
async function firstEventTime(criteria: Criteria, order: Order, deps: QueryDeps): Promise<string | undefined> {
  const { events } = await readPage({ criteria, order, limit: 1 }, deps);
  const [event] = events;
  return event && (event.eventTime ?? '(no time)');
}

/** Only a range that began recently can be empty because of the delay alone. */
function isRecent({ since, until }: Criteria, now: number): boolean {
  if (since === undefined || Date.parse(since) < now - 4 * DELIVERY_DELAY_MS) return false;
  return until === undefined || Date.parse(until) > now - DELIVERY_DELAY_MS;
}

function asksForDataEvents({ eventName = [], action = [], category = [] }: Criteria): boolean {
  const isDataAction = (value: string) => DATA_ACTIONS.some((code) => matches(code, { criterion: 'action', value }));
  return eventName.some((name) => DATA_EVENTS.has(name)) || action.some(isDataAction) || category.includes('Data');
}

/** Whether there are several filters. What is asked of an environment by the names of operations is one question. */
function combinesFilters({ since: _, until: __, environment, eventName, ...others }: Criteria): boolean {
  const more = Object.keys(others).length;
  return more > 1 || (more === 1 && (environment ?? eventName) !== undefined);
}

interface AskedValue {
  criterion: TextCriterion;
  value: string;
}

/** A value of a question that no event was found to have, and what it may have meant. */
export interface UnknownValue extends AskedValue {
  /** The most similar first; differences in upper and lower case before others. */
  nearest: NearName[];
  /** Other criteria that events meet with this value. */
  elsewhere: TextCriterion[];
}

/** A value that events do have, or that is the name of an operation or an action. */
export interface NearName {
  value: string;
  /** How many events have it, up to 1,000. */
  events: number;
  /** There are more, or there may be. */
  more: boolean;
  /** Whether these events meet the rest of the question, too; if false, no event with the value does. */
  inQuestion: boolean;
}

/** The names that there are, whether or not an event has them. */
const NAMES: Partial<Record<TextCriterion, readonly string[]>> = {
  eventName: Object.keys(OPERATIONS.airflow ?? {}),
  action: ACTION_CODES,
};

/** Criteria that are easily taken for each other. */
const RELATED: readonly (readonly TextCriterion[])[] = [
  ['user', 'role', 'principal', 'session'],
  ['action', 'eventName'],
  ['environment', 'target'],
];

/** Whether a name has the value of a question, or begins with it, if that is a prefix. */
function matches(name: string, { criterion, value }: AskedValue): boolean {
  return isPrefix(criterion, value) ? name.startsWith(value.slice(0, -1)) : name === value;
}

const isName = (asked: AskedValue) => NAMES[asked.criterion]?.some((name) => matches(name, asked)) === true;

/** Bounds the cost: a page for each value, its other spellings and related criteria, and two for each near name. */
const MAX_VALUES = 5;
const SAMPLED_EVENTS = 1_000;

/**
 * Finds the values of a question that no event has, and names that are near them: of the environments and accounts that are
 * listed, of operations and actions, and of the newest events that meet the rest of the question, or, if there are none, of all
 * newest events. The number of pages is bounded, and so is the cost of each.
 */
async function unknownValues(criteria: Criteria, deps: QueryDeps): Promise<UnknownValue[]> {
  const asked = askedValues(criteria);
  if (asked.length === 0) return [];
  const listed = await knownEnvironments(deps);
  const unknown = await filter(asked, async ({ criterion, value }) => {
    if (criterion === 'environment') return !listed.some(({ environment }) => environment === value);
    return !isName({ criterion, value }) && !(await exists(criterion, value, deps));
  });
  if (unknown.length === 0) return [];
  const rest = { ...criteria };
  for (const { criterion } of unknown) delete rest[criterion];
  const { events } = await newest(rest, deps);
  const known = [...listed, ...(events.length > 0 ? events : (await newest({}, deps)).events)];
  const explained = async (asked: AskedValue): Promise<UnknownValue> => ({
    ...asked,
    nearest: await namesNear(asked, known, rest, deps),
    // `otherIdentities` says more of those for a user.
    elsewhere: asked.criterion === 'user' ? [] : await relatedWith(asked, known, deps),
  });
  return pMap(unknown, explained, { concurrency: 1 });
}

/** The environments that may be told of. */
async function knownEnvironments({ dynamo, tables, environment }: QueryDeps): Promise<KnownEnvironment[]> {
  const all = await listEnvironments(dynamo, tables.environmentsTable);
  if (environment === undefined) return all;
  return all.filter((known) => known.environment === storedText('environment', environment));
}

/** The related criteria with which events were found: the newest, or, where an index finds them, any. */
async function relatedWith(
  { criterion, value }: AskedValue,
  known: readonly (ListedEvent | KnownEnvironment)[],
  deps: QueryDeps,
): Promise<TextCriterion[]> {
  const related = RELATED.flatMap((group) => (group.includes(criterion) ? group : []));
  return filter(
    related.filter((other) => other !== criterion),
    async (other) => {
      const asked = { criterion: other, value };
      if (NAMES[other] !== undefined) return isName(asked);
      const { attribute } = TEXT_CRITERIA[other];
      if (known.some((event) => matches(String(attributeOf(event, attribute)), asked))) return true;
      return isIndexed(other) && !isPrefix(other, value) && (await exists(other, value, deps));
    },
  );
}

/** The values that can be misspelt: those of closed sets have been checked. */
function askedValues(criteria: Criteria): AskedValue[] {
  return TEXT_CRITERION_NAMES.filter((criterion) => TEXT_CRITERIA[criterion].values === undefined)
    .flatMap((criterion) => (criteria[criterion] ?? []).map((value) => ({ criterion, value })))
    .slice(0, MAX_VALUES);
}

async function exists(criterion: TextCriterion, value: string, deps: QueryDeps): Promise<boolean> {
  const page = await readPage({ criteria: { [criterion]: [value] }, order: 'newest-first', limit: 1 }, deps);
  return page.events.length > 0;
}

function newest(criteria: Criteria, deps: QueryDeps): Promise<Page> {
  return readPage({ criteria, order: 'newest-first', limit: SAMPLED_EVENTS }, deps);
}

async function namesNear(
  asked: AskedValue,
  known: readonly (ListedEvent | KnownEnvironment)[],
  rest: Criteria,
  deps: QueryDeps,
): Promise<NearName[]> {
  const { criterion, value } = asked;
  // A similar address, or range, is another one, not a misspelling.
  if (criterion === 'sourceIp' && (isIP(value) !== 0 || isRange(criterion, value))) return [];
  const { attribute } = TEXT_CRITERIA[criterion];
  const found = new Set([
    ...known.flatMap((event) => asAsked(attributeOf(event, attribute), asked)),
    ...(criterion === 'user' ? (deps.aliases ?? NO_ALIASES).values() : []),
    // Names that none of the newest events has.
    ...(isIndexed(criterion) ? await filter(spellings(value), (spelling) => exists(criterion, spelling, deps)) : []),
  ]);
  found.delete(value);
  const named = (NAMES[criterion] ?? []).flatMap((name) => asAsked(name, asked));
  const similar = new Set([...nearestNames(value, [...found]), ...nearestNames(value, [...new Set(named)])]);
  const names = similar.size === 0 && criterion === 'action' ? actionsCalled(value) : similar;
  const near = await pMap(names, (name) => counted(criterion, name, rest, deps), { concurrency: 1 });
  const existing = near.filter(({ events }) => events > 0);
  // The name of an operation or an action helps even if there is no event of it.
  return existing.length > 0 ? existing : near.filter(({ value: name }) => named.includes(name)).slice(0, 1);
}

/** Actions with such a phrase: `connection deleted`. */
function actionsCalled(value: string): string[] {
  const phrases = nearestNames(value, Object.values(ACTIONS));
  return phrases.flatMap((phrase) => ACTION_CODES.filter((code) => ACTIONS[code] === phrase));
}

/** A name in the form of the question: of a prefix that ends in `/` or `.`, the part up to that. */
function asAsked(name: unknown, asked: AskedValue): string[] {
  if (Array.isArray(name)) return name.flatMap((one) => asAsked(one, asked));
  if (typeof name !== 'string') return [];
  const { criterion, value } = asked;
  const [separator] = (isPrefix(criterion, value) && /[/.](?=\*$)/.exec(value)) || [];
  if (separator === undefined) return [name];
  return name.includes(separator) ? [`${name.slice(0, name.indexOf(separator))}${separator}*`] : [];
}

/** Other spellings that the store may have. */
function spellings(value: string): string[] {
  const trimmed = value.trim();
  const lower = trimmed.toLowerCase();
  const all = [trimmed, lower, trimmed.toUpperCase(), lower.slice(0, 1).toUpperCase() + lower.slice(1)];
  return [...new Set(all)].filter((spelling) => spelling !== '' && spelling !== value);
}

/** The events with a name that meet the rest of the question; if there are none, all with it. */
async function counted(criterion: TextCriterion, value: string, rest: Criteria, deps: QueryDeps): Promise<NearName> {
  const name = { [criterion]: [value] };
  const meeting = await newest({ ...rest, ...name }, deps);
  const inQuestion = meeting.events.length > 0;
  const { events, end } = inQuestion ? meeting : await newest(name, deps);
  return { value, events: events.length, more: end !== undefined, inQuestion };
}

function filter<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T[]> {
  return pMap(items, async (item) => ((await holds(item)) ? item : pMapSkip)) as Promise<T[]>;
}
