import type { ListedEvent, StoredEvent } from '../store/event-item.ts';
import type { EventVerification } from '../store/ledger.ts';

/** The attributes that a list of events shows, in the order in which people read them. */
export const LISTED_ATTRIBUTES = [
  'eventId',
  'eventTime',
  'eventName',
  'environment',
  'principal',
  'principalType',
  'sourceIp',
  'errorCode',
  'errorMessage',
  'accountId',
  'region',
  'accessKeyId',
  'readOnly',
  'eventCategory',
  'eventType',
  'eventSource',
  'expiresAt',
  'provisional',
] as const satisfies readonly (keyof ListedEvent)[];

/** What else there is of one event, but its record. */
export const OTHER_ATTRIBUTES = [
  'principalArn',
  'userAgent',
  'requestId',
  'sharedEventId',
  'supersedes',
  'flags',
  'redacted',
  'logFile',
  'recordIndex',
  'ingestedAt',
  'contentHash',
  'timeKey',
] as const satisfies readonly (keyof StoredEvent)[];

/** What is known of where one event came from. */
export const VERIFICATION_ATTRIBUTES = [
  'verification',
  'verifiedBy',
  'verifiedAt',
] as const satisfies readonly (keyof EventVerification)[];

/** An attribute's value, or nothing when it is absent or an empty list. */
export function attributeOf(event: ListedEvent | StoredEvent, name: string): unknown {
  const value = (event as unknown as Record<string, unknown>)[name];
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}
