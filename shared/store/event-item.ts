import { gunzipSync, gzipSync } from 'node:zlib';
import type { AuditEvent, EventAttributes, EventFlag, LogFileRecord, Provenance } from '../audit-event/audit-event.ts';
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
import { MAX_PARTITION_KEY_BYTES, truncateKey } from './keys.ts';

/** An event as a list shows it: its identity and the attributes that every index holds. */
export interface ListedEvent extends Partial<Pick<EventAttributes, (typeof TEXTS)[number]>> {
  eventId: string;
  timeKey: string;
  readOnly?: boolean;
  /** No log file has brought the event yet. */
  provisional?: true;
  /** Seconds since 1970 at which the event expires. */
  expiresAt?: number;
}

/** One version of an event: all that was read of it, and when it was stored. */
export type EventVersion = Omit<ListedEvent, 'provisional'> &
  Omit<EventAttributes, 'record'> &
  Provenance & {
    /** Absent when the record was too big for an item (flag `record-omitted`). */
    record?: string;
    /** ISO 8601, UTC. */
    ingestedAt: string;
  };

/** An event as the table holds it. */
export type StoredEvent = EventVersion & {
  /** The versions that addenda with the same eventID replaced, the newest first. */
  previousVersions?: readonly EventVersion[];
};

/** An event that a log file has brought. */
export type DeliveredEvent = StoredEvent & LogFileRecord;

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
] as const satisfies readonly (keyof EventAttributes)[];

/** Those that are the partition key of an index, and so have a longest size. */
const INDEX_KEYS: ReadonlySet<string> = new Set(['environment', 'principal', 'eventName', 'errorCode', 'accessKeyId']);

/** Texts longer than this are cut in their attribute; the record has the whole. */
const MAX_TEXT_BYTES = 4096;

/**
 * The item to put for an event. It keeps every limit of DynamoDB: texts are cut to what a key or a sensible attribute may
 * hold, and a record that makes the item too big, even compressed, is left out and flagged.
 */
export function toEventItem(event: AuditEvent, stored: { ingestedAt: string; expiresAt?: number | undefined }): Item {
  const { ingestedAt, expiresAt } = stored;
  return toVersionsItem([{ ...event, ingestedAt, ...(expiresAt === undefined ? {} : { expiresAt }) }]);
}

/**
 * The item of an event of which there are several versions, the newest first. Where their records do not all fit, those of
 * the oldest are left out: which ones does not depend on the order in which the versions came.
 */
export function toVersionsItem(versions: readonly EventVersion[]): Item {
  const incomplete = versions.findIndex(({ record }) => record === undefined);
  for (let whole = incomplete < 0 ? versions.length : incomplete; ; whole -= 1) {
    const [newest, ...previous] = versions.map((version, i) => (i < whole ? version : withoutRecord(version)));
    const item = { ...toItem(attributesOf(newest!)), ...packed('record', newest!.record), ...packedVersions(previous) };
    if (itemSize(item) <= MAX_ITEM_BYTES) return item;
    // DynamoDB refuses it, and then the record that came last is set aside.
    if (whole === 0) return item;
  }
}

function attributesOf(event: EventVersion) {
  return {
    eventId: event.eventId,
    // An empty text is no key of an index.
    ...Object.fromEntries(TEXTS.flatMap((name) => (event[name] ? [[name, storedText(name, event[name])]] : []))),
    readOnly: event.readOnly,
    timeKey: event.timeKey,
    day: event.day,
    contentHash: event.contentHash,
    redacted: event.redacted.map((path) => truncateKey(path, 256)),
    logFile: event.logFile,
    recordIndex: event.recordIndex,
    provisional: event.provisional,
    ingestedAt: event.ingestedAt,
    expiresAt: event.expiresAt,
    flags: event.flags,
  };
}

function withoutRecord({ record: _, ...event }: EventVersion): EventVersion {
  const { flags } = event;
  return { ...event, flags: flags.includes('record-omitted') ? flags : [...flags, 'record-omitted'] };
}

/** When an event expires, in seconds since 1970: so many days after it happened, or was read when its time is invalid. */
export function expiryOf(event: AuditEvent, now: number, retentionDays: number | undefined): number | undefined {
  if (retentionDays === undefined) return undefined;
  const happened = Date.parse(event.timeKey.slice(0, event.timeKey.indexOf('#')));
  return Math.floor((Number.isNaN(happened) ? now : happened) / 1000) + retentionDays * 24 * 3600;
}

/**
 * Reads an item of the events table.
 * @throws {StoredItemError} when an attribute that every event has is missing or of another type
 */
export function fromEventItem(item: Item): StoredEvent {
  const { provisional: _, ...listed } = fromListedItem(item);
  const event: StoredEvent = {
    ...listed,
    day: requiredTextAt(item, 'day'),
    contentHash: requiredTextAt(item, 'contentHash'),
    redacted: textsAt(item, 'redacted'),
    flags: textsAt(item, 'flags') as EventFlag[],
    ...provenanceOf(item),
    ingestedAt: requiredTextAt(item, 'ingestedAt'),
  };
  assignPresent(event, 'record', unpacked(item, 'record'));
  const versions = unpacked(item, 'previousVersions');
  if (versions !== undefined) event.previousVersions = JSON.parse(versions) as EventVersion[];
  return event;
}

function provenanceOf(item: Item): Provenance {
  if (booleanAt(item, 'provisional')) return { provisional: true };
  return { logFile: requiredTextAt(item, 'logFile'), recordIndex: numberAt(item, 'recordIndex') ?? 0 };
}

/** Reads an item of an index of the events table, which holds only some of the attributes. */
export function fromListedItem(item: Item): ListedEvent {
  const event: ListedEvent = { eventId: requiredTextAt(item, 'eventId'), timeKey: requiredTextAt(item, 'timeKey') };
  for (const name of TEXTS) assignPresent(event, name, textAt(item, name));
  assignPresent(event, 'readOnly', booleanAt(item, 'readOnly'));
  assignPresent(event, 'expiresAt', numberAt(item, 'expiresAt'));
  if (booleanAt(item, 'provisional')) event.provisional = true;
  return event;
}

function assignPresent<T, K extends keyof T>(target: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined) target[name] = value;
}

/** A text as the attribute `name` holds it: cut when it is too long. Whoever looks for a text looks for this. */
export function storedText(name: string, value: string): string {
  return truncateKey(value, INDEX_KEYS.has(name) ? MAX_PARTITION_KEY_BYTES : MAX_TEXT_BYTES);
}

/** The earlier versions are one text: alike as they are, they take little room together. */
function packedVersions(versions: readonly EventVersion[]): Item {
  // All in the same order of members, so that the same versions are always the same text.
  const members = versions.map((version) => ({ ...attributesOf(version), record: version.record }));
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
