import type { AttributeName, AttributeValues, Named } from './attributes.ts';

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

/** A record that came without a log file. The record of a log file replaces it later. */
interface ProvisionalRecord {
  provisional: true;
  logFile?: never;
  recordIndex?: never;
}

/** Where an event comes from. */
export type Provenance = LogFileRecord | ProvisionalRecord;

/** What follows from an event's record alone; absent where the record has nothing for it. */
export type EventAttributes = AttributeValues<RecordAttribute> & { flags: EventFlag[]; record: string };
type RecordAttribute = Exclude<
  AttributeName,
  Named<{ origin: true }> | Named<{ shown: 'ledger' }> | 'flags' | 'record' | 'previousVersions'
>;

/** One MWAA event, as it is indexed. */
export type AuditEvent = EventAttributes & Provenance;

/** Why a record of a wanted event source cannot be stored as an event. */
export type BadRecordReason = 'event-id-missing' | 'event-id-malformed' | 'event-id-too-long' | 'too-many-values';

export type ReadRecord =
  | { kind: 'event'; event: AuditEvent }
  /** It describes no single event. */
  | { kind: 'skipped'; reason: 'aggregated-record' | 'insight-record' }
  | { kind: 'bad'; reason: BadRecordReason };

/** Longest eventID, in UTF-8 bytes; CloudTrail's own have 36. */
export const MAX_EVENT_ID_BYTES = 512;
