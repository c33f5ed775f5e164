import { readVerifiedEvent } from '../../query/verified-event.ts';
import { csvRow, eventCsv, VERIFIED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { pathParameter } from '../parameters.ts';
import { found } from './found.ts';
import { withTwin } from './twin.ts';

export const getEvent = withTwin({
  id: 'getEvent',
  path: '/events/{eventId}',
  summary: 'Everything stored of one event',
  description:
    'The record is the text that CloudTrail wrote, numbers and escapes included, but for secrets, which are `***`. ' +
    'verification tells whether a signed digest of CloudTrail has the hash of the log file it was read from.',
  parameters: { eventId: pathParameter("CloudTrail's eventID") },
  formats: ALL_FORMATS,
  schemas: { json: 'Event', line: 'Event' },
  columns: VERIFIED_COLUMNS,
  async answer({ eventId }, deps) {
    const event = found(await readVerifiedEvent(eventId, deps), 'eventId');
    const json = () => eventJson(event);
    const csv = () => csvRow(VERIFIED_COLUMNS) + eventCsv(event, VERIFIED_COLUMNS);
    return { body: { json, ndjson: () => `${json()}\n`, csv } };
  },
});
