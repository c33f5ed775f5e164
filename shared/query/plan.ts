import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { storedText } from '../store/event-item.ts';
import { text } from '../store/item.ts';
import {
  type Criteria,
  isPrefix,
  isRange,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
} from './criteria.ts';

export type Order = 'newest-first' | 'oldest-first';

/** How a question is answered: some partitions of one index, each read in order of time. Never a scan. */
export interface QueryPlan {
  index: 'byEnvironment' | 'byAccessKey' | 'byPrincipal' | 'byErrorCode' | 'byEventName' | 'byDay';
  /** The attribute that is the index's partition key. */
  partitionKey: string;
  partitions: string[];
  /** `merged`: the partitions overlap in time; `in-turn`: each is wholly before, or after, the next. */
  reading: 'merged' | 'in-turn';
  order: Order;
  /** Bounds of the sort key, both inclusive; as text, every timeKey of a time is above the bare time. */
  range: { from?: string; to?: string };
  /** What the key condition does not settle. */
  filter: Filter;
  /** The sources wanted, when one is a range: DynamoDB cannot compare addresses, so that is done with what it returns. */
  sourceIp?: readonly string[];
}

export interface Filter {
  expression: string;
  names: Record<string, string>;
  values: Record<string, AttributeValue>;
  /** Whether it asks for more than that events have not expired. */
  selective: boolean;
}

export interface PlanContext {
  order: Order;
  /** Go on after this place: a timeKey, or a text between timeKeys. */
  after?: string | undefined;
  /** All days with events, oldest first; only asked when no other index serves. */
  days(): Promise<readonly string[]>;
  /** Seconds since 1970. DynamoDB deletes expired events only days later, so they are left out here. */
  now: number;
}

/** Chooses the index that reads the least, and what to ask of it. */
export async function planQuery(criteria: Criteria, context: PlanContext): Promise<QueryPlan> {
  const { order, now } = context;
  const range = timeRange(criteria, context);
  const settled = bestIndexed(criteria);
  const filter = filterOf(criteria, settled, now);
  const sourceIp = criteria.sourceIp?.some((source) => isRange('sourceIp', source)) && { sourceIp: criteria.sourceIp };
  if (settled) {
    const partitionKey = TEXT_CRITERIA[settled].attribute;
    const partitions = [...new Set(criteria[settled]!.map((value) => storedText(partitionKey, value)))];
    return {
      index: INDEXES[settled],
      partitionKey,
      partitions: within(range, partitions),
      reading: 'merged',
      order,
      range,
      filter,
      ...sourceIp,
    };
  }
  const days = (await context.days()).filter((day) => overlaps(day, range));
  if (order === 'newest-first') days.reverse();
  return {
    index: 'byDay',
    partitionKey: 'day',
    partitions: within(range, days),
    reading: 'in-turn',
    order,
    range,
    filter,
    ...sourceIp,
  };
}

/** The DynamoDB query for one partition of a plan. */
export function queryInput(plan: QueryPlan, partition: string, table: string): QueryCommandInput {
  const { from, to } = plan.range;
  const bounds = timeCondition(from, to);
  return {
    TableName: table,
    IndexName: plan.index,
    KeyConditionExpression: `#partition = :partition${bounds === '' ? '' : ` AND ${bounds}`}`,
    ExpressionAttributeNames: { '#partition': plan.partitionKey, ...plan.filter.names },
    ExpressionAttributeValues: {
      ':partition': text(partition),
      ...(from === undefined ? {} : { ':from': text(from) }),
      ...(to === undefined ? {} : { ':to': text(to) }),
      ...plan.filter.values,
    },
    FilterExpression: plan.filter.expression,
    ScanIndexForward: plan.order === 'oldest-first',
    ReturnConsumedCapacity: 'TOTAL',
  };
}

const INDEXES = {
  accessKeyId: 'byAccessKey',
  principal: 'byPrincipal',
  errorCode: 'byErrorCode',
  environment: 'byEnvironment',
  eventName: 'byEventName',
} as const satisfies Partial<Record<TextCriterion, QueryPlan['index']>>;
type IndexedCriterion = keyof typeof INDEXES;

/** Whether events with a value of this criterion are found without reading others. */
export function isIndexed(name: TextCriterion): boolean {
  return Object.hasOwn(INDEXES, name);
}

