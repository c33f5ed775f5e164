import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from './item.ts';

/**
 * Sets attributes of an item if a condition holds, in which `#NAME` is a stored attribute and `:NAME` its new value.
 * @param removed names of attributes that the item has no more
 * @returns whether it held
 */
export async function updateIf(
  dynamo: DynamoDBClient,
  table: string,
  key: Item,
  attributes: Item,
  condition: string,
  removed: readonly string[] = [],
): Promise<boolean> {
  const names = Object.keys(attributes);
  const sets = `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`;
  const removes = removed.length === 0 ? '' : ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`;
  return conditionHeld(
    dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key,
        UpdateExpression: `${sets}${removes}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries([...names, ...removed].map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]!])),
      }),
    ),
  );
}

/** Waits for a conditional write; false when its condition did not hold. */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
