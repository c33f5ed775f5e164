import { createHash } from 'node:crypto';
import {
  type BadRecordReason,
  type EventAttributes,
  type EventFlag,
  MAX_EVENT_ID_BYTES,
  type Provenance,
  type ReadRecord,
} from './audit-event.ts';
import { environmentOf } from './environment.ts';
import { readEventTime } from './event-time.ts';
import { canonicalAddress } from './ip-address.ts';
import { canonicalJson, holdsMoreValuesThan, parseJsonText } from './json-text.ts';
import { principalOf } from './principal.ts';
import { booleanAt, type JsonRecord, memberAt, objectAt, stringAt } from './record-fields.ts';
import { redactRecord } from './redact.ts';

/** What a record's surroundings tell. */
export type RecordContext = Provenance & {
  /** The account in the log file's key; used when the record names none. */
  keyAccount: string | undefined;
  /** The reader's clock, in milliseconds since 1970. */
  now: number;
};

/** Most values in a record. CloudTrail's own have some hundreds; one of millions would take more memory than there is. */
const MAX_VALUES = 50_000;

/**
 * Turns the JSON text of one record of a wanted event source (an object, as the reader found it) into the event to store.
 * Secrets are masked before anything is taken from it.
 */
export function toAuditEvent(text: string, context: RecordContext): ReadRecord {
  if (holdsMoreValuesThan(MAX_VALUES, text)) return { kind: 'bad', reason: 'too-many-values' };
  const tree = parseJsonText(text);
  const { text: record, redacted } = redactRecord(text, tree);
  const fields = JSON.parse(record) as JsonRecord;
  const skipped = skipReason(fields);
  if (skipped) return { kind: 'skipped', reason: skipped };
  const eventId = memberAt(fields, 'eventID');
  if (!isEventId(eventId)) return { kind: 'bad', reason: eventIdProblem(eventId) };
  const eventTime = eventTimeOf(record, fields);
  const time = readEventTime(eventTime, context.now);
  return {
    kind: 'event',
    event: {
      eventId,
      ...indexedFields(fields, eventTime, context),
      record,
      redacted,
      contentHash: createHash('sha256').update(canonicalJson(tree)).digest('hex'),
      timeKey: `${time.normalised}#${eventId}`,
      day: time.day,
      flags: flagsOf(fields, time.flag),
      ...supersededBy(fields, eventId),
      ...provenanceOf(context),
    },
  };
}

function provenanceOf(context: RecordContext): Provenance {
  if (context.provisional) return { provisional: true };
  return { logFile: context.logFile, recordIndex: context.recordIndex };
}

/** Why `toAuditEvent` makes no event of a record, if the record is bad; found out without making one. */
export function recordProblem(text: string): BadRecordReason | undefined {
  if (holdsMoreValuesThan(MAX_VALUES, text)) return 'too-many-values';
  const fields = JSON.parse(text) as JsonRecord;
  const eventId = memberAt(fields, 'eventID');
  return skipReason(fields) || isEventId(eventId) ? undefined : eventIdProblem(eventId);
}

// Aggregated records have eventId instead of eventID, and no time or name; Insight records describe rates of calls.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
function skipReason(fields: JsonRecord): 'aggregated-record' | 'insight-record' | undefined {
  const category = stringAt(fields, 'eventCategory');
  if (category === 'Aggregated') return 'aggregated-record';
  if (category === 'Insight' || stringAt(fields, 'eventType') === 'AwsCloudTrailInsight') return 'insight-record';
  return undefined;
}

function isEventId(eventId: unknown): eventId is string {
  return (
    typeof eventId === 'string' &&
    eventId !== '' &&
    eventId.isWellFormed() &&
    Buffer.byteLength(eventId) <= MAX_EVENT_ID_BYTES
  );
}

