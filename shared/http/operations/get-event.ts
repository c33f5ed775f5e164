import { getVerifiedEvent, type VerifiedEvent } from '../../query/verified-event.ts';
import { eventCsv, VERIFIED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { StoredEvent } from '../../store/event-item.ts';
import { getEvent as readEvent } from '../../store/events-table.ts';
import { type HttpDeps, operation } from '../operation.ts';
import { pathParameter } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { listOf, type Writing } from '../representation.ts';

export const getEvent = operation({
  id: 'getEvent',
  path: '/events/{eventId}',
  summary: 'Everything stored of one event',
  description:
    'The record is the text that CloudTrail wrote, numbers and escapes included, but for secrets, which are `***`. ' +
    'verification tells whether a signed digest of CloudTrail has the hash of the log file it was read from.',
  parameters: { eventId: pathParameter("CloudTrail's eventID") },
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Event', line: 'Event' },
  columns: VERIFIED_COLUMNS,
  async answer({ eventId }, deps) {
    const event = found(await getVerifiedEvent(eventId, deps), 'eventId');
    return { body: listOf([event], WHOLE, (items) => items.slice(1, -1)) };
  },
});

/**
 * @param parameter the one that names the event
 * @throws {Problem} when it is not stored
 */
export async function findEvent(eventId: string, parameter: string, deps: HttpDeps): Promise<StoredEvent> {
  return found(await readEvent(deps.dynamo, deps.tables.eventsTable, eventId, deps.now()), parameter);
}

function found<T>(event: T | undefined, parameter: string): T {
  if (event !== undefined) return event;
  throw new Problem('no-such-event', `${parameter}: expected the eventID of a stored event`, parameter);
}

const WHOLE: Writing<VerifiedEvent> = {
  json: eventJson,
  columns: VERIFIED_COLUMNS,
  csv: (event) => eventCsv(event, VERIFIED_COLUMNS),
};
