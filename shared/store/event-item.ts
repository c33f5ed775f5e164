import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type AttributeName,
  type AttributeValues,
  attributeNamed,
  attributeOf,
  attributesWhere,
  isInListedMap,
  LISTED_MAP,
  type Named,
} from '../audit-event/attributes.ts';
import type { AuditEvent, EventAttributes, LogFileRecord, Provenance } from '../audit-event/audit-event.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import { booleanAt, type Item, itemSize, numberAt, StoredItemError, textAt, textsAt, toItem } from './item.ts';
import { keptBytes, MAX_PARTITION_KEY_BYTES, truncateKey } from './keys.ts';
import { isCurrent, SCHEMA_VERSION, SchemaVersionError, schemaVersionOf } from './schema-version.ts';

/** An event as lists show it: the attributes that every index has. */
export type ListedEvent = AttributeValues<Named<{ shown: 'list' }> | 'timeKey'>;

/** One version of an event. It has no record if that was too big for an item (flag `record-omitted`). */
export type EventVersion = Omit<EventAttributes, 'record'> &
  AttributeValues<'record' | 'ingestedAt' | 'expiresAt' | 'backfilled'> &
  Provenance;

/** An event as the table holds it. */
export type StoredEvent = EventVersion & {
  /** Versions that addenda with the same eventID replaced, the newest first. */
  previousVersions?: readonly EventVersion[];
};

/** An event from a log file. */
export type DeliveredEvent = StoredEvent & LogFileRecord;

/** DynamoDB quota of an item, names included. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** Attributes that are stored as they are; `record` and `previousVersions` are packed. */
const PLAIN = attributesWhere(({ shown, type }) => shown !== 'ledger' && type !== 'record' && type !== 'versions');
const IN_LISTED_MAP = PLAIN.filter(isInListedMap);
const BESIDE_LISTED_MAP = PLAIN.filter((name) => !isInListedMap(name));

/** Longer texts are truncated in their attribute; the record has the whole. */
const MAX_TEXT_BYTES = 4096;
const MAX_LIST_TEXT_BYTES = 256;

/** What an item says of how it was stored. */
interface StoredAttributes {
  /** ISO 8601, UTC. */
  ingestedAt: string;
  /** Seconds since 1970. */
  expiresAt?: number | undefined;
  backfilled?: true | undefined;
}

/**
 * Returns the item of an event, within every limit of DynamoDB: long texts are truncated, and a record that makes the item too
 * big, even compressed, is left out and flagged.
 */
export function toEventItem(event: AuditEvent, stored: StoredAttributes): Item {
  return toVersionsItem([{ ...event, ...defined(stored) }]);
}

/**
 * Returns the item of an event with several versions, the newest first. If their records do not all fit, the oldest are left
 * out, whatever the order in which the versions came.
 */
export function toVersionsItem(versions: readonly EventVersion[]): Item {
  const incomplete = versions.findIndex(({ record }) => record === undefined);
  for (let whole = incomplete < 0 ? versions.length : incomplete; ; whole -= 1) {
    const [newest, ...previous] = versions.map((version, i) => (i < whole ? version : withoutRecord(version)));
    const item = { ...plainItem(newest!), ...packed('record', newest!.record), ...packedVersions(previous) };
    if (itemSize(item) <= MAX_ITEM_BYTES) return item;
    // DynamoDB refuses it, and then the last record is quarantined.
    if (whole === 0) return item;
  }
}

function withoutRecord({ record: _, ...event }: EventVersion): EventVersion {
  const { flags } = event;
  return { ...event, flags: flags.includes('record-omitted') ? flags : [...flags, 'record-omitted'] };
}

/** The attributes of an event, those that lists show in one map. */
function plainItem(event: EventVersion): Item {
  return {
    ...toItem({ schemaVersion: SCHEMA_VERSION, ...valuesOf(event, BESIDE_LISTED_MAP) }),
    [LISTED_MAP]: { M: toItem(valuesOf(event, IN_LISTED_MAP)) },
  };
}

function valuesOf(event: EventVersion, names: readonly AttributeName[]) {
  return Object.fromEntries(names.map((name) => [name, storedValue(name, attributeOf(event, name))]));
}

/** Returns a value as it is stored: empty texts are not, and long ones are truncated. */
export function storedValue(name: AttributeName, value: ReturnType<typeof attributeOf>): typeof value {
  if (typeof value === 'object') return value.map((text) => storedText(name, text));
  if (typeof value !== 'string') return value;
  // DynamoDB refuses an empty text as a key of an index.
  return value === '' ? undefined : storedText(name, value);
}

/** Returns a text, of an attribute or of its list, as it is stored and queried, truncated if it is too long. */
export function storedText(name: AttributeName, value: string): string {
  return truncateKey(value, maxTextBytes(name));
}

/** How many bytes at the beginning of a text are stored as they are, however long it is: longer prefixes find nothing. */
export const maxPrefixBytes = (name: AttributeName): number => keptBytes(maxTextBytes(name));

function maxTextBytes(name: AttributeName): number {
  const { index, type, maxBytes = type === 'texts' ? MAX_LIST_TEXT_BYTES : MAX_TEXT_BYTES } = attributeNamed(name);
  return index ? MAX_PARTITION_KEY_BYTES : maxBytes;
}

