import pMap from 'p-map';
import type { EnvironmentTimes } from './environment-times.ts';
import { type QueryDeps, readAll } from './read-page.ts';

/** An environment, and what happened there lately. */
export interface EnvironmentActivity extends EnvironmentTimes {
  /** ISO 8601 in UTC; the counts are of events from this time on. */
  recentSince: string;
  recentEvents: number;
  recentErrors: number;
  /** There are more recent events than were counted. */
  recentTruncated: boolean;
}

interface Counts {
  events: number;
  errors: number;
}

/** Bounds the cost of one environment: 10,000 events are some 600 read units. */
const MAX_EVENTS = 10_000;
const PAGE_SIZE = 1_000;
const CONCURRENT_NAMES = 8;

/** Counts the recent events of environments; those whose last event is older cost nothing. */
export async function recentActivity(
  environments: readonly EnvironmentTimes[],
  since: string,
  deps: QueryDeps,
  maxEvents = MAX_EVENTS,
): Promise<EnvironmentActivity[]> {
  const active = environments.filter(({ lastEventTime = '' }) => lastEventTime >= since);
  const names = [...new Set(active.map(({ environment }) => environment))];
  const counted = await pMap(names, (name) => countByPlace(name, since, deps, maxEvents), {
    concurrency: CONCURRENT_NAMES,
  });
  const countsOf = new Map(names.map((name, i) => [name, counted[i]!]));
  return environments.map((environment) => {
    const { counts, truncated } = countsOf.get(environment.environment) ?? NOTHING;
    const { events, errors } = counts.get(placeOf(environment)) ?? { events: 0, errors: 0 };
    return {
      ...environment,
      recentSince: since,
      recentEvents: events,
      recentErrors: errors,
      recentTruncated: truncated,
    };
  });
}

interface CountsByPlace {
  /** By account and Region: environments of one name share a partition of the index. */
  counts: Map<string, Counts>;
  truncated: boolean;
}

const NOTHING: CountsByPlace = { counts: new Map(), truncated: false };

async function countByPlace(name: string, since: string, deps: QueryDeps, maxEvents: number): Promise<CountsByPlace> {
  const counts = new Map<string, Counts>();
  let read = 0;
  const criteria = { environment: [name], since };
  for await (const event of readAll({ criteria, order: 'newest-first' }, Math.min(PAGE_SIZE, maxEvents + 1), deps)) {
    if (read === maxEvents) return { counts, truncated: true };
    read += 1;
    const place = placeOf(event);
    const { events, errors } = counts.get(place) ?? { events: 0, errors: 0 };
    counts.set(place, { events: events + 1, errors: errors + (event.errorCode === undefined ? 0 : 1) });
  }
  return { counts, truncated: false };
}

function placeOf({ accountId, region }: { accountId?: string; region?: string }): string {
  return JSON.stringify([accountId, region]);
}
