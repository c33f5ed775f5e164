import {
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { DAY_MS } from '../cloudtrail/times.ts';
import { conditionHeld } from '../store/conditional.ts';
import { type Item, number, text } from '../store/item.ts';
import { truncateKey } from '../store/keys.ts';
import { getItem } from '../store/read-items.ts';

/** The table in which the alert function remembers. Its items expire. */
export interface StateTable {
  dynamo: DynamoDBClient;
  name: string;
}

/** Longer than the stream keeps a change: until then it may be delivered again. */
export const REDELIVERY_MS = 2 * DAY_MS;

const MAX_KEY_BYTES = 1_024;

/** The key of an item. @param about a text of any length */
export const stateKey = (kind: string, about: string, entry = '-'): Item => ({
  about: text(truncateKey(`${kind} ${about}`, MAX_KEY_BYTES)),
  entry: text(entry),
});

export const readState = ({ dynamo, name }: StateTable, key: Item) => getItem(dynamo, name, key);

/** The `expiresAt` of an item. @param until milliseconds since 1970 */
export const expiryOf = (until: number) => number(Math.ceil(until / 1000));

/** @param until when the item expires, in milliseconds since 1970 */
export const expiring = (key: Item, attributes: Item, until: number): Item => ({
  ...key,
  ...attributes,
  expiresAt: expiryOf(until),
});

/** Writes an item whether or not it is there. */
export async function writeState({ dynamo, name }: StateTable, item: Item): Promise<void> {
  await dynamo.send(new PutItemCommand({ TableName: name, Item: item }));
}

/**
 * Changes attributes of an item, which is made if it is not there.
 * @param values that the expressions name as `:NAME`
 * @returns whether the condition held
 */
export function updateState(
  { dynamo, name }: StateTable,
  key: Item,
  expressions: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression'>,
  values: Item,
): Promise<boolean> {
  const ExpressionAttributeValues = Object.fromEntries(
    Object.entries(values).map(([attribute, value]) => [`:${attribute}`, value]),
  );
  const input = { TableName: name, Key: key, ...expressions, ExpressionAttributeValues };
  return conditionHeld(dynamo.send(new UpdateItemCommand(input)));
}

/**
 * Writes an item unless it has changed since it was read.
 * @param attribute that changes with every write; `stored` is its value, undefined: the item was not there
 * @returns whether it was written
 */
export function replaceState(
  { dynamo, name }: StateTable,
  item: Item,
  attribute: string,
  stored: Item[string] | undefined,
): Promise<boolean> {
  const condition =
    stored === undefined
      ? { ConditionExpression: 'attribute_not_exists(about)' }
      : {
          ConditionExpression: '#attribute = :stored',
          ExpressionAttributeNames: { '#attribute': attribute },
          ExpressionAttributeValues: { ':stored': stored },
        };
  return conditionHeld(dynamo.send(new PutItemCommand({ TableName: name, Item: item, ...condition })));
}
