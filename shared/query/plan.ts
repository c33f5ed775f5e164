import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { type AttributeName, attributeNamed, isInListedMap, LISTED_MAP } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
import { storedText } from '../store/event-item.ts';
import { number, text } from '../store/item.ts';
import { SCHEMA_VERSION } from '../store/schema-version.ts';
import {
  BOOLEAN_CRITERION_NAMES,
  booleanCriterion,
  type Criteria,
  exclusionsOf,
  isPrefix,
  isRange,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
} from './criteria-table.ts';

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
  /** Sources to compare after the events are read: DynamoDB cannot tell whether an address is in a range. */
  sources: Sources;
}

/** The values of criteria about sources, if one of them is a range; else none. */
interface Sources {
  wanted: readonly string[];
  excluded: readonly string[];
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
  const lookup = indexed ? lookupOf(indexed, criteria) : await lookupOfDays(range, order, days);
  return {
    ...lookup,
    // DynamoDB refuses a range that ends before it begins.
    partitions: range.from !== undefined && range.to !== undefined && range.from > range.to ? [] : lookup.partitions,
    order,
    range,
    filter: filterOf(criteria, indexed, now),
    sources: {
      wanted: ifRanges(criteria.sourceIp),
      excluded: ifRanges(exclusionsOf(criteria).get('sourceIp')),
    },
  };
}

/**
 * Returns the plan that reads all events with one value, as it is stored: a final `*` is part of it.
 * @param name a criterion with an index
 * @param now seconds since 1970
 */
export function planOfValue(name: TextCriterion, value: string, order: Order, now: number): QueryPlan {
  const { attribute } = TEXT_CRITERIA[name];
  const [index] = attributeNamed(attribute).index ?? [''];
  return {
    ...{ index, partitionKey: attribute, partitions: [value], reading: 'merged', order },
    range: { from: undefined, to: undefined },
    filter: filterOf({}, name, now),
    sources: { wanted: [], excluded: [] },
  };
}

const ifRanges = (sources: readonly string[] = []) =>
  sources.some((source) => isRange('sourceIp', source)) ? sources : [];

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

function lookupOf(name: TextCriterion, criteria: Criteria): Lookup {
  const { attribute } = TEXT_CRITERIA[name];
  const [index] = attributeNamed(attribute).index ?? [''];
  // DynamoDB accepts no filter on the key of an index.
  const excluded = exclusionsOf(criteria).get(name) ?? [];
  const isExcluded = (key: string) =>
    excluded.some((value) =>
      isPrefix(name, value) ? key.startsWith(value.slice(0, -1)) : key === storedText(attribute, value),
    );
  const keys = new Set((criteria[name] ?? []).map((value) => storedText(attribute, value)));
  const partitions = [...keys].filter((key) => !isExcluded(key));
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
/** Finds events of other schema versions whatever is asked: they may lack what the conditions name, and reading one is an error. */
const OTHER_VERSION = 'attribute_not_exists(schemaVersion) OR schemaVersion <> :schema';

/** @param settled the criterion that the key condition covers */
function filterOf(criteria: Criteria, settled: TextCriterion | undefined, now: number): Filter {
  const aliases = new Aliases();
  const conditions = TEXT_CRITERION_NAMES.flatMap((name) => {
    const wanted = name === settled ? undefined : criteria[name];
    return wanted === undefined ? [] : [anyOf(name, wanted, aliases)];
  });
  for (const name of BOOLEAN_CRITERION_NAMES) {
    const { attribute, values } = booleanCriterion(name);
    const wanted = criteria[name];
    if (wanted === undefined || settled === attribute) continue;
    const path = aliases.pathOf(attribute);
    conditions.push(values ? `${path} = ${aliases.valueOf(values[`${wanted}`])}` : `attribute_exists(${path})`);
  }
  for (const [name, values] of exclusionsOf(criteria)) {
    if (name === settled || (name === 'sourceIp' && ifRanges(values).length > 0)) continue;
    // Events without the attribute stay.
    conditions.push(`NOT ${anyOf(name, values, aliases)}`);
  }
  const { names, values } = aliases;
  if (conditions.length === 0) {
    return { expression: NOT_EXPIRED, names, values: { ':now': number(now), ...values }, selective: false };
  }
  return {
    expression: `(${OTHER_VERSION} OR ${conditions.join(' AND ')}) AND ${NOT_EXPIRED}`,
    names,
    values: { ':now': number(now), ':schema': number(SCHEMA_VERSION), ...values },
    selective: true,
  };
}

/** Names and values of a filter, with short aliases: an expression may have 4 KB. */
class Aliases {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};

  /** The path of an attribute in an item. */
  pathOf(attribute: AttributeName): string {
    const alias = `#${Object.keys(this.names).length}`;
    this.names[alias] = attribute;
    return isInListedMap(attribute) ? `${LISTED_MAP}.${alias}` : alias;
  }

  valueOf(value: string | boolean): string {
    const alias = `:${Object.keys(this.values).length}`;
    this.values[alias] = typeof value === 'string' ? text(value) : { BOOL: value };
    return alias;
  }
}

/** The condition that an attribute has one of some values. */
function anyOf(name: TextCriterion, wanted: readonly string[], aliases: Aliases): string {
  const { attribute, matches } = TEXT_CRITERIA[name];
  const path = aliases.pathOf(attribute);
  const exact: string[] = [];
  const alternatives = new Set<string>();
  for (const value of wanted) {
    // DynamoDB does not accept empty prefixes everywhere, and has no ranges of addresses.
    if ((isPrefix(name, value) && value === '*') || isRange(name, value)) alternatives.add(`attribute_exists(${path})`);
    else if (isPrefix(name, value)) alternatives.add(`begins_with(${path}, ${aliases.valueOf(value.slice(0, -1))})`);
    else if (matches === 'element')
      alternatives.add(`contains(${path}, ${aliases.valueOf(storedText(attribute, value))})`);
    else exact.push(aliases.valueOf(storedText(attribute, value)));
  }
  const anyExact = exact.length > 0 ? [`${path} IN (${exact.join(', ')})`] : [];
  return `(${[...anyExact, ...alternatives].join(' OR ')})`;
}

/** A plan in a few lines for people: what is looked up, and what is filtered after it was read. */
export function explainPlan({ index, partitionKey, partitions, order, range, filter, sources }: QueryPlan): string {
  const { from, to } = range;
  const { wanted, excluded } = sources;
  const inSources =
    (wanted.length > 0 ? ` AND sourceIp in ${JSON.stringify(wanted)}` : '') +
    (excluded.length > 0 ? ` AND sourceIp not in ${JSON.stringify(excluded)}` : '');
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
  const ours = expression
    .replace(`(${OTHER_VERSION} OR `, '')
    .replace(`) AND ${NOT_EXPIRED}`, ' AND not expired')
    .replace(NOT_EXPIRED, 'not expired');
  return ours.replaceAll(`${LISTED_MAP}.`, '').replace(/#\d+|:\w+/g, (alias) => {
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
