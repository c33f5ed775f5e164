import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { attributeNamed } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
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
  index: string;
  /** The attribute that is the index's partition key. */
  partitionKey: string;
  partitions: readonly string[];
  /** `merged`: the partitions overlap in time; `in-turn`: each is wholly before, or after, the next. */
  reading: 'merged' | 'in-turn';
  order: Order;
  range: Range;
  /** The criteria that the key condition does not cover. */
  filter: Filter;
  /** The wanted sources, if one is a range. DynamoDB cannot compare addresses, so the events that it returns are filtered. */
  sources: readonly string[] | undefined;
}

/** Bounds of the sort key, both inclusive; as text, every timeKey of a time is above the bare time. */
interface Range {
  from: string | undefined;
  to: string | undefined;
}

interface Filter {
  expression: string;
  names: Record<string, string>;
  values: Record<string, AttributeValue>;
  /** Whether it asks for more than that events have not expired. */
  selective: boolean;
}

interface PlanContext {
  order: Order;
  /** Where to continue: a timeKey, or a text between timeKeys. */
  after?: string | undefined;
  /** All days with events, oldest first; called only if no other index serves. */
  days(): Promise<readonly string[]>;
  /** Seconds since 1970. DynamoDB deletes expired events only days later, so they are left out here. */
  now: number;
}

/** Chooses the index that reads the least, and its partitions. */
export async function planQuery(criteria: Criteria, { order, after, days, now }: PlanContext): Promise<QueryPlan> {
  const range = {
    from: order === 'oldest-first' ? later(criteria.since, after) : criteria.since,
    to: order === 'newest-first' ? earlier(criteria.until, after) : criteria.until,
  };
  const indexed = bestIndexed(criteria);
  const lookup = indexed ? lookupOf(indexed, criteria[indexed] ?? []) : await lookupOfDays(range, order, days);
  return {
    ...lookup,
    // DynamoDB refuses a range that ends before it begins.
    partitions: range.from !== undefined && range.to !== undefined && range.from > range.to ? [] : lookup.partitions,
    order,
    range,
    filter: filterOf(criteria, indexed, now),
    sources: criteria.sourceIp?.some((source) => isRange('sourceIp', source)) ? criteria.sourceIp : undefined,
  };
}

const later = (a?: string, b?: string) => (a === undefined || (b !== undefined && b > a) ? b : a);
const earlier = (a?: string, b?: string) => (a === undefined || (b !== undefined && b < a) ? b : a);

