/** What was unusual about a record. */
export type EventFlag =
  | 'invalid-event-time'
  | 'future-event-time'
  | 'unknown-event-version'
  | 'addendum'
  | 'record-omitted';

/** A record of a log file. */
export interface LogFileRecord {
  /** `bucket/key` */
  logFile: string;
  /** Position of the record among the file's `Records`. */
  recordIndex: number;
  provisional?: never;
}

/** A record that came without a log file. When a log file brings the event, that record takes its place. */
export interface ProvisionalRecord {
  provisional: true;
  logFile?: never;
  recordIndex?: never;
}

/** Where an event comes from. */
export type Provenance = LogFileRecord | ProvisionalRecord;

/** One MWAA event, as it is indexed. */
export type AuditEvent = EventAttributes & Provenance;

/**
 * What an event's record says. Attributes are absent when the record has nothing for them; texts are as the record has
 * them, after redaction, made well-formed Unicode.
 */
export interface EventAttributes {
  /** CloudTrail's eventID: 1 to 512 bytes; the events table's key. */
  eventId: string;
  /** Of a number, as it is written. */
  eventTime?: string;
  eventName?: string;
  eventSource?: string;
  userAgent?: string;
  requestId?: string;
  sharedEventId?: string;
  eventType?: string;
  readOnly?: boolean;
  environment?: string;
  accountId?: string;
  region?: string;
  principal?: string;
  principalType?: string;
  principalArn?: string;
  accessKeyId?: string;
  /** An address in the one spelling of `canonicalAddress`, or the name of a service. */
  sourceIp?: string;
  eventCategory?: string;
  errorCode?: string;
  errorMessage?: string;
  /** The record's redacted JSON text. */
  record: string;
  /** Paths of what was masked in `record`. */
  redacted: string[];
  /** Hex SHA-256 of the original record in canonical form: equal for two copies of one event. */
  contentHash: string;
  /** Normalised eventTime + `#` + eventId: sorts events by time, unique. */
  timeKey: string;
  /** Day of eventTime, `YYYY-MM-DD`; `0000-00-00` when that is missing or no time. */
  day: string;
  flags: EventFlag[];
  /** The eventID that this addendum replaces, when it has another one. */
  supersedes?: string;
}

/** Why a record of a wanted event source cannot be stored as an event. */
export type BadRecordReason = 'event-id-missing' | 'event-id-malformed' | 'event-id-too-long' | 'too-many-values';

/** Records that are no events of their own. */
export type SkippedRecordReason = 'aggregated-record' | 'insight-record';

export type ReadRecord =
  | { kind: 'event'; event: AuditEvent }
  | { kind: 'skipped'; reason: SkippedRecordReason }
  | { kind: 'bad'; reason: BadRecordReason };

/** Longest eventID, in UTF-8 bytes; CloudTrail's own have 36. */
export const MAX_EVENT_ID_BYTES = 512;
