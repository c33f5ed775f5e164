import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  type KeysAndAttributes,
  paginateQuery,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { TrailError } from '../errors.ts';
import type { Item } from './item.ts';

/** Returns an item by its key; undefined if there is none. */
export async function getItem(
  dynamo: DynamoDBClient,
  table: string,
  key: Item,
  options: Partial<GetItemCommandInput> = { ConsistentRead: true },
): Promise<Item | undefined> {
  return (await dynamo.send(new GetItemCommand({ TableName: table, Key: key, ...options }))).Item;
}

/**
 * Returns all items that a query finds, page by page.
 * @param limit maximum number of items
 */
export async function queryItems(dynamo: DynamoDBClient, input: QueryCommandInput, limit?: number): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateQuery({ client: dynamo }, { ...input, Limit: limit })) {
    items.push(...(page.Items ?? []));
    if (limit !== undefined && items.length >= limit) return items.slice(0, limit);
  }
  return items;
}

/** Maximum number of keys in one request. */
export const BATCH_KEYS = 100;
const MAX_ROUNDS = 10;
const PAUSE_MS = 50;

/**
 * Reads items by their keys, at most 100 at a time. Items that do not exist are left out.
 * @throws {TrailError} `batch-unprocessed`, if DynamoDB keeps leaving keys out
 */
export async function* batchGet(
  dynamo: DynamoDBClient,
  table: string,
  keys: readonly Item[],
  isConsistent = true,
): AsyncGenerator<Item[], void, void> {
  for (let start = 0; start < keys.length; start += BATCH_KEYS) {
    yield await getBatch(dynamo, table, { Keys: keys.slice(start, start + BATCH_KEYS), ConsistentRead: isConsistent });
  }
}

async function getBatch(dynamo: DynamoDBClient, table: string, keys: KeysAndAttributes): Promise<Item[]> {
  const items: Item[] = [];
  let request: KeysAndAttributes | undefined = keys;
  for (let round = 0; request !== undefined && (request.Keys?.length ?? 0) > 0; round += 1) {
    if (round > 0) await setTimeout(PAUSE_MS * 2 ** round * Math.random());
    if (round === MAX_ROUNDS) throw new TrailError('batch-unprocessed', `table ${table}: expected all keys to be read`);
    const answer: BatchGetItemCommandOutput = await dynamo.send(
      new BatchGetItemCommand({ RequestItems: { [table]: request } }),
    );
    items.push(...(answer.Responses?.[table] ?? []));
    request = answer.UnprocessedKeys?.[table];
  }
  return items;
}
