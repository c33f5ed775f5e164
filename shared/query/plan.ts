import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { storedText } from '../store/event-item.ts';
import { text } from '../store/item.ts';
import { type Criteria, TEXT_CRITERIA, type TextCriterion } from './criteria.ts';

/** How a query is answered: partitions of one index, each read newest first. Never a scan. */
export interface QueryPlan {
  index: 'byEnvironment' | 'byAccessKey' | 'byPrincipal' | 'byErrorCode' | 'byEventName' | 'byDay';
  /** The attribute that is the index's partition key. */
  partitionKey: string;
  /** `by-time`: the partitions overlap in time; `in-turn`: each is older than the one before. */
  order: 'by-time' | 'in-turn';
  partitions: string[];
  /** Bounds of the sort key, inclusive; as text, a timeKey is above its bare time. */
  range: { from?: string; to?: string };
  /** What the key condition does not settle. */
  filter?: Filter;
}

export interface Filter {
  expression: string;
  names: Record<string, string>;
  values: Record<string, AttributeValue>;
}

/** The indexes by text, in the order of how little they usually have to read. */
const INDEXES = [
  ['environment', 'byEnvironment'],
  ['accessKeyId', 'byAccessKey'],
  ['principal', 'byPrincipal'],
  ['errorCode', 'byErrorCode'],
  ['eventName', 'byEventName'],
] as const satisfies readonly (readonly [TextCriterion, QueryPlan['index']])[];

/**
 * @param days all days with events, oldest first; only asked when no index by text serves
 * @param now seconds since 1970; events that have expired are left out, as DynamoDB deletes them only days later
 */
export async function planQuery(
  criteria: Criteria,
  days: () => Promise<readonly string[]>,
  now: number,
): Promise<QueryPlan> {
  const indexed = INDEXES.find(([name]) => criteria[name] && !(name === 'principal' && criteria[name].some(isPrefix)));
  const range = timeRange(criteria);
  if (!indexed) {
    const partitions = daysWithin(await days(), criteria).reverse();
    const filter = filterOf(criteria, undefined, now);
    return { index: 'byDay', partitionKey: 'day', order: 'in-turn', partitions, range, filter };
  }
  const [name, index] = indexed;
  const partitionKey = TEXT_CRITERIA[name];
  const partitions = [...new Set(criteria[name]!.map((value) => storedText(partitionKey, value)))];
  return { index, partitionKey, order: 'by-time', partitions, range, filter: filterOf(criteria, name, now) };
}

/** The DynamoDB query for one partition of a plan. */
export function queryInput(plan: QueryPlan, partition: string, table: string): QueryCommandInput {
  const { from, to } = plan.range;
  const bounds = timeCondition(from, to);
  return {
    TableName: table,
    IndexName: plan.index,
    KeyConditionExpression: `#partition = :partition${bounds === '' ? '' : ` AND ${bounds}`}`,
    ExpressionAttributeNames: { '#partition': plan.partitionKey, ...plan.filter?.names },
    ExpressionAttributeValues: {
      ':partition': text(partition),
      ...(from === undefined ? {} : { ':from': text(from) }),
      ...(to === undefined ? {} : { ':to': text(to) }),
      ...plan.filter?.values,
    },
    ...(plan.filter ? { FilterExpression: plan.filter.expression } : {}),
    ScanIndexForward: false,
  };
}

function timeCondition(from: string | undefined, to: string | undefined): string {
  if (from !== undefined && to !== undefined) return 'timeKey BETWEEN :from AND :to';
  if (from !== undefined) return 'timeKey >= :from';
  return to === undefined ? '' : 'timeKey <= :to';
}

/** A timeKey is `TIME#eventId`: all of one time are above the bare `TIME`, so as an upper bound it is exclusive. */
function timeRange({ since, until }: Criteria): QueryPlan['range'] {
  return { ...(since === undefined ? {} : { from: since }), ...(until === undefined ? {} : { to: until }) };
}

function daysWithin(days: readonly string[], { since, until }: Criteria): string[] {
  return days.filter(
    (day) => (since === undefined || day >= since.slice(0, 10)) && (until === undefined || day <= until.slice(0, 10)),
  );
}

function filterOf(criteria: Criteria, settled: TextCriterion | undefined, now: number): Filter {
  const filter: Filter = { expression: '', names: {}, values: {} };
  const conditions = ['(attribute_not_exists(expiresAt) OR expiresAt > :now)'];
  filter.values[':now'] = { N: String(now) };
  for (const name of Object.keys(TEXT_CRITERIA) as TextCriterion[]) {
    const values = criteria[name];
    if (values !== undefined && name !== settled) conditions.push(anyOf(TEXT_CRITERIA[name], values, name, filter));
  }
  if (criteria.errors && settled !== 'errorCode') conditions.push('attribute_exists(errorCode)');
  if (criteria.readOnly !== undefined) {
    conditions.push('readOnly = :readOnly');
    filter.values[':readOnly'] = { BOOL: criteria.readOnly };
  }
  filter.expression = conditions.join(' AND ');
  return filter;
}

/** The condition that an attribute has one of some values; adds their names and values to the filter. */
function anyOf(attribute: string, values: readonly string[], criterion: TextCriterion, filter: Filter): string {
  filter.names[`#${attribute}`] = attribute;
  const exact: string[] = [];
  const alternatives: string[] = [];
  for (const [i, value] of values.entries()) {
    const prefix = criterion === 'principal' && isPrefix(value);
    if (prefix && value === '*') {
      // Any at all; to begin with nothing is no condition that DynamoDB takes everywhere.
      alternatives.push(`attribute_exists(#${attribute})`);
      continue;
    }
    const parameter = `:${attribute}${i}`;
    filter.values[parameter] = text(prefix ? value.slice(0, -1) : storedText(attribute, value));
    if (prefix) alternatives.push(`begins_with(#${attribute}, ${parameter})`);
    else exact.push(parameter);
  }
  if (exact.length > 0) alternatives.unshift(`#${attribute} IN (${exact.join(', ')})`);
  return `(${alternatives.join(' OR ')})`;
}

const isPrefix = (value: string) => value.endsWith('*');
