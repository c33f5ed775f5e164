import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { TrailError } from '../errors.ts';
import type { Item } from './item.ts';

/** Most keys in one request. */
export const BATCH_KEYS = 100;
const MAX_ROUNDS = 10;
const PAUSE_MS = 50;

/**
 * Reads up to 100 items by their keys; those that are not there are left out.
 * @throws {TrailError} `batch-unprocessed`, when DynamoDB leaves keys out again and again
 */
export async function batchGet(dynamo: DynamoDBClient, table: string, keys: readonly Item[]): Promise<Item[]> {
  const items: Item[] = [];
  let request: KeysAndAttributes | undefined = { Keys: [...keys], ConsistentRead: true };
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
