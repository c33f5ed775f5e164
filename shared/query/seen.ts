import { NO_DAY } from '../audit-event/event-time.ts';
import type { ListedEvent } from '../store/event-item.ts';

/** How many events, and when. */
export interface Seen {
  events: number;
  /** Time of the oldest, as CloudTrail wrote it; absent: no record says a time. */
  first?: string;
  /** Time of the newest. */
  last?: string;
}

/** Adds an event to those seen so far, which are newer. */
export function see(seen: Seen, { eventTime, timeKey }: ListedEvent): void {
  seen.events += 1;
  // Events without a usable time come last here, and count only where there are no others.
  if (eventTime === undefined || (seen.first !== undefined && timeKey.startsWith(NO_DAY))) return;
  seen.first = eventTime;
  seen.last ??= eventTime;
}
