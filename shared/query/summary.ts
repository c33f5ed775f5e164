import { NO_DAY } from '../audit-event/event-time.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, readAll } from './ask.ts';
import type { Criteria } from './criteria.ts';

/** How many events have one value of something. */
export interface Tally {
  name: string;
  events: number;
  errors: number;
}

/** Events counted by what people ask first. Most events come first, but days, `YYYY-MM-DD`, newest first. */
export type Summary = Record<keyof typeof GROUPS, Tally[]> &
  /** Times of the oldest and the newest counted event, as CloudTrail wrote them. */
  Partial<Record<'first' | 'last', string>> & {
    events: number;
    errors: number;
    /** There are more events, older ones, that were not counted. */
    truncated: boolean;
  };

/** The name for events without one. */
const NONE = '-';

/** The name under which an event counts; undefined: none. */
const GROUPS = {
  byAction: ({ eventName = NONE }: ListedEvent): string => eventName,
  byPrincipal: ({ principal = NONE }: ListedEvent): string => principal,
  byError: ({ errorCode }: ListedEvent): string | undefined => errorCode,
  byDay: ({ timeKey }: ListedEvent): string => timeKey.slice(0, 10),
};
const GROUP_NAMES = Object.keys(GROUPS) as (keyof typeof GROUPS)[];

/** Counts the newest events that meet the criteria, `maxEvents` at most: each is read. */
export async function summarise(criteria: Criteria, deps: QueryDeps, maxEvents: number): Promise<Summary> {
  const tallies = { byAction: new Map(), byPrincipal: new Map(), byError: new Map(), byDay: new Map() };
  const summary = { events: 0, errors: 0, truncated: false } as Summary;
  for await (const event of readAll({ criteria, order: 'newest-first' }, deps, maxEvents + 1)) {
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
    for (const group of GROUP_NAMES) count(tallies[group], GROUPS[group](event), event);
  }
  for (const group of GROUP_NAMES) {
    summary[group] = [...tallies[group].values()];
    if (group !== 'byDay') summary[group].sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
  }
  return summary;
}

function count(tallies: Map<string, Tally>, name: string | undefined, { errorCode }: ListedEvent): void {
  if (name === undefined) return;
  const tally = tallies.get(name) ?? { name, events: 0, errors: 0 };
  tally.events += 1;
  if (errorCode !== undefined) tally.errors += 1;
  tallies.set(name, tally);
}
