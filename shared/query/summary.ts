import { NO_DAY } from '../audit-event/event-time.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { Criteria } from './criteria.ts';
import { type QueryDeps, readAll } from './read-page.ts';

/** How many events have one value of something. */
export interface Tally {
  name: string;
  events: number;
  errors: number;
}

/** Events counted by what people ask first. */
export interface Summary {
  events: number;
  errors: number;
  /** Times of the oldest and the newest counted event, as CloudTrail wrote them. */
  first?: string;
  last?: string;
  /** Most events first. */
  byAction: Tally[];
  byPrincipal: Tally[];
  byError: Tally[];
  /** Newest day first, `YYYY-MM-DD`. */
  byDay: Tally[];
  /** There are more events, older ones, that were not counted. */
  truncated: boolean;
}

const PAGE_SIZE = 1_000;

/** Counts the newest events that meet the criteria, `maxEvents` at most: each is read. */
export async function summarise(criteria: Criteria, deps: QueryDeps, maxEvents: number): Promise<Summary> {
  const counts = { byAction: new Counts(), byPrincipal: new Counts(), byError: new Counts(), byDay: new Counts() };
  const summary = { events: 0, errors: 0, truncated: false } as Summary;
  for await (const event of readAll({ criteria, order: 'newest-first' }, Math.min(PAGE_SIZE, maxEvents + 1), deps)) {
    if (summary.events === maxEvents) {
      summary.truncated = true;
      break;
    }
    summary.events += 1;
    if (event.errorCode !== undefined) summary.errors += 1;
    // Events without a usable time come last here, and count only where there are no others.
    if (event.eventTime !== undefined && (summary.first === undefined || !event.timeKey.startsWith(NO_DAY))) {
      summary.first = event.eventTime;
      summary.last ??= event.eventTime;
    }
    counts.byAction.add(event.eventName, event);
    counts.byPrincipal.add(event.principal, event);
    if (event.errorCode !== undefined) counts.byError.add(event.errorCode, event);
    counts.byDay.add(event.timeKey.slice(0, 10), event);
  }
  return {
    ...summary,
    byAction: counts.byAction.byEvents(),
    byPrincipal: counts.byPrincipal.byEvents(),
    byError: counts.byError.byEvents(),
    byDay: counts.byDay.inOrder(),
  };
}

/** Stands for an event that does not say. */
const NONE = '-';

class Counts {
  private readonly tallies = new Map<string, Tally>();

  add(name: string = NONE, { errorCode }: ListedEvent): void {
    const tally = this.tallies.get(name) ?? { name, events: 0, errors: 0 };
    tally.events += 1;
    if (errorCode !== undefined) tally.errors += 1;
    this.tallies.set(name, tally);
  }

  /** As they were met first. */
  inOrder(): Tally[] {
    return [...this.tallies.values()];
  }

  byEvents(): Tally[] {
    return this.inOrder().sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
  }
}
