import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AuditEvent, EventFlag } from '../audit-event/audit-event.ts';
import {
  booleanAt,
  type Item,
  itemSize,
  numberAt,
  requiredTextAt,
  StoredItemError,
  textAt,
  textsAt,
  toItem,
} from './item.ts';
import { cutKey, MAX_PARTITION_KEY_BYTES } from './keys.ts';

/** An event as a list shows it: its identity and the attributes that every index holds. */
export interface ListedEvent extends Partial<Pick<AuditEvent, (typeof TEXTS)[number]>> {
  eventId: string;
  timeKey: string;
  readOnly?: boolean;
  /** Seconds since 1970 at which the event expires. */
  expiresAt?: number;
}

/** An event as the table holds it: all that was read, and when it was stored. */
export interface StoredEvent extends ListedEvent, Omit<AuditEvent, 'record'> {
  /** Absent when the record was too big for an item (flag `record-omitted`). */
  record?: string;
  /** The record that an addendum with the same eventID replaced. */
  previousRecord?: string;
  previousContentHash?: string;
  /** ISO 8601, UTC. */
  ingestedAt: string;
}

/** Largest item, in bytes. DynamoDB quota: 400 KB, names included. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** The string attributes, and how they are named: one list for writing and reading. */
const TEXTS = [
  'eventTime',
  'eventName',
  'eventSource',
  'userAgent',
  'requestId',
  'sharedEventId',
  'eventType',
  'environment',
  'accountId',
  'region',
  'principal',
  'principalType',
  'principalArn',
  'accessKeyId',
  'sourceIp',
  'eventCategory',
  'errorCode',
  'errorMessage',
  'supersedes',
] as const satisfies readonly (keyof AuditEvent)[];

/** Those that are the partition key of an index, and so have a longest size. */
const INDEX_KEYS: ReadonlySet<string> = new Set(['environment', 'principal', 'eventName', 'errorCode', 'accessKeyId']);

/** Texts longer than this are cut in their attribute; the record has the whole. */
const MAX_TEXT_BYTES = 4096;

/**
 * The item to put for an event. It keeps every limit of DynamoDB: texts are cut to what a key or a sensible attribute may
 * hold, and a record that makes the item too big, even compressed, is left out and flagged.
 */
export function toEventItem(event: AuditEvent, stored: { ingestedAt: string; expiresAt?: number | undefined }): Item {
  const texts = Object.fromEntries(
    // An empty text is no key of an index.
    TEXTS.flatMap((name) => (event[name] ? [[name, storedText(name, event[name])]] : [])),
  );
  const attributes = {
    eventId: event.eventId,
    ...texts,
    readOnly: event.readOnly,
    timeKey: event.timeKey,
    day: event.day,
    contentHash: event.contentHash,
    redacted: event.redacted.map((path) => cutKey(path, 256)),
    logFile: event.logFile,
    recordIndex: event.recordIndex,
    ingestedAt: stored.ingestedAt,
    expiresAt: stored.expiresAt,
  };
  const item: Item = { ...toItem({ ...attributes, flags: event.flags }), record: packRecord(event.record) };
  if (itemSize(item) <= MAX_ITEM_BYTES) return item;
  return toItem({ ...attributes, flags: [...event.flags, 'record-omitted'] });
}

/** When an event expires, in seconds since 1970: so many days after it happened, or was read when its time is invalid. */
export function expiryOf(event: AuditEvent, now: number, retentionDays: number | undefined): number | undefined {
  if (retentionDays === undefined) return undefined;
  const happened = Date.parse(event.timeKey.slice(0, event.timeKey.indexOf('#')));
  return Math.floor((Number.isNaN(happened) ? now : happened) / 1000) + retentionDays * 24 * 3600;
}

/** The item of an addendum that wins over what is stored under the same eventID, or of the original that comes late. */
export function withPreviousRecord(winner: Item, loser: Item): Item {
  const item: Item = { ...winner, previousContentHash: loser.contentHash! };
  const whole = loser.record === undefined ? item : { ...item, previousRecord: loser.record };
  if (itemSize(whole) <= MAX_ITEM_BYTES) return whole;
  return itemSize(item) <= MAX_ITEM_BYTES ? item : withoutRecord(item);
}

function withoutRecord({ record: _, ...item }: Item): Item {
  return { ...item, ...toItem({ flags: [...textsAt(item, 'flags'), 'record-omitted'] }) };
}

/**
 * Reads an item of the events table.
 * @throws {StoredItemError} when an attribute that every event has is missing or of another type
 */
export function fromEventItem(item: Item): StoredEvent {
  const event: StoredEvent = {
    ...fromListedItem(item),
    day: requiredTextAt(item, 'day'),
    contentHash: requiredTextAt(item, 'contentHash'),
    redacted: textsAt(item, 'redacted'),
    flags: textsAt(item, 'flags') as EventFlag[],
    logFile: requiredTextAt(item, 'logFile'),
    recordIndex: numberAt(item, 'recordIndex') ?? 0,
    ingestedAt: requiredTextAt(item, 'ingestedAt'),
  };
  assignPresent(event, 'record', unpackRecord(item.record));
  assignPresent(event, 'previousRecord', unpackRecord(item.previousRecord));
  assignPresent(event, 'previousContentHash', textAt(item, 'previousContentHash'));
  return event;
}

/** Reads an item of an index of the events table, which holds only some of the attributes. */
export function fromListedItem(item: Item): ListedEvent {
  const event: ListedEvent = { eventId: requiredTextAt(item, 'eventId'), timeKey: requiredTextAt(item, 'timeKey') };
  for (const name of TEXTS) assignPresent(event, name, textAt(item, name));
  assignPresent(event, 'readOnly', booleanAt(item, 'readOnly'));
  assignPresent(event, 'expiresAt', numberAt(item, 'expiresAt'));
  return event;
}

function assignPresent<T, K extends keyof T>(target: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined) target[name] = value;
}

/** A text as the attribute `name` holds it: cut when it is too long. Whoever looks for a text looks for this. */
export function storedText(name: string, value: string): string {
  return cutKey(value, INDEX_KEYS.has(name) ? MAX_PARTITION_KEY_BYTES : MAX_TEXT_BYTES);
}

/** As text, or gzipped when that is smaller. */
function packRecord(record: string): AttributeValue {
  const plain = Buffer.from(record);
  const packed = gzipSync(plain);
  return packed.length < plain.length ? { B: packed } : { S: record };
}

function unpackRecord(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S;
  if (value.B !== undefined) return gunzipSync(value.B).toString();
  throw new StoredItemError('stored-item', 'attribute record of a stored item: expected text, plain or gzipped');
}
