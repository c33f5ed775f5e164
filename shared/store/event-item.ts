import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type AttributeName,
  type AttributeValues,
  attributeNamed,
  attributeOf,
  attributesWhere,
  type Named,
} from '../audit-event/attributes.ts';
import type { AuditEvent, EventAttributes, LogFileRecord, Provenance } from '../audit-event/audit-event.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import { booleanAt, type Item, itemSize, numberAt, StoredItemError, textAt, textsAt, toItem } from './item.ts';
import { MAX_PARTITION_KEY_BYTES, truncateKey } from './keys.ts';

/** An event as a list shows it: its identity and the attributes that every index holds. */
export type ListedEvent = AttributeValues<Named<{ shown: 'list' }> | 'timeKey'>;

/** One version of an event. It has no record if that was too big for an item (flag `record-omitted`). */
export type EventVersion = Omit<EventAttributes, 'record'> &
  AttributeValues<'record' | 'ingestedAt' | 'expiresAt'> &
  Provenance;

/** An event as the table holds it. */
export type StoredEvent = EventVersion & {
  /** The versions that addenda with the same eventID replaced, the newest first. */
  previousVersions?: readonly EventVersion[];
};

/** An event that a log file has brought. */
export type DeliveredEvent = StoredEvent & LogFileRecord;

/** Largest item, in bytes. DynamoDB quota: 400 KB, names included. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** Every index has timeKey as its sort key. */
const LISTED = [...attributesWhere(({ shown }) => shown === 'list'), 'timeKey' as const];
/** What is held as it is; `record` and `previousVersions` are packed. */
const PLAIN = attributesWhere(({ shown, type }) => shown !== 'ledger' && type !== 'record' && type !== 'versions');

/** Texts longer than this are cut in their attribute; the record has the whole. */
const MAX_TEXT_BYTES = 4096;
const MAX_LIST_TEXT_BYTES = 256;

/**
 * The item to put for an event. It keeps every limit of DynamoDB: texts are cut to what a key or a sensible attribute may
 * hold, and a record that makes the item too big, even compressed, is left out and flagged.
 */
export function toEventItem(event: AuditEvent, stored: { ingestedAt: string; expiresAt?: number | undefined }): Item {
  return toVersionsItem([{ ...event, ...defined(stored) }]);
}

/**
 * The item of an event of which there are several versions, the newest first. Where their records do not all fit, those of
 * the oldest are left out: which ones does not depend on the order in which the versions came.
 */
export function toVersionsItem(versions: readonly EventVersion[]): Item {
  const incomplete = versions.findIndex(({ record }) => record === undefined);
  for (let whole = incomplete < 0 ? versions.length : incomplete; ; whole -= 1) {
    const [newest, ...previous] = versions.map((version, i) => (i < whole ? version : withoutRecord(version)));
    const item = { ...toItem(plainValues(newest!)), ...packed('record', newest!.record), ...packedVersions(previous) };
    if (itemSize(item) <= MAX_ITEM_BYTES) return item;
    // DynamoDB refuses it, and then the record that came last is set aside.
    if (whole === 0) return item;
  }
}

function withoutRecord({ record: _, ...event }: EventVersion): EventVersion {
  const { flags } = event;
  return { ...event, flags: flags.includes('record-omitted') ? flags : [...flags, 'record-omitted'] };
}

function plainValues(event: EventVersion) {
  return Object.fromEntries(PLAIN.map((name) => [name, storedValue(name, attributeOf(event, name))]));
}

function storedValue(name: AttributeName, value: ReturnType<typeof attributeOf>): typeof value {
  if (typeof value === 'object') return value.map((text) => truncateKey(text, MAX_LIST_TEXT_BYTES));
  if (typeof value !== 'string') return value;
  // An empty text is no key of an index.
  return value === '' ? undefined : storedText(name, value);
}

/** A text as the attribute holds it, truncated if it is too long. Queries look for this. */
export function storedText(name: AttributeName, value: string): string {
  return truncateKey(value, attributeNamed(name).index ? MAX_PARTITION_KEY_BYTES : MAX_TEXT_BYTES);
}

/** When an event expires, in seconds since 1970: the retention days after it happened, or, if its time is invalid, was read. */
export function expiryOf(event: AuditEvent, now: number, retentionDays: number | undefined): number | undefined {
  if (retentionDays === undefined) return undefined;
  const happened = Date.parse(timeOf(event.timeKey));
  return Math.floor((Number.isNaN(happened) ? now : happened) / 1000) + retentionDays * 24 * 3600;
}

/**
 * Reads an item of the events table.
 * @throws {StoredItemError} when an attribute that every event has is missing or of another type
 */
export function fromEventItem(item: Item): StoredEvent {
  const record = unpacked(item, 'record');
  const versions = unpacked(item, 'previousVersions');
  const previousVersions = versions === undefined ? undefined : (JSON.parse(versions) as EventVersion[]);
  const event = { ...readValues<StoredEvent>(item, PLAIN), ...defined({ record, previousVersions }) };
  if (!event.provisional && event.logFile === undefined) throw missing('logFile');
  return event;
}

/** Reads an item of an index of the events table, which holds only some of the attributes. */
export function fromListedItem(item: Item): ListedEvent {
  return readValues(item, LISTED);
}

/** @returns an `Event`, which has these attributes */
function readValues<Event>(item: Item, names: readonly AttributeName[]): Event {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const { type, always } = attributeNamed(name);
    const value = READERS[type ?? 'text'](item, name);
    if (value !== undefined) values[name] = value;
    else if (always) throw missing(name);
  }
  return values as Event;
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

function missing(name: string): StoredItemError {
  return new StoredItemError('stored-item', `attribute ${name} of a stored item: expected a value, found nothing`);
}

/** The earlier versions are one text: alike as they are, they take little room together. */
function packedVersions(versions: readonly EventVersion[]): Item {
  // All in the same order of members, so that the same versions are always the same text.
  const members = versions.map((version) => ({ ...plainValues(version), record: version.record }));
  return packed('previousVersions', versions.length === 0 ? undefined : JSON.stringify(members));
}

/** As text, or gzipped when that is smaller. */
function packed(name: string, value: string | undefined): Item {
  if (value === undefined) return {};
  const plain = Buffer.from(value);
  const zipped = gzipSync(plain);
  return { [name]: zipped.length < plain.length ? { B: zipped } : { S: value } };
}

function unpacked(item: Item, name: string): string | undefined {
  const value = item[name];
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S;
  if (value.B !== undefined) return gunzipSync(value.B).toString();
  throw new StoredItemError('stored-item', `attribute ${name} of a stored item: expected text, plain or gzipped`);
}
