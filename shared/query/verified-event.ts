import type { StoredEvent } from '../store/event-item.ts';
import { getEvent } from '../store/events-table.ts';
import { type EventVerification, readVerification } from '../store/ledger.ts';
import type { QueryDeps } from './ask.ts';

/**
 * Reads an event, and whether CloudTrail signed its log file. Returns undefined if the event is not stored, or has expired.
 */
export async function getVerifiedEvent(
  eventId: string,
  { dynamo, tables, now }: QueryDeps,
): Promise<(StoredEvent & EventVerification) | undefined> {
  const event = await getEvent(dynamo, tables.eventsTable, eventId, now());
  if (event === undefined) return undefined;
  if (event.provisional) return { ...event, verification: 'no-log-file' };
  return { ...event, ...(await readVerification(dynamo, tables.logFilesTable, event.logFile)) };
}
