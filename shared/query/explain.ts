import type { Consumed } from './partition-reader.ts';
import type { QueryPlan } from './plan.ts';

/** A plan in a few lines for people: which index, which partitions, which times, what is filtered after reading. */
export function explainPlan({ index, partitionKey, partitions, reading, order, range, filter }: QueryPlan): string {
  const names = (expression: string) => expression.replace(/#\d+/g, (alias) => filter.names[alias] ?? alias);
  return [
    `index:      ${index} (${order})`,
    `partitions: ${partitions.length} of ${partitionKey}${reading === 'in-turn' ? ', one after the other' : ''}`,
    `times:      ${range.from === undefined ? 'from the beginning' : `from ${range.from}`} ${range.to === undefined ? 'to the end' : `to ${range.to}`}`,
    `filter:     ${names(filter.expression)}`,
  ].join('\n');
}

export function explainCost({ requests, readUnits }: Consumed): string {
  return `cost:       ${requests} ${requests === 1 ? 'request' : 'requests'}, ${readUnits} read units`;
}
