import { type DynamoDBClient, PutItemCommand, type PutItemCommandInput, paginateQuery } from '@aws-sdk/client-dynamodb';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import { TrailError } from '../errors.ts';
import { conditionHeld } from './conditional.ts';
import { type EventVersion, fromEventItem, type StoredEvent, toVersionsItem } from './event-item.ts';
import { booleanAt, type Item, requiredTextAt, text, textAt, textsAt } from './item.ts';
import { BATCH_KEYS, batchGet, getItem } from './read-items.ts';
import { isCurrent } from './schema-version.ts';

/**
 * What became of an event that was to be stored. `stored`: it is new, or replaces a provisional copy; `duplicate`: it was
 * there before; `amended`: it is another version of its event; `conflict`: the table has another event with its eventID.
 */
export type PutOutcome = 'stored' | 'duplicate' | 'amended' | 'conflict';

/** What an event means for the item stored under the same eventID, and that item's next state if it changes. */
export interface Merge {
  outcome: PutOutcome;
  put?: Item;
}

/** Each lost race means that another writer finished. */
const MAX_RACES = 8;

/**
 * Stores one event, once. The put is conditional on the absence of its eventID. A stored event is overwritten only by its
 * addenda, or if it is provisional.
 * @param item as `toEventItem` makes it
 */
export async function putEvent(dynamo: DynamoDBClient, table: string, item: Item): Promise<PutOutcome> {
  if (await putIf(dynamo, newEventPut(table, item))) return 'stored';
  for (let race = 0; race < MAX_RACES; race += 1) {
    const stored = await getItem(dynamo, table, keyOf(item));
    // Expired and deleted between the two requests.
    if (stored === undefined) {
      if (await putIf(dynamo, newEventPut(table, item))) return 'stored';
      continue;
    }
    const { outcome, put } = mergeEvents(stored, item);
    if (put === undefined || (await replaceEvent(dynamo, table, put, stored))) return outcome;
  }
  throw new TrailError(
    'write-race',
    `an event in table ${table} keeps changing: expected to store it in ${MAX_RACES} tries`,
  );
}

/** Returns what `putEvent` would return, without a write. */
export async function dryRunPut(dynamo: DynamoDBClient, table: string, item: Item): Promise<PutOutcome> {
  const stored = await getItem(dynamo, table, keyOf(item));
  return stored === undefined ? 'stored' : mergeEvents(stored, item).outcome;
}

/**
 * Decides what an event means for the item stored under the same eventID. A log file's record replaces a provisional copy,
 * whatever that says; only an addendum replaces a log file's record. Of several addenda the newest wins: by eventTime, then by
 * delivery, then by hash, so that the order of arrival never matters.
 */
export function mergeEvents(stored: Item, incoming: Item): Merge {
  if (!isCurrent(stored)) return mergeWithOtherVersion(stored, incoming);
  if (isProvisional(incoming)) return { outcome: 'duplicate' };
  if (isProvisional(stored)) return { outcome: 'stored', put: incoming };
  const arrived = fromEventItem(incoming);
  // This decides nearly all duplicates, without unpacking what is stored.
  if (arrived.contentHash === textAt(stored, 'contentHash') && !isAddendum(arrived)) return { outcome: 'duplicate' };
  const { previousVersions = [], ...newest } = fromEventItem(stored);
  const versions = [newest, ...previousVersions];
  const copy = versions.find(({ contentHash }) => contentHash === arrived.contentHash);
  if (copy !== undefined) {
    // A version counts by its first delivery: its copies must not decide which version is the newest.
    if (!isAddendum(arrived) || deliveredAt(copy) <= deliveredAt(arrived)) return { outcome: 'duplicate' };
    return { outcome: 'duplicate', put: toVersionsItem(newestFirst(versions.with(versions.indexOf(copy), arrived))) };
  }
  if (!isAddendum(arrived) && !versions.every(isAddendum)) return { outcome: 'conflict' };
  return { outcome: 'amended', put: toVersionsItem(newestFirst([...versions, arrived])) };
}

/**
 * An item of another schema version is replaced when what it was made of is read again. The versions that addenda replaced come
 * back with their own log files. The event of a conflict that was stored first stays so.
 */
function mergeWithOtherVersion(stored: Item, incoming: Item): Merge {
  if (isProvisional(incoming) && !isProvisional(stored)) return { outcome: 'duplicate' };
  const isSameEvent = isProvisional(stored) || [stored, incoming].some(hasAddendum) || hasSameContent(stored, incoming);
  return isSameEvent ? { outcome: 'stored', put: incoming } : { outcome: 'conflict' };
}

