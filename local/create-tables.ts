import { setTimeout } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  type TimeToLiveSpecification,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';

/**
 * What `ensureTable` found. `unfinished`: an earlier process ended while it created the table, which an embedded DynamoDB never
 * finishes. `different`: the table has other keys or indexes.
 */
export type TableState = 'created' | 'present' | 'unfinished' | 'different';

/** A table as CreateTable takes it, and its time to live, which is set by another request. */
export interface TableDefinition extends CreateTableCommandInput {
  TableName: string;
  TimeToLiveSpecification?: TimeToLiveSpecification;
}

/** Creates a table unless it exists, and sets its time to live. */
export async function ensureTable(
  dynamo: DynamoDBClient,
  { TimeToLiveSpecification: timeToLive, ...definition }: TableDefinition,
): Promise<TableState> {
  const { TableName } = definition;
  const table = await describe(dynamo, TableName);
  const state = table ? stateOf(table, definition) : 'created';
  if (state === 'created') {
    try {
      await dynamo.send(new CreateTableCommand(definition));
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
    await untilActive(dynamo, TableName);
  }
  if (timeToLive && (state === 'created' || state === 'present')) await ensureTimeToLive(dynamo, TableName, timeToLive);
  return state;
}

async function ensureTimeToLive(
  dynamo: DynamoDBClient,
  TableName: string,
  timeToLive: TimeToLiveSpecification,
): Promise<void> {
  try {
    const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
    if (TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return;
    await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: timeToLive }));
  } catch (error) {
    // Some emulators lack it. Nothing depends on it: readers leave out items that have expired.
    if ((error as Error).name !== 'UnknownOperationException') throw error;
  }
}

async function describe(dynamo: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await dynamo.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** What a table is, compared with its definition. */
export function stateOf(table: TableDescription, definition: CreateTableCommandInput): TableState {
  if (table.TableStatus === 'CREATING') return 'unfinished';
  return shapeOf(table) === shapeOf(definition) ? 'present' : 'different';
}

/** The keys and indexes of a table as one comparable text. */
function shapeOf(table: TableDescription | CreateTableCommandInput): string {
  const indexes = (table.GlobalSecondaryIndexes ?? []).map((index) => [
    index.IndexName,
    keysOf(index.KeySchema),
    [...(index.Projection?.NonKeyAttributes ?? [])].sort(),
  ]);
  return JSON.stringify([keysOf(table.KeySchema), indexes.sort()]);
}

const keysOf = (schema: TableDescription['KeySchema']) => (schema ?? []).map((key) => key.AttributeName);

async function untilActive(dynamo: DynamoDBClient, name: string): Promise<void> {
  for (let wait = 1; (await describe(dynamo, name))?.TableStatus !== 'ACTIVE'; wait = Math.min(wait * 2, 1_000)) {
    await setTimeout(wait);
  }
}
