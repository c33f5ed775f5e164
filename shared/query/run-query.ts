import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { TableNames } from '../config.ts';
import { listDays } from '../store/environments-table.ts';
import { fromListedItem, type ListedEvent } from '../store/event-item.ts';
import type { Criteria } from './criteria.ts';
import { planQuery, queryInput } from './plan.ts';

/** Where to ask. */
export interface QueryDeps {
  dynamo: DynamoDBClient;
  tables: TableNames;
  /** The clock, in milliseconds since 1970. */
  now(): number;
}

/** The events that meet the criteria, newest first; read as they are taken. */
export async function* queryEvents(criteria: Criteria, deps: QueryDeps): AsyncGenerator<ListedEvent> {
  const { dynamo, tables } = deps;
  const days = () => listDays(dynamo, tables.environmentsTable);
  const plan = await planQuery(criteria, days, Math.floor(deps.now() / 1000));
  const partitions = plan.partitions.map((partition) =>
    readPartition(dynamo, queryInput(plan, partition, tables.eventsTable)),
  );
  yield* plan.order === 'in-turn' ? inTurn(partitions) : byTime(partitions);
}

async function* readPartition(dynamo: DynamoDBClient, input: QueryCommandInput): AsyncGenerator<ListedEvent> {
  let from: Pick<QueryCommandInput, 'ExclusiveStartKey'> = {};
  do {
    const page = await dynamo.send(new QueryCommand({ ...input, ...from }));
    for (const item of page.Items ?? []) yield fromListedItem(item);
    from = { ExclusiveStartKey: page.LastEvaluatedKey };
  } while (from.ExclusiveStartKey !== undefined);
}

async function* inTurn(partitions: AsyncGenerator<ListedEvent>[]): AsyncGenerator<ListedEvent> {
  for (const partition of partitions) yield* partition;
}

/** Merges partitions, each newest first, into one that is. */
async function* byTime(partitions: AsyncGenerator<ListedEvent>[]): AsyncGenerator<ListedEvent> {
  const heads = await Promise.all(partitions.map(async (partition) => ({ partition, head: await partition.next() })));
  while (true) {
    const open = heads.filter(({ head }) => !head.done);
    if (open.length === 0) return;
    const newest = open.reduce((a, b) => (timeKeyOf(b) > timeKeyOf(a) ? b : a));
    yield newest.head.value;
    newest.head = await newest.partition.next();
  }
}

function timeKeyOf({ head }: { head: IteratorResult<ListedEvent> }): string {
  return head.done ? '' : head.value.timeKey;
}
