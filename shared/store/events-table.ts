import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import { TrailError } from '../errors.ts';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { conditionHeld } from './conditional.ts';
import { type EventVersion, fromEventItem, type StoredEvent, toVersionsItem } from './event-item.ts';
import { booleanAt, type Item, requiredTextAt, text, textAt } from './item.ts';

/**
 * What became of an event that was to be stored: it is new, or takes the place of a provisional copy; it was there before; it
 * joined the versions of its event, of which addenda are the newer; or the table has another event with its eventID.
 */
export type PutOutcome = 'stored' | 'known' | 'amended' | 'conflict';

/** What an event means for the item stored under the same eventID, and that item as it is to be, if it is to change. */
export interface Merge {
  outcome: PutOutcome;
  put?: Item;
}

/** Two writers can race for one item; each loss means that another writer finished, so a few tries are many. */
const MAX_RACES = 8;

/**
 * Stores one event, once: the put is conditional on the absence of its eventID, and what is stored is never overwritten,
 * but by an addendum to it, or when it is provisional.
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
    const { outcome, put } = mergeEvents(stored, item);
    if (put === undefined || (await putIf(dynamo, replacingPut(table, put, stored)))) return outcome;
  }
  throw new TrailError(
    'write-race',
    `an event in table ${table} keeps changing: expected to store it in ${MAX_RACES} tries`,
  );
}

/** What `putEvent` would do with an event, found out without a write. */
export async function dryRunPut(dynamo: DynamoDBClient, table: string, item: Item): Promise<PutOutcome> {
  const stored = await getItem(dynamo, table, item);
  return stored === undefined ? 'stored' : mergeEvents(stored, item).outcome;
}

/**
 * Decides, without a write, what an event means for the item stored under the same eventID. A log file's record takes the
 * place of a provisional copy, whatever that says; nothing takes its place but an addendum. Of several addenda the newest
 * wins: the one with the later eventTime; of the same time, the one that CloudTrail delivered later; at last its hash
 * decides, so that the order of arrival never does.
 */
export function mergeEvents(stored: Item, incoming: Item): Merge {
  if (isProvisional(incoming)) return { outcome: 'known' };
  if (isProvisional(stored)) return { outcome: 'stored', put: incoming };
  const arrived = fromEventItem(incoming);
  // Nearly all that is known is so by this, and then what is stored need not be unpacked.
  if (arrived.contentHash === textAt(stored, 'contentHash') && !isAddendum(arrived)) return { outcome: 'known' };
  const { previousVersions = [], ...newest } = fromEventItem(stored);
  const versions = [newest, ...previousVersions];
  const copy = versions.find(({ contentHash }) => contentHash === arrived.contentHash);
  if (copy !== undefined) {
    // A version stands for its first delivery, or else its copies would decide which version is the newest.
    if (!isAddendum(arrived) || deliveredAt(copy) <= deliveredAt(arrived)) return { outcome: 'known' };
    return { outcome: 'known', put: toVersionsItem(newestFirst(versions.with(versions.indexOf(copy), arrived))) };
  }
  if (!isAddendum(arrived) && !versions.every(isAddendum)) return { outcome: 'conflict' };
  return { outcome: 'amended', put: toVersionsItem(newestFirst([...versions, arrived])) };
}

function newestFirst(versions: readonly EventVersion[]): EventVersion[] {
  const ranks: ((version: EventVersion) => string)[] = [
    (version) => (isAddendum(version) ? '1' : '0'),
    ({ timeKey }) => timeKey,
    deliveredAt,
    ({ contentHash }) => contentHash,
  ];
  return versions.toSorted((a, b) => {
    const rank = ranks.find((of) => of(a) !== of(b));
    return rank === undefined ? 0 : rank(a) < rank(b) ? 1 : -1;
  });
}

/** When CloudTrail delivered the log file; empty, which is before all times, when its key does not say. */
function deliveredAt({ logFile = '' }: EventVersion): string {
  const names = readObjectKey(logFile);
  return ('skipped' in names ? undefined : names.deliveredAt) ?? '';
}

export function newEventPut(table: string, item: Item): PutItemCommandInput {
  return { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(eventId)' };
}

/** What tells one state of an item from all others. */
const STATE = ['contentHash', 'provisional', 'logFile', 'previousVersions'] as const;

/** Replaces the item that was read, and no other. */
function replacingPut(table: string, item: Item, stored: Item): PutItemCommandInput {
  const conditions = STATE.map((name) => (stored[name] ? `${name} = :${name}` : `attribute_not_exists(${name})`));
  return {
    TableName: table,
    Item: item,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: Object.fromEntries(
      STATE.flatMap((name) => (stored[name] ? [[`:${name}`, stored[name]]] : [])),
    ),
  };
}

const isAddendum = ({ flags }: EventVersion) => flags.includes('addendum');

const isProvisional = (item: Item) => booleanAt(item, 'provisional') === true;

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

/** Returns an event with everything that is stored of it; undefined if it is not there, or has expired. */
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

/**
 * The events of a day, whole, in groups of up to 100; those of which the whole is gone meanwhile are left out.
 * @param day `YYYY-MM-DD`, of eventTime
 */
export async function* eventsOfDay(
  dynamo: DynamoDBClient,
  table: string,
  day: string,
): AsyncGenerator<StoredEvent[], void, void> {
  const input = {
    TableName: table,
    IndexName: 'byDay',
    KeyConditionExpression: '#day = :day',
    ExpressionAttributeNames: { '#day': 'day' },
    ExpressionAttributeValues: { ':day': text(day) },
  };
  for await (const { Items = [] } of paginateQuery({ client: dynamo }, input)) {
    const keys = Items.map((item) => ({ eventId: text(requiredTextAt(item, 'eventId')) }));
    for (let start = 0; start < keys.length; start += BATCH_KEYS) {
      yield (await batchGet(dynamo, table, keys.slice(start, start + BATCH_KEYS))).map(fromEventItem);
    }
  }
}