/** Returns when an event expires, in seconds since 1970: after it happened or, if its time is invalid, after it was read. */
export function expiryOf(event: AuditEvent, now: number, retentionDays: number | undefined): number | undefined {
  if (retentionDays === undefined) return undefined;
  const happened = Date.parse(timeOf(event.timeKey));
  return expiryAfter(Number.isNaN(happened) ? now : happened, retentionDays);
}

/** Returns when what happened at a time expires, in seconds since 1970. @param time in milliseconds since 1970 */
export const expiryAfter = (time: number, retentionDays: number): number =>
  Math.floor(time / 1000) + retentionDays * 24 * 3600;

/**
 * Reads an item of the events table.
 * @throws {StoredItemError} if an attribute is missing or of another type
 * @throws {SchemaVersionError}
 */
export function fromEventItem(item: Item): StoredEvent {
  const record = unpacked(item, 'record');
  const versions = unpacked(item, 'previousVersions');
  const previousVersions = versions === undefined ? undefined : readVersions(versions);
  const event = { ...readValues<StoredEvent>(item, STORED), ...defined({ record, previousVersions }) };
  if (!event.provisional && event.logFile === undefined) throw missing('logFile');
  return event;
}

/** Reads an item of an index of the events table, which has only some attributes. */
export function fromListedItem(item: Item): ListedEvent {
  return readValues(item, LISTED);
}

/** What every schema version holds in the same way of a version of an event: its record, and how that was delivered. */
export type DeliveredRecord = AttributeValues<'record' | 'redacted' | 'contentHash' | OriginAttribute> & Provenance;
type OriginAttribute = 'ingestedAt' | 'expiresAt' | 'backfilled';

/**
 * Reads the records of an item of any schema version, those of the versions that addenda replaced included: the newest first.
 * @throws {StoredItemError} if an attribute is missing or of another type
 */
export function readDeliveredRecords(item: Item): DeliveredRecord[] {
  const record = unpacked(item, 'record');
  const versions = unpacked(item, 'previousVersions');
  const newest = { ...valuesIn<DeliveredRecord>(item, DELIVERED), ...defined({ record }) };
  return [newest, ...(versions === undefined ? [] : readVersions(versions))];
}

const READERS = {
  text: textAt,
  boolean: booleanAt,
  integer: numberAt,
  texts: textsAt,
  mark: (item: Item, name: string) => booleanAt(item, name) || undefined,
  record: unpacked,
  versions: unpacked,
} as const;

/** An attribute as it is read from items: its place there does not change. */
interface Stored {
  name: AttributeName;
  read(item: Item, name: string): unknown;
  isListed: boolean;
  always: boolean;
}

function storedAs(names: readonly AttributeName[]): Stored[] {
  return names.map((name) => {
    const { type = 'text', always = false } = attributeNamed(name);
    return { name, read: READERS[type], isListed: isInListedMap(name), always };
  });
}

const STORED = storedAs(PLAIN);
/** Every index has timeKey as its sort key. */
const LISTED = storedAs([...attributesWhere(({ shown }) => shown === 'list'), 'timeKey']);
const DELIVERED = storedAs([...attributesWhere(({ origin }) => origin === true), 'redacted', 'contentHash']);

/** @returns an `Event`, which has these attributes */
function readValues<Event>(item: Item, attributes: readonly Stored[]): Event {
  if (!isCurrent(item)) throw new SchemaVersionError(schemaVersionOf(item));
  return valuesIn(item, attributes);
}

function valuesIn<Event>(item: Item, attributes: readonly Stored[]): Event {
  const listed = item[LISTED_MAP]?.M ?? {};
  const values: Record<string, unknown> = {};
  for (const { name, read, isListed, always } of attributes) {
    const value = read(isListed ? listed : item, name);
    if (value !== undefined) values[name] = value;
    else if (always) throw missing(name);
  }
  return values as Event;
}

function missing(name: string): StoredItemError {
  return new StoredItemError('stored-item', `attribute ${name} of a stored item: expected a value, found nothing`);
}

/** Earlier versions are one text, because they are alike and compress well together. */
function packedVersions(versions: readonly EventVersion[]): Item {
  // The members have one order, so that the same versions are always the same text.
  const members = versions.map((version) => ({ ...valuesOf(version, PLAIN), record: version.record }));
  return packed('previousVersions', versions.length === 0 ? undefined : JSON.stringify(members));
}

/** As text, or gzipped when that is smaller. */
function packed(name: string, value: string | undefined): Item {
  if (value === undefined) return {};
  const plain = Buffer.from(value);
  const zipped = gzipSync(plain);
  return { [name]: zipped.length < plain.length ? { B: zipped } : { S: value } };
}

function readVersions(versions: string): EventVersion[] {
  try {
    return JSON.parse(versions) as EventVersion[];
  } catch {
    throw new StoredItemError('stored-item', 'attribute previousVersions of a stored item: expected JSON');
  }
}

function unpacked(item: Item, name: string): string | undefined {
  const value = item[name];
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S;
  const text = value.B && gunzipped(value.B);
  if (text !== undefined) return text;
  throw new StoredItemError('stored-item', `attribute ${name} of a stored item: expected text, plain or gzipped`);
}

function gunzipped(bytes: Uint8Array): string | undefined {
  try {
    return gunzipSync(bytes).toString();
  } catch {
    return undefined;
  }
}