const hasAddendum = (item: Item) => textsAt(item, 'flags').includes('addendum');

const hasSameContent = (one: Item, other: Item) => textAt(one, 'contentHash') === textAt(other, 'contentHash');

/** Sorts the versions of one event: the one that counts comes first. */
export function newestFirst<Version extends EventVersion>(versions: readonly Version[]): Version[] {
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

/** Returns when CloudTrail delivered the log file; empty, which sorts first, if its key does not say. */
function deliveredAt({ logFile = '' }: EventVersion): string {
  const names = readObjectKey(logFile);
  return ('skipped' in names ? undefined : names.deliveredAt) ?? '';
}

export function newEventPut(table: string, item: Item): PutItemCommandInput {
  return { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(eventId)' };
}

/** These attributes together identify a state of an item. */
const STATE = ['contentHash', 'provisional', 'logFile', 'previousVersions', 'schemaVersion'] as const;

/** Replaces an item if it is still as it was read. Returns whether it was. */
export function replaceEvent(dynamo: DynamoDBClient, table: string, item: Item, stored: Item): Promise<boolean> {
  return putIf(dynamo, replacingPut(table, item, stored));
}

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

const keyOf = ({ eventId }: Item) => ({ eventId: eventId! });

const isProvisional = (item: Item) => booleanAt(item, 'provisional') === true;

/** Returns false if the condition did not hold. */
function putIf(dynamo: DynamoDBClient, input: PutItemCommandInput): Promise<boolean> {
  return conditionHeld(dynamo.send(new PutItemCommand(input)));
}

/** Returns an event with everything that is stored of it; undefined if it is not there, or has expired. */
export async function getEvent(
  dynamo: DynamoDBClient,
  table: string,
  eventId: string,
  now: number,
): Promise<StoredEvent | undefined> {
  // DynamoDB refuses such keys.
  if (eventId === '' || Buffer.byteLength(eventId) > MAX_EVENT_ID_BYTES) return undefined;
  const item = await getItem(dynamo, table, { eventId: text(eventId) });
  const event = item && fromEventItem(item);
  return event?.expiresAt !== undefined && event.expiresAt <= now / 1000 ? undefined : event;
}

/** Yields the complete items of a day, in groups of up to 100, without those that were deleted meanwhile. */
export async function* itemsOfDay(
  dynamo: DynamoDBClient,
  table: string,
  day: string,
): AsyncGenerator<Item[], void, void> {
  for await (const eventIds of eventIdsOfDay(dynamo, table, day)) yield* batchGet(dynamo, table, keysOf(eventIds));
}

/**
 * Yields the eventIDs of a day, expired events included, in the order of time and in groups of up to 100.
 * @param day `YYYY-MM-DD`, of eventTime
 */
export async function* eventIdsOfDay(
  dynamo: DynamoDBClient,
  table: string,
  day: string,
): AsyncGenerator<string[], void, void> {
  const input = {
    TableName: table,
    IndexName: 'byDay',
    KeyConditionExpression: '#day = :day',
    ProjectionExpression: 'eventId',
    ExpressionAttributeNames: { '#day': 'day' },
    ExpressionAttributeValues: { ':day': text(day) },
  };
  for await (const { Items = [] } of paginateQuery({ client: dynamo }, input)) {
    const eventIds = Items.map((item) => requiredTextAt(item, 'eventId'));
    for (let start = 0; start < eventIds.length; start += BATCH_KEYS) yield eventIds.slice(start, start + BATCH_KEYS);
  }
}

/** Returns which of some events, each given once, a log file has brought. */
export async function eventsWithLogFile(
  dynamo: DynamoDBClient,
  table: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const items of batchGet(dynamo, table, keysOf(eventIds))) {
    for (const item of items) if (!isProvisional(item)) found.add(requiredTextAt(item, 'eventId'));
  }
  return found;
}

const keysOf = (eventIds: readonly string[]) => eventIds.map((eventId) => ({ eventId: text(eventId) }));

/** Returns the complete events with some eventIDs, each given once, in their order, without those that were deleted meanwhile. */
export async function getEvents(
  dynamo: DynamoDBClient,
  table: string,
  eventIds: readonly string[],
): Promise<StoredEvent[]> {
  const groups = await Array.fromAsync(batchGet(dynamo, table, keysOf(eventIds)));
  const events = groups.flat().map(fromEventItem);
  const byId = new Map(events.map((event) => [event.eventId, event]));
  return eventIds.flatMap((eventId) => byId.get(eventId) ?? []);
}