/** Any index reads less than all events of the days, so `byDay` serves only if there is no other. */
function bestIndexed(criteria: Criteria): TextCriterion | undefined {
  const ranked = TEXT_CRITERION_NAMES.flatMap((name) => {
    const values = criteria[name];
    if (!values || !isIndexed(name) || values.some((value) => isPrefix(name, value))) return [];
    const { index: [, rank] = ['', 0], rare } = attributeNamed(TEXT_CRITERIA[name].attribute);
    return [{ name, rank: rare && values.every((value) => rare.values.includes(value)) ? rare.rank : rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.name;
}

/** Whether an index finds the events with a value of this criterion. */
export function isIndexed(name: TextCriterion): boolean {
  return attributeNamed(TEXT_CRITERIA[name].attribute).index !== undefined;
}

type Lookup = Pick<QueryPlan, 'index' | 'partitionKey' | 'partitions' | 'reading'>;

function lookupOf(name: TextCriterion, values: readonly string[]): Lookup {
  const { attribute } = TEXT_CRITERIA[name];
  const [index] = attributeNamed(attribute).index ?? [''];
  const partitions = [...new Set(values.map((value) => storedText(attribute, value)))];
  return { index, partitionKey: attribute, partitions, reading: 'merged' };
}

async function lookupOfDays({ from, to }: Range, order: Order, days: PlanContext['days']): Promise<Lookup> {
  // The timeKeys of a day are `DAYT00:00:00.000Z#...` and later, and before `DAY~`.
  const partitions = (await days()).filter(
    (day) => (from === undefined || `${day}~` > from) && (to === undefined || `${day}T00:00:00.000Z` < to),
  );
  if (order === 'newest-first') partitions.reverse();
  return { index: 'byDay', partitionKey: 'day', partitions, reading: 'in-turn' };
}

/** The DynamoDB query for one partition of a plan. */
export function queryInput(plan: QueryPlan, partition: string, table: string): QueryCommandInput {
  const { from, to } = plan.range;
  // DynamoDB takes one condition of the sort key.
  const bound =
    from === undefined
      ? to && 'timeKey <= :to'
      : to === undefined
        ? 'timeKey >= :from'
        : 'timeKey BETWEEN :from AND :to';
  return {
    TableName: table,
    IndexName: plan.index,
    KeyConditionExpression: `#partition = :partition${bound === undefined ? '' : ` AND ${bound}`}`,
    ExpressionAttributeNames: { '#partition': plan.partitionKey, ...plan.filter.names },
    ExpressionAttributeValues: {
      ':partition': text(partition),
      ...defined({ ':from': from === undefined ? from : text(from), ':to': to === undefined ? to : text(to) }),
      ...plan.filter.values,
    },
    FilterExpression: plan.filter.expression,
    ScanIndexForward: plan.order === 'oldest-first',
    ReturnConsumedCapacity: 'TOTAL',
  };
}

/** Part of every filter. */
const NOT_EXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';

function filterOf(criteria: Criteria, settled: TextCriterion | undefined, now: number): Filter {
  const names: Filter['names'] = {};
  const values: Filter['values'] = { ':now': { N: String(now) } };
  const conditions = TEXT_CRITERION_NAMES.flatMap((name) => {
    const wanted = criteria[name];
    return wanted === undefined || name === settled ? [] : [anyOf(name, wanted, { names, values })];
  });
  if (criteria.errors && settled !== 'errorCode') conditions.push('attribute_exists(errorCode)');
  if (criteria.readOnly !== undefined) {
    conditions.push('readOnly = :readOnly');
    values[':readOnly'] = { BOOL: criteria.readOnly };
  }
  return { expression: [...conditions, NOT_EXPIRED].join(' AND '), names, values, selective: conditions.length > 0 };
}

/** The condition that an attribute has one of some values; adds its names and values to the filter. */
function anyOf(name: TextCriterion, wanted: readonly string[], { names, values }: Pick<Filter, 'names' | 'values'>) {
  const { attribute } = TEXT_CRITERIA[name];
  // Short names: an expression may have 4 KB.
  const alias = `#${Object.keys(names).length}`;
  names[alias] = attribute;
  const parameterFor = (value: string) => {
    const parameter = `:${Object.keys(values).length}`;
    values[parameter] = text(value);
    return parameter;
  };
  const exact: string[] = [];
  const alternatives = new Set<string>();
  for (const value of wanted) {
    // DynamoDB does not accept empty prefixes everywhere, and has no ranges of addresses.
    if ((isPrefix(name, value) && value === '*') || isRange(name, value))
      alternatives.add(`attribute_exists(${alias})`);
    else if (isPrefix(name, value)) alternatives.add(`begins_with(${alias}, ${parameterFor(value.slice(0, -1))})`);
    else exact.push(parameterFor(storedText(attribute, value)));
  }
  const anyExact = exact.length > 0 ? [`${alias} IN (${exact.join(', ')})`] : [];
  return `(${[...anyExact, ...alternatives].join(' OR ')})`;
}

/** A plan in a few lines for people: what is looked up, and what is filtered after it was read. */
export function explainPlan({ index, partitionKey, partitions, order, range, filter, sources }: QueryPlan): string {
  const { from, to } = range;
  const inSources = sources ? ` AND sourceIp in ${JSON.stringify(sources)}` : '';
  const cost = filter.selective ? ' (events that do not match it are read too, and cost the same)' : '';
  return [
    `index:   ${index}, ${order}`,
    `lookup:  ${explainLookup(partitionKey, partitions)}`,
    `times:   from ${from ?? 'the first event'} to ${to ?? 'the last'}`,
    `filter:  ${readable(filter)}${inSources}${cost}`,
  ].join('\n');
}

const MAX_NAMED = 5;

function explainLookup(partitionKey: string, partitions: readonly string[]): string {
  if (partitions.length === 0) return `no ${partitionKey} has events in these times`;
  const named = partitions.slice(0, MAX_NAMED).map((partition) => JSON.stringify(partition));
  const rest = partitions.length - named.length;
  return `${partitionKey} = ${named.join(' or ')}${rest > 0 ? ` or ${rest} more` : ''}`;
}

/** The filter expression with its names and values filled in. */
function readable({ expression, names, values }: Filter): string {
  return expression.replace(NOT_EXPIRED, 'not expired').replace(/#\d+|:\w+/g, (alias) => {
    const { S, BOOL } = values[alias] ?? {};
    return names[alias] ?? JSON.stringify(S ?? BOOL) ?? alias;
  });
}

/** The cost of a question. */
export interface Consumed {
  requests: number;
  /** Read units of DynamoDB: 0.5 for each 4 KB of index that was read. */
  readUnits: number;
}

export function explainCost({ requests, readUnits }: Consumed): string {
  return `cost:    ${requests} ${requests === 1 ? 'request' : 'requests'}, ${readUnits} read units (1 for each 8 KB of index)`;
}
