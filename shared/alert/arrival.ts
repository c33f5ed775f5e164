import { DAY_MS } from '../cloudtrail/times.ts';
import { timeIn } from '../detect/fields.ts';
import type { StoredEvent } from '../store/event-item.ts';

/**
 * How an event came into the store. `live`: soon after it happened; `late`: more than a day after, or its time is unusable;
 * `backfill`: a backfill read its log file. Only live events lead to findings.
 */
export type Arrival = 'live' | 'late' | 'backfill';

/** CloudTrail delivers within minutes; an outage of ingest that is noticed is over within a day. */
const LIVE_MS = DAY_MS;

export function arrivalOf(event: StoredEvent): Arrival {
  if (event.backfilled) return 'backfill';
  const time = timeIn(event);
  const stored = Date.parse(event.ingestedAt);
  return time !== undefined && stored - time <= LIVE_MS ? 'live' : 'late';
}
