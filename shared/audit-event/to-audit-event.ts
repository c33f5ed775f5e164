import { createHash } from 'node:crypto';
import { defined } from '../defined.ts';
import {
  type BadRecordReason,
  type EventFlag,
  MAX_EVENT_ID_BYTES,
  type Provenance,
  type ReadRecord,
} from './audit-event.ts';
import { environmentOf } from './environment.ts';
import { readEventTime } from './event-time.ts';
import { canonicalAddress } from './ip-address.ts';
import { canonicalJson, exceeds, parseJsonText } from './json-text.ts';
import { meaningOf } from './meaning.ts';
import { actorOf, principalOf } from './principal.ts';
import { booleanAt, type JsonRecord, memberAt, objectAt, stringAt } from './record-fields.ts';
import { redactRecord } from './redact.ts';

/** What is known of a record besides its text. */
type RecordContext = Provenance & {
  /** The account in the log file's key; used when the record names none. */
  keyAccount: string | undefined;
  /** The reader's clock, in milliseconds since 1970. */
  now: number;
};

/** Most values in a record. CloudTrail's own have some hundreds; millions would exhaust the memory. */
const BOUND = { values: 50_000, depth: Number.POSITIVE_INFINITY };

/**
 * Turns the JSON text of one record of a wanted event source (an object, as the reader found it) into the event to store.
 * Secrets are masked before anything is taken from it.
 */
export function toAuditEvent(text: string, context: RecordContext): ReadRecord {
  if (exceeds(BOUND, text)) return { kind: 'bad', reason: 'too-many-values' };
  const tree = parseJsonText(text);
  const { text: record, redacted } = redactRecord(text, tree);
  const fields = JSON.parse(record) as JsonRecord;
  const skipped = skipReason(fields);
  if (skipped) return { kind: 'skipped', reason: skipped };
  const reason = eventIdProblem(fields);
  if (reason) return { kind: 'bad', reason };
  const eventId = fields.eventID as string;
  const eventTime = eventTimeOf(record, fields);
  const { normalized, day, flags } = readEventTime(eventTime, context.now);
  const { keyAccount, now: _, ...provenance } = context;
  const { action, target, access, outcome, parameters, statusCode } = meaningOf(fields);
  const { mfa, ...actor } = actorOf(fields);
  const texts = {
    eventTime,
    target,
    ...actor,
    ...textsOf(fields, keyAccount),
    supersedes: supersededBy(fields, eventId),
  };
  return {
    kind: 'event',
    event: {
      eventId,
      ...wellFormed(texts),
      ...defined({ mfa, statusCode, readOnly: booleanAt(fields, 'readOnly') }),
      action: action.toWellFormed(),
      access,
      outcome,
      parameters,
      record,
      redacted,
      contentHash: createHash('sha256').update(canonicalJson(tree)).digest('hex'),
      timeKey: `${normalized}#${eventId}`,
      day,
      flags: [...flags, ...flagsOf(fields)],
      ...provenance,
    },
  };
}

/** Returns the reason if `toAuditEvent` finds a record bad, without making an event of it. */
export function recordProblem(text: string): BadRecordReason | undefined {
  if (exceeds(BOUND, text)) return 'too-many-values';
  const fields = JSON.parse(text) as JsonRecord;
  return skipReason(fields) ? undefined : eventIdProblem(fields);
}

// Aggregated records have eventId instead of eventID, and no time or name; Insight records describe rates of calls.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
function skipReason(fields: JsonRecord): 'aggregated-record' | 'insight-record' | undefined {
  const category = stringAt(fields, 'eventCategory');
  if (category === 'Aggregated') return 'aggregated-record';
  if (category === 'Insight' || stringAt(fields, 'eventType') === 'AwsCloudTrailInsight') return 'insight-record';
  return undefined;
}

function eventIdProblem(fields: JsonRecord): BadRecordReason | undefined {
  const eventId = memberAt(fields, 'eventID');
  if (eventId === undefined || eventId === '') return 'event-id-missing';
  if (typeof eventId !== 'string' || !eventId.isWellFormed()) return 'event-id-malformed';
  return Buffer.byteLength(eventId) > MAX_EVENT_ID_BYTES ? 'event-id-too-long' : undefined;
}

/** The eventTime as the record writes it, even if it is a number. */
function eventTimeOf(record: string, fields: JsonRecord): string | undefined {
  const value = memberAt(fields, 'eventTime');
  if (typeof value !== 'number' && typeof value !== 'boolean') return stringAt(fields, 'eventTime');
  const tree = parseJsonText(record);
  const members = tree.kind === 'object' ? tree.members : [];
  const written = members.findLast(({ key }) => key.value === 'eventTime')?.value;
  return written?.kind === 'literal' ? written.text : undefined;
}

/** The attributes that are texts, as `EVENT_ATTRIBUTES` describes them. */
function textsOf(fields: JsonRecord, keyAccount: string | undefined) {
  const sourceIp = stringAt(fields, 'sourceIPAddress');
  return {
    eventName: stringAt(fields, 'eventName'),
    eventSource: stringAt(fields, 'eventSource'),
    userAgent: stringAt(fields, 'userAgent'),
    requestId: stringAt(fields, 'requestID'),
    sharedEventId: stringAt(fields, 'sharedEventID'),
    eventType: stringAt(fields, 'eventType'),
    environment: environmentOf(fields),
    accountId:
      stringAt(fields, 'recipientAccountId') ?? stringAt(objectAt(fields, 'userIdentity'), 'accountId') ?? keyAccount,
    region: stringAt(fields, 'awsRegion'),
    ...principalOf(fields),
    sourceIp: sourceIp && canonicalAddress(sourceIp),
    eventCategory: categoryOf(fields),
    errorCode: stringAt(fields, 'errorCode'),
    errorMessage: errorMessageOf(fields),
  };
}

/** The texts that are there. DynamoDB refuses half a surrogate pair. */
function wellFormed<T extends { [Name in keyof T]?: string | undefined }>(texts: T): { [Name in keyof T]?: string } {
  const present = Object.entries<string>(defined(texts)).map(([name, text]) => [name, text.toWellFormed()]);
  return Object.fromEntries(present) as { [Name in keyof T]?: string };
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
function errorMessageOf(fields: JsonRecord): string | undefined {
  const response = stringAt(fields, 'errorCode') === undefined ? undefined : objectAt(fields, 'responseElements');
  return stringAt(fields, 'errorMessage') ?? stringAt(response, 'message', 'Message');
}

function flagsOf(fields: JsonRecord): EventFlag[] {
  // Minor versions add fields; only another major version may change what is there.
  const isKnownVersion = stringAt(fields, 'eventVersion')?.split('.')[0] === '1';
  return [
    ...(isKnownVersion ? [] : ['unknown-event-version' as const]),
    ...(objectAt(fields, 'addendum') ? ['addendum' as const] : []),
  ];
}

/** The other eventID that an addendum replaces. */
function supersededBy(fields: JsonRecord, eventId: string): string | undefined {
  const original = stringAt(objectAt(fields, 'addendum'), 'originalEventID');
  return original === eventId ? undefined : original;
}