/** Operations of which an environment sees a few in its life; the others are called all day. */
const RARE_OPERATIONS: ReadonlySet<string> = new Set([
  'CreateEnvironment',
  'UpdateEnvironment',
  'DeleteEnvironment',
  'TagResource',
  'UntagResource',
]);

/** Any of these reads a part of what its days hold, so `byDay` serves only when there is none. */
function bestIndexed(criteria: Criteria): IndexedCriterion | undefined {
  const rareOperation = criteria.eventName?.every((name) => RARE_OPERATIONS.has(name));
  const bySelectivity: IndexedCriterion[] = [
    'accessKeyId',
    'principal',
    ...(rareOperation ? (['eventName'] as const) : []),
    'errorCode',
    'environment',
    'eventName',
  ];
  return bySelectivity.find((name) => criteria[name] !== undefined && !criteria[name].some((v) => isPrefix(name, v)));
}

function timeRange({ since, until }: Criteria, { order, after }: PlanContext): QueryPlan['range'] {
  const from = order === 'oldest-first' ? later(since, after) : since;
  const to = order === 'newest-first' ? earlier(until, after) : until;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

const later = (a?: string, b?: string) => (a === undefined || (b !== undefined && b > a) ? b : a);
const earlier = (a?: string, b?: string) => (a === undefined || (b !== undefined && b < a) ? b : a);

/** DynamoDB refuses a range that ends before it begins. */
function within({ from, to }: QueryPlan['range'], partitions: string[]): string[] {
  return from !== undefined && to !== undefined && from > to ? [] : partitions;
}

/** Whether a day can have timeKeys in the range: they are `DAYT00:00:00.000Z#...` and later, and before `DAY~`. */
function overlaps(day: string, { from, to }: QueryPlan['range']): boolean {
  return (from === undefined || `${day}~` > from) && (to === undefined || `${day}T00:00:00.000Z` < to);
}

function timeCondition(from: string | undefined, to: string | undefined): string {
  if (from !== undefined && to !== undefined) return 'timeKey BETWEEN :from AND :to';
  if (from !== undefined) return 'timeKey >= :from';
  return to === undefined ? '' : 'timeKey <= :to';
}

/** Stands in every filter. */
export const NOT_EXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';

function filterOf(criteria: Criteria, settled: TextCriterion | undefined, now: number): Filter {
  const filter: Filter = { expression: '', names: {}, values: { ':now': { N: String(now) } }, selective: false };
  const conditions: string[] = [];
  for (const name of TEXT_CRITERION_NAMES) {
    if (criteria[name] !== undefined && name !== settled) conditions.push(anyOf(name, criteria[name], filter));
  }
  if (criteria.errors && settled !== 'errorCode') conditions.push('attribute_exists(errorCode)');
  if (criteria.readOnly !== undefined) {
    conditions.push('readOnly = :readOnly');
    filter.values[':readOnly'] = { BOOL: criteria.readOnly };
  }
  filter.selective = conditions.length > 0;
  filter.expression = [...conditions, NOT_EXPIRED].join(' AND ');
  return filter;
}

/** The condition that an attribute has one of some values; adds their names and values to the filter. */
function anyOf(name: TextCriterion, values: readonly string[], filter: Filter): string {
  const { attribute } = TEXT_CRITERIA[name];
  // Short names: an expression may have 4 KB.
  const alias = `#${Object.keys(filter.names).length}`;
  filter.names[alias] = attribute;
  const exact: string[] = [];
  const alternatives = new Set<string>();
  for (const value of values) {
    const prefix = isPrefix(name, value);
    if ((prefix && value === '*') || isRange(name, value)) {
      // Any at all: to begin with nothing is no condition that DynamoDB takes everywhere, and ranges it does not know.
      alternatives.add(`attribute_exists(${alias})`);
      continue;
    }
    const parameter = `:${Object.keys(filter.values).length}`;
    filter.values[parameter] = text(prefix ? value.slice(0, -1) : storedText(attribute, value));
    if (prefix) alternatives.add(`begins_with(${alias}, ${parameter})`);
    else exact.push(parameter);
  }
  const anyExact = exact.length > 0 ? [`${alias} IN (${exact.join(', ')})`] : [];
  return `(${[...anyExact, ...alternatives].join(' OR ')})`;
}
