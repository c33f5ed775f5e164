import { listEnvironments } from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type Criteria, isPrefix, TEXT_CRITERIA, TEXT_CRITERION_NAMES, type TextCriterion, valuesOf } from './criteria.ts';
import { nearestNames } from './near-names.ts';
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

/** An address is not a name: one that is nearly right is another one. */
const NOT_NAMES: ReadonlySet<TextCriterion> = new Set(['sourceIp']);

/** https://docs.aws.amazon.com/mwaa/latest/API/API_Operations.html. */
const OPERATIONS = [
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

/** Bounds the cost: each value is looked for by a page, and each name that is near it is counted by two at most. */
const MAX_VALUES = 5;
const SAMPLED_EVENTS = 1_000;

/**
 * Finds the values of a question that no event has, and names that are near them: of the environments and accounts that are
 * listed, of MWAA's operations, and of the newest events that meet the rest of the question, or if there are none, of the
 * newest at all. Each page that is read has its bound, and nothing is scanned.
 */
export async function unknownValues(criteria: Criteria, deps: QueryDeps): Promise<UnknownValue[]> {
  const asked = TEXT_CRITERION_NAMES.filter((name) => valuesOf(name) === undefined && !NOT_NAMES.has(name))
    .flatMap((criterion) => (criteria[criterion] ?? []).map((value) => ({ criterion, value })))
    .slice(0, MAX_VALUES);
  const listed = asked.length === 0 ? [] : await listEnvironments(deps.dynamo, deps.tables.environmentsTable);
  const unknown: (typeof asked)[number][] = [];
  for (const one of asked) if (await isUnknown(one, listed, deps)) unknown.push(one);
  if (unknown.length === 0) return [];
  const rest = without(criteria, new Set(unknown.map(({ criterion }) => criterion)));
  const sample = await sampleEvents(rest, deps);
  const found: UnknownValue[] = [];
  for (const { criterion, value } of unknown) {
    const candidates = [...listed, ...sample].flatMap((event) => nameIn(event, criterion, value));
    const operations = criterion === 'eventName' ? OPERATIONS : [];
    const names = [...new Set([...candidates, ...operations, ...spellings(value)])].filter((name) => name !== value);
    const nearest: NearName[] = [];
    for (const name of nearestNames(value, names)) nearest.push(...(await counted(criterion, name, rest, deps)));
    found.push({ criterion, value, nearest: nearest.sort(existingFirst) });
  }
  return found;
}

interface Value {
  criterion: TextCriterion;
  value: string;
}

type Listed = Awaited<ReturnType<typeof listEnvironments>>[number];

async function isUnknown({ criterion, value }: Value, listed: readonly Listed[], deps: QueryDeps): Promise<boolean> {
  if (criterion === 'environment') return !listed.some(({ environment }) => environment === value);
  if (criterion === 'eventName' && OPERATIONS.includes(value)) return false;
  return (await readPage({ criteria: { [criterion]: [value] }, order: 'newest-first', limit: 1 }, deps)).events.length === 0;
}

function without(criteria: Criteria, names: ReadonlySet<string>): Criteria {
  return Object.fromEntries(Object.entries(criteria).filter(([name]) => !names.has(name)));
}

async function sampleEvents(rest: Criteria, deps: QueryDeps): Promise<ListedEvent[]> {
  const { events } = await newest(rest, deps);
  return events.length > 0 ? events : (await newest({}, deps)).events;
}

function newest(criteria: Criteria, deps: QueryDeps): Promise<Page> {
  return readPage({ criteria, order: 'newest-first', limit: SAMPLED_EVENTS }, deps);
}

/** The name that an event, or a listed environment, has for a criterion; of a prefix that ends in `/`, the part up to that. */
function nameIn(event: ListedEvent | Listed, criterion: TextCriterion, value: string): string[] {
  const name = (event as Readonly<Record<string, unknown>>)[TEXT_CRITERIA[criterion].attribute];
  if (typeof name !== 'string') return [];
  if (!isPrefix(criterion, value) || !value.endsWith('/*')) return [name];
  return name.includes('/') ? [`${name.slice(0, name.indexOf('/'))}/*`] : [];
}

/** How a name may be written that was sampled from none of the newest events. */
function spellings(value: string): string[] {
  const trimmed = value.trim();
  const lower = trimmed.toLowerCase();
  return [trimmed, lower, trimmed.toUpperCase(), lower.slice(0, 1).toUpperCase() + lower.slice(1)];
}

/** The events with a name: none for one that was only guessed. */
async function counted(criterion: TextCriterion, value: string, rest: Criteria, deps: QueryDeps): Promise<NearName[]> {
  for (const inQuestion of [true, false]) {
    const { events, end } = await newest({ ...(inQuestion ? rest : {}), [criterion]: [value] }, deps);
    if (events.length > 0) return [{ value, events: events.length, more: end !== undefined, inQuestion }];
  }
  const isOperation = criterion === 'eventName' && OPERATIONS.includes(value);
  return isOperation ? [{ value, events: 0, more: false, inQuestion: false }] : [];
}

const existingFirst = (a: NearName, b: NearName) => Number(b.events > 0) - Number(a.events > 0);
