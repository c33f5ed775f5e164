import { BatchExecuteStatementCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { Item } from './item.ts';

/** DynamoDB takes at most 25 statements in a batch, and no two for one key. */
const BATCH = 25;
const CONCURRENT_BATCHES = 4;

/**
 * Inserts items whose keys the table does not have. Each item costs what a conditional PutItem does, and 25 of them take one request.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
 * @param items with different keys
 * @param onFailure is called with the code of each error, unless it says that the table has the key
 * @returns for each item whether it was certainly inserted. If not, the table has the key, or DynamoDB could not write it, or its
 * answer was lost: write the item by itself, so that the SDK tries again or reports what failed
 */
export async function insertItems(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
  onFailure: (code: string) => void,
): Promise<boolean[]> {
  const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) =>
    items.slice(i * BATCH, (i + 1) * BATCH),
  );
  const inserted = await pMap(batches, (batch) => insertBatch(dynamo, table, batch, onFailure), {
    concurrency: CONCURRENT_BATCHES,
  });
  return inserted.flat();
}

async function insertBatch(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
  onFailure: (code: string) => void,
): Promise<boolean[]> {
  const Statements = items.map((item) => ({
    Statement: insertStatement(table, item),
    Parameters: Object.values(item),
  }));
  try {
    const { Responses = [] } = await dynamo.send(new BatchExecuteStatementCommand({ Statements }));
    for (const { Error: failure } of Responses) {
      if (failure?.Code && failure.Code !== 'DuplicateItem') onFailure(failure.Code);
    }
    return items.map((_, i) => Responses[i] !== undefined && Responses[i].Error === undefined);
  } catch (error) {
    onFailure((error as Error).name);
    return items.map(() => false);
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html */
function insertStatement(table: string, item: Item): string {
  const members = Object.keys(item).map((name) => `'${name.replaceAll("'", "''")}': ?`);
  return `INSERT INTO "${table}" VALUE {${members.join(', ')}}`;
}
