import { getVerifiedEvent, type VerifiedEvent } from '../../query/verified-event.ts';
import { eventCsv, VERIFIED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { StoredEvent } from '../../store/event-item.ts';
import { getEvent as readEvent } from '../../store/events-table.ts';
import type { HttpDeps, Operation } from '../operation.ts';
import { only } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { listOf, type Writing } from '../representation.ts';

const EVENT_ID = 'eventId';

export const getEvent: Operation = {
  id: 'getEvent',
  path: `/events/{${EVENT_ID}}`,
  summary: 'Everything stored of one event',
  says:
    'The record is the text that CloudTrail wrote, numbers and escapes included, but for secrets, which are `***`. ' +
    'verification tells whether a signed digest of CloudTrail has the hash of the log file it was read from.',
  parameters: [{ name: EVENT_ID, in: 'path', says: "CloudTrail's eventID", schema: { type: 'string', minLength: 1 } }],
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Event', line: 'Event' },
  columns: VERIFIED_COLUMNS,
  examples: [
    {
      name: 'deniedChange',
      summary: 'A change that was denied',
      url: '/events/016455be-b954-4c42-8c9c-49b594f86248',
      status: 200,
    },
    {
      name: 'unknown',
      summary: 'An eventID that is not stored',
      url: '/events/00000000-0000-4000-8000-000000000000',
      status: 404,
    },
  ],
  async answer(values, deps) {
    const event = found(await getVerifiedEvent(only(values, EVENT_ID)!, deps), EVENT_ID);
    return { body: listOf([event], WHOLE, (items) => items.slice(1, -1)) };
  },
};

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