function eventIdProblem(eventId: unknown): BadRecordReason {
  if (eventId === undefined || eventId === '') return 'event-id-missing';
  if (typeof eventId !== 'string' || !eventId.isWellFormed()) return 'event-id-malformed';
  return 'event-id-too-long';
}

/** The record's own text, of a number as it is written. */
function eventTimeOf(record: string, fields: JsonRecord): string | undefined {
  const value = memberAt(fields, 'eventTime');
  if (typeof value !== 'number' && typeof value !== 'boolean') return stringAt(fields, 'eventTime');
  const tree = parseJsonText(record);
  const members = tree.kind === 'object' ? tree.members : [];
  const written = members.findLast(({ key }) => key.value === 'eventTime')?.value;
  return written?.kind === 'literal' ? written.text : undefined;
}

/** The fields people ask by, absent ones left out. */
function indexedFields(
  fields: JsonRecord,
  eventTime: string | undefined,
  { keyAccount }: RecordContext,
): Partial<EventAttributes> {
  const identity = objectAt(fields, 'userIdentity');
  const texts = {
    eventTime,
    eventName: stringAt(fields, 'eventName'),
    eventSource: stringAt(fields, 'eventSource'),
    userAgent: stringAt(fields, 'userAgent'),
    requestId: stringAt(fields, 'requestID'),
    sharedEventId: stringAt(fields, 'sharedEventID'),
    eventType: stringAt(fields, 'eventType'),
    environment: environmentOf(fields),
    accountId: stringAt(fields, 'recipientAccountId') ?? stringAt(identity, 'accountId') ?? keyAccount,
    region: stringAt(fields, 'awsRegion'),
    ...principalOf(fields),
    sourceIp: sourceOf(fields),
    eventCategory: categoryOf(fields),
    ...errorOf(fields),
  };
  const readOnly = booleanAt(fields, 'readOnly');
  return {
    ...Object.fromEntries(
      Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text.toWellFormed()]])),
    ),
    ...(readOnly === undefined ? {} : { readOnly }),
  };
}

function sourceOf(fields: JsonRecord): string | undefined {
  const source = stringAt(fields, 'sourceIPAddress');
  return source && canonicalAddress(source);
}

/** Records older than eventVersion 1.07 have no eventCategory, and those older than 1.06 no managementEvent either. */
function categoryOf(fields: JsonRecord): string | undefined {
  const category = stringAt(fields, 'eventCategory');
  if (category !== undefined) return category;
  const managementEvent = booleanAt(fields, 'managementEvent');
  if (managementEvent === undefined) return undefined;
  return managementEvent ? 'Management' : 'Data';
}

/** MWAA leaves errorMessage out and puts its text into responseElements.message, or Message. */
function errorOf(fields: JsonRecord): { errorCode?: string | undefined; errorMessage?: string | undefined } {
  const errorCode = stringAt(fields, 'errorCode');
  const response = objectAt(fields, 'responseElements');
  const inResponse =
    errorCode === undefined ? undefined : (stringAt(response, 'message') ?? stringAt(response, 'Message'));
  return { errorCode, errorMessage: stringAt(fields, 'errorMessage') ?? inResponse };
}

function flagsOf(fields: JsonRecord, timeFlag: EventFlag | undefined): EventFlag[] {
  return [
    ...(timeFlag ? [timeFlag] : []),
    ...(isKnownVersion(stringAt(fields, 'eventVersion')) ? [] : ['unknown-event-version' as const]),
    ...(objectAt(fields, 'addendum') ? ['addendum' as const] : []),
  ];
}

/** Minor versions add fields; only another major version may change what is there. */
function isKnownVersion(eventVersion: string | undefined): boolean {
  return eventVersion?.split('.')[0] === '1';
}

function supersededBy(fields: JsonRecord, eventId: string): { supersedes?: string } {
  const original = stringAt(objectAt(fields, 'addendum'), 'originalEventID');
  return original === undefined || original === eventId ? {} : { supersedes: original.toWellFormed() };
}
