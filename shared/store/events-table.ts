import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import { readObjectKey } from '../cloudtrail/object-key.ts';
import { TrailError } from '../errors.ts';
import { conditionHeld } from './conditional.ts';
import { type EventVersion, fromEventItem, type StoredEvent, toVersionsItem } from './event-item.ts';
import { booleanAt, type Item, text, textAt } from './item.ts';

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
  const rank = (version: EventVersion) => [
    isAddendum(version) ? '1' : '0',
    version.timeKey,
    deliveredAt(version),
    version.contentHash,
  ];
  const ranked = versions.map((version) => ({ version, rank: rank(version) }));
  return ranked.sort((a, b) => compareTexts(b.rank, a.rank)).map(({ version }) => version);
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const i = a.findIndex((text, at) => text !== b[at]);
  if (i < 0) return 0;
  return a[i]! < b[i]! ? -1 : 1;
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
  const present = STATE.filter((name) => stored[name] !== undefined);
  return {
    TableName: table,
    Item: item,
    ConditionExpression: STATE.map((name) =>
      present.includes(name) ? `${name} = :${name}` : `attribute_not_exists(${name})`,
    ).join(' AND '),
    ExpressionAttributeValues: Object.fromEntries(present.map((name) => [`:${name}`, stored[name]!])),
  };
}

function isAddendum({ flags }: EventVersion): boolean {
  return flags.includes('addendum');
}

function isProvisional(item: Item): boolean {
  return booleanAt(item, 'provisional') === true;
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
