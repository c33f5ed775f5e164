import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

/** What `ensureTable` found. */
export type TableState = 'created' | 'present' | 'unfinished' | 'different';

/**
 * Creates a table unless it is there.
 * @returns `unfinished` when an earlier process ended while it created the table, which an embedded DynamoDB never
 *   finishes; `different` when the table there has other keys or indexes
 */
export async function ensureTable(dynamo: DynamoDBClient, definition: CreateTableCommandInput): Promise<TableState> {
  const table = await describe(dynamo, definition.TableName!);
  if (table) return stateOf(table, definition);
  try {
    await dynamo.send(new CreateTableCommand(definition));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await untilActive(dynamo, definition.TableName!);
  return 'created';
}

async function describe(dynamo: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await dynamo.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function stateOf(table: TableDescription, definition: CreateTableCommandInput): TableState {
  if (table.TableStatus === 'CREATING') return 'unfinished';
  return shapeOf(table) === shapeOf(definition) ? 'present' : 'different';
}

/** The keys and indexes of a table, in one comparable text. */
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
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
