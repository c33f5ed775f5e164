import { type DynamoDBClient, paginateQuery, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from './item.ts';

/**
 * All items that a query finds, or the first `limit`, page by page.
 * @param limit most items to read; absent: all
 */
export async function queryItems(dynamo: DynamoDBClient, input: QueryCommandInput, limit?: number): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateQuery({ client: dynamo }, { ...input, Limit: limit })) {
    items.push(...(page.Items ?? []));
    if (limit !== undefined && items.length >= limit) return items.slice(0, limit);
  }
  return items;
}
