import type { Consumed } from './partition-reader.ts';
import { type Filter, NOT_EXPIRED, type QueryPlan } from './plan.ts';

/** A plan in a few lines for people: what is looked up, and what is only sorted out after it was read. */
export function explainPlan({ index, partitionKey, partitions, order, range, filter, sourceIp }: QueryPlan): string {
  return [
    `index:   ${index}, ${order}`,
    `lookup:  ${lookup(partitionKey, partitions)}`,
    `times:   ${range.from === undefined ? 'from the first event' : `from ${range.from}`} ${range.to === undefined ? 'to the last' : `to ${range.to}`}`,
    `filter:  ${readable(filter)}${sourceIp ? ` AND sourceIp in ${JSON.stringify(sourceIp)}` : ''}${filter.selective ? ' (events that do not meet it are read, and cost, too)' : ''}`,
  ].join('\n');
}

/** What an answer has cost; a read unit buys two index reads of up to 4 KB. */
export function explainCost({ requests, readUnits }: Consumed): string {
  return `cost:    ${requests} ${requests === 1 ? 'request' : 'requests'}, ${readUnits} read units (1 for each 8 KB of index)`;
}

const MAX_NAMED = 5;

function lookup(partitionKey: string, partitions: readonly string[]): string {
  if (partitions.length === 0) return `no ${partitionKey} has events in these times`;
  const named = partitions.slice(0, MAX_NAMED).map((partition) => JSON.stringify(partition));
  const rest = partitions.length - named.length;
  return `${partitionKey} = ${named.join(' or ')}${rest > 0 ? ` or ${rest} more` : ''}`;
}

/** The filter expression with names and values in their places. */
function readable({ expression, names, values }: Filter): string {
  return expression
    .replace(NOT_EXPIRED, 'not expired')
    .replace(/#\d+|:\w+/g, (alias) => names[alias] ?? valueText(values[alias]) ?? alias);
}

function valueText(value: Filter['values'][string] | undefined): string | undefined {
  if (value?.S !== undefined) return JSON.stringify(value.S);
  return value?.N ?? (value?.BOOL === undefined ? undefined : String(value.BOOL));
}
