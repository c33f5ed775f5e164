import { type StoredEvent, storedText } from '../store/event-item.ts';
import { getEvent } from '../store/events-table.ts';
import { readVerification } from '../store/ledger.ts';
import type { EventVerification } from '../store/ledger-entry.ts';
import type { QueryDeps } from './ask.ts';

/** Reads an event. Returns undefined if it is not stored, has expired, or is not of the environment that `deps` may name. */
export async function readEvent(eventId: string, deps: QueryDeps): Promise<StoredEvent | undefined> {
  const { dynamo, tables, now, environment } = deps;
  const event = await getEvent(dynamo, tables.eventsTable, eventId, now());
  const isWanted = environment === undefined || event?.environment === storedText('environment', environment);
  return isWanted ? event : undefined;
}

/** Reads an event as `readEvent`, and whether CloudTrail signed its log file. */
export async function readVerifiedEvent(
  eventId: string,
  deps: QueryDeps,
): Promise<(StoredEvent & EventVerification) | undefined> {
  const event = await readEvent(eventId, deps);
  if (event === undefined) return undefined;
  if (event.provisional) return { ...event, verification: 'no-log-file' };
  return { ...event, ...(await readVerification(deps.dynamo, deps.tables.logFilesTable, event.logFile)) };
}
