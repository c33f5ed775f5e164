import { isIP } from 'node:net';
import { listEnvironments } from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import {
  type Criteria,
  isPrefix,
  isRange,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
  valuesOf,
} from './criteria.ts';
import { nearestNames } from './near-names.ts';
import { isIndexed } from './plan.ts';
import { type Page, type QueryDeps, readPage } from './read-page.ts';

/** A value of a question that no event was found to have, and what it may have meant. */
export interface UnknownValue {
  criterion: TextCriterion;
  value: string;
  /** The most similar first; differences in upper and lower case before others. */
  nearest: NearName[];
}

/** A value that events do have, or that is the name of an operation. */
export interface NearName {
  value: string;
  /** How many events have it, up to 1,000. */
  events: number;
  /** There are more, or there may be. */
  more: boolean;
  /** Whether these events meet the rest of the question, too; if false, no event with the value does. */
  inQuestion: boolean;
}

/** https://docs.aws.amazon.com/mwaa/latest/API/API_Operations.html */
const OPERATIONS: readonly string[] = [
  'CreateCliToken',
  'CreateEnvironment',
  'CreateWebLoginToken',
  'DeleteEnvironment',
  'GetEnvironment',
  'InvokeRestApi',
  'ListEnvironments',
  'ListTagsForResource',
  'PublishMetrics',
  'TagResource',
  'UntagResource',
  'UpdateEnvironment',
];

/** A value is looked for by a page, and so is each of its other spellings; each name that is near it is counted by two. */
const MAX_VALUES = 5;
const SAMPLED_EVENTS = 1_000;

/**
 * Finds the values of a question that no event has, and names that are near them: of the environments and accounts that are
 * listed, of MWAA's operations, and of the newest events that meet the rest of the question, or if there are none, of the
 * newest at all. The cost is bounded: so many pages, each with its own bound, and nothing is scanned.
 */
export async function unknownValues(criteria: Criteria, deps: QueryDeps): Promise<UnknownValue[]> {
  const asked = askedValues(criteria);
  if (asked.length === 0) return [];
  const listed = await listEnvironments(deps.dynamo, deps.tables.environmentsTable);
  const unknown = await pFilter(asked, (value) => isUnknown(value, listed, deps));
  if (unknown.length === 0) return [];
  const rest = without(criteria, unknown);
  const known = [...listed, ...(await sampleEvents(rest, deps))];
  const found: UnknownValue[] = [];
  for (const value of unknown) found.push({ ...value, nearest: await namesNear(value, known, rest, deps) });
  return found;
}

type AskedValue = Pick<UnknownValue, 'criterion' | 'value'>;
type ListedEnvironment = Awaited<ReturnType<typeof listEnvironments>>[number];

/** The values that can be misspelt: those of closed sets have been checked. */
function askedValues(criteria: Criteria): AskedValue[] {
  return TEXT_CRITERION_NAMES.filter((criterion) => valuesOf(criterion) === undefined)
    .flatMap((criterion) => (criteria[criterion] ?? []).map((value) => ({ criterion, value })))
    .slice(0, MAX_VALUES);
}

async function isUnknown(
  { criterion, value }: AskedValue,
  listed: readonly ListedEnvironment[],
  deps: QueryDeps,
): Promise<boolean> {
  if (criterion === 'environment') return !listed.some(({ environment }) => environment === value);
  if (criterion === 'eventName' && OPERATIONS.includes(value)) return false;
  return !(await exists(criterion, value, deps));
}

async function exists(criterion: TextCriterion, value: string, deps: QueryDeps): Promise<boolean> {
  const page = await readPage({ criteria: { [criterion]: [value] }, order: 'newest-first', limit: 1 }, deps);
  return page.events.length > 0;
}

function without(criteria: Criteria, unknown: readonly AskedValue[]): Criteria {
  const names = new Set<string>(unknown.map(({ criterion }) => criterion));
  return Object.fromEntries(Object.entries(criteria).filter(([name]) => !names.has(name)));
}

async function sampleEvents(rest: Criteria, deps: QueryDeps): Promise<ListedEvent[]> {
  const { events } = await newest(rest, deps);
  return events.length > 0 ? events : (await newest({}, deps)).events;
}

function newest(criteria: Criteria, deps: QueryDeps): Promise<Page> {
  return readPage({ criteria, order: 'newest-first', limit: SAMPLED_EVENTS }, deps);
}

async function namesNear(
  asked: AskedValue,
  known: readonly (ListedEvent | ListedEnvironment)[],
  rest: Criteria,
  deps: QueryDeps,
): Promise<NearName[]> {
  const { criterion, value } = asked;
  if (isAddress(asked)) return [];
  const names = new Set([
    ...known.flatMap((event) => nameIn(event, asked)),
    ...(criterion === 'eventName' ? OPERATIONS : []),
    // Of a name that none of the newest events has.
    ...(isIndexed(criterion) ? await pFilter(spellings(value), (spelling) => exists(criterion, spelling, deps)) : []),
  ]);
  names.delete(value);
  const near: NearName[] = [];
  for (const name of nearestNames(value, [...names])) {
    near.push(await counted(criterion, name, rest, deps));
  }
  const existing = near.filter(({ events }) => events > 0);
  // The name of an operation helps also when there is no event of it.
  return existing.length > 0 ? existing : near.filter(({ value: name }) => OPERATIONS.includes(name));
}

/** An address, or a range of them, is not a name: one that is nearly right is another one. */
function isAddress({ criterion, value }: AskedValue): boolean {
  return criterion === 'sourceIp' && (isIP(value) !== 0 || isRange(criterion, value));
}

/** The name that an event, or an environment, has for a criterion; of a prefix that ends in `/`, the part up to that. */
function nameIn(event: ListedEvent | ListedEnvironment, { criterion, value }: AskedValue): string[] {
  const attributes: Readonly<Record<string, unknown>> = { ...event };
  const name = attributes[TEXT_CRITERIA[criterion].attribute];
  if (typeof name !== 'string') return [];
  if (!isPrefix(criterion, value) || !value.endsWith('/*')) return [name];
  return name.includes('/') ? [`${name.slice(0, name.indexOf('/'))}/*`] : [];
}

/** How a name may be written in the store. */
function spellings(value: string): string[] {
  const trimmed = value.trim();
  const lower = trimmed.toLowerCase();
  const all = [trimmed, lower, trimmed.toUpperCase(), lower.slice(0, 1).toUpperCase() + lower.slice(1)];
  return [...new Set(all)].filter((spelling) => spelling !== '' && spelling !== value);
}

/** The events with a name that meet the rest of the question; if there are none, all with it. */
async function counted(criterion: TextCriterion, value: string, rest: Criteria, deps: QueryDeps): Promise<NearName> {
  const inQuestion = await newest({ ...rest, [criterion]: [value] }, deps);
  if (inQuestion.events.length > 0) return nearName(value, inQuestion, true);
  return nearName(value, await newest({ [criterion]: [value] }, deps), false);
}

function nearName(value: string, { events, end }: Page, inQuestion: boolean): NearName {
  return { value, events: events.length, more: end !== undefined, inQuestion };
}

async function pFilter<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T[]> {
  const held = await Promise.all(items.map(holds));
  return items.filter((_, i) => held[i]);
}
