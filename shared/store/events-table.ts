import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import { TrailError } from '../errors.ts';
import { conditionHeld } from './conditional.ts';
import { fromEventItem, type StoredEvent, withPreviousRecord } from './event-item.ts';
import { type Item, requiredTextAt, text, textAt, textsAt } from './item.ts';

/**
 * What became of an event that was to be stored: it is new; it was there before; it replaced, or was filed under, another
 * record of the same eventID of which one is an addendum; or the table has another event with its eventID.
 */
export type PutOutcome = 'stored' | 'known' | 'amended' | 'conflict';

/** Two writers can race for one item; each loss means that another writer finished, so a few tries are many. */
const MAX_RACES = 8;

/**
 * Stores one event, once: the put is conditional on the absence of its eventID, and what is stored is never overwritten,
 * but by an addendum to it.
 * @param item as `toEventItem` makes it
 */
export async function putEvent(dynamo: DynamoDBClient, table: string, item: Item): Promise<PutOutcome> {
  if (await putIf(dynamo, newEventPut(table, item))) return 'stored';
  for (let race = 0; race < MAX_RACES; race += 1) {
    const stored = await getItem(dynamo, table, item);
    // Expired and deleted between the two requests.
    if (stored === undefined) {
      if (await putIf(dynamo, newEventPut(table, item))) return 'stored';
      continue;
    }
    const merge = mergeEvents(stored, item);
    if (typeof merge === 'string') return merge;
    if (await putIf(dynamo, replacingPut(table, merge.put, stored))) return 'amended';
  }
  throw new TrailError(
    'write-race',
    `an event in table ${table} keeps changing: expected to store it in ${MAX_RACES} tries`,
  );
}

/** What `putEvent` would do with an event, found out without a write. */
export async function foreseePut(dynamo: DynamoDBClient, table: string, item: Item): Promise<PutOutcome> {
  const stored = await getItem(dynamo, table, item);
  if (stored === undefined) return 'stored';
  const merge = mergeEvents(stored, item);
  return typeof merge === 'string' ? merge : 'amended';
}

/** Decides, without a write, what an event means for the item stored under the same eventID. */
export function mergeEvents(stored: Item, incoming: Item): 'known' | 'conflict' | { put: Item } {
  const hash = requiredTextAt(incoming, 'contentHash');
  if (hash === textAt(stored, 'contentHash') || hash === textAt(stored, 'previousContentHash')) return 'known';
  if (textAt(stored, 'previousContentHash') !== undefined || isAddendum(stored) === isAddendum(incoming))
    return 'conflict';
  return { put: isAddendum(incoming) ? withPreviousRecord(incoming, stored) : withPreviousRecord(stored, incoming) };
}

export function newEventPut(table: string, item: Item): PutItemCommandInput {
  return { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(eventId)' };
}

function replacingPut(table: string, item: Item, stored: Item): PutItemCommandInput {
  return {
    TableName: table,
    Item: item,
    ConditionExpression: 'contentHash = :stored AND attribute_not_exists(previousContentHash)',
    ExpressionAttributeValues: { ':stored': text(requiredTextAt(stored, 'contentHash')) },
  };
}

function isAddendum(item: Item): boolean {
  return textsAt(item, 'flags').includes('addendum');
}

/** False when the put's condition did not hold. */
function putIf(dynamo: DynamoDBClient, input: PutItemCommandInput): Promise<boolean> {
  return conditionHeld(dynamo.send(new PutItemCommand(input)));
}

async function getItem(dynamo: DynamoDBClient, table: string, item: Item): Promise<Item | undefined> {
  const { Item: stored } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { eventId: item.eventId! }, ConsistentRead: true }),
  );
  return stored;
}

/** An event with everything that is stored of it; nothing when it is not there, or has expired. */
export async function getEvent(
  dynamo: DynamoDBClient,
  table: string,
  eventId: string,
  now: number,
): Promise<StoredEvent | undefined> {
  // DynamoDB refuses keys that are empty or too long, and none is stored under one.
  if (eventId === '' || Buffer.byteLength(eventId) > MAX_EVENT_ID_BYTES) return undefined;
  const item = await getItem(dynamo, table, { eventId: text(eventId) });
  const event = item && fromEventItem(item);
  return event?.expiresAt !== undefined && event.expiresAt <= now / 1000 ? undefined : event;
}
