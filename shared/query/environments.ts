import pMap from 'p-map';
import type { AttributeValues } from '../audit-event/attributes.ts';
import { NO_DAY, timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import {
  type EnvironmentName,
  environmentKey,
  type KnownEnvironment,
  listEnvironments,
} from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { listStatuses } from '../store/status-changes.ts';
import { type QueryDeps, readAll, readPage } from './ask.ts';
import { readNewest } from './newest.ts';

/**
 * An environment, and the times of its first and last event: normalized eventTime (UTC, milliseconds) of those that have a
 * usable one; if none has, what the record says instead. Absent if it says nothing.
 */
export type EnvironmentTimes = EnvironmentName & Partial<Record<'firstEventTime' | 'lastEventTime', string>>;

/**
 * An environment, the times of its events, and the status that MWAA announced last, and when, in ISO 8601. Both are absent if it
 * announced none.
 */
export type ListedEnvironment = EnvironmentTimes & Partial<Record<'status' | 'statusSince', string>>;

const CONCURRENT_NAMES = 8;

/** All environments that events or status changes name, by name, account and Region. */
export async function listedEnvironments(deps: QueryDeps): Promise<ListedEnvironment[]> {
  const { environmentsTable } = deps.tables;
  const [byEvents, statuses] = await Promise.all([
    environmentTimes(deps),
    listStatuses(deps.dynamo, environmentsTable),
  ]);
  const all = new Map<string, ListedEnvironment>(byEvents.map((one) => [environmentKey(one), one]));
  for (const { time, status, ...name } of statuses) {
    const key = environmentKey(name);
    all.set(key, { ...name, ...all.get(key), status, statusSince: time });
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, environment]) => environment);
}

/** All environments that events name, by name, account and Region. */
export async function environmentTimes(deps: QueryDeps): Promise<EnvironmentTimes[]> {
  const environments = await listEnvironments(deps.dynamo, deps.tables.environmentsTable);
  return pMap(environments, (environment) => usableTimes(environment, deps), { concurrency: CONCURRENT_NAMES });
}

const FIRST_USABLE = '0000-01-01T00:00:00.000Z';

/** For an event without a usable time, the table has a time before all others; the event itself tells more. */
async function usableTimes(environment: KnownEnvironment, deps: QueryDeps): Promise<EnvironmentTimes> {
  const { firstEventTime, lastEventTime, ...name } = environment;
  if (!firstEventTime.startsWith(NO_DAY)) return environment;
  if (lastEventTime.startsWith(NO_DAY)) {
    const event = await firstEvent(name, {}, deps);
    return { ...name, ...defined({ firstEventTime: event?.eventTime, lastEventTime: event?.eventTime }) };
  }
  const event = await firstEvent(name, { since: FIRST_USABLE }, deps);
  return { ...name, ...defined({ firstEventTime: event && timeOf(event.timeKey) }), lastEventTime };
}

/** Reads one page only, so that the cost is bounded if its events are of other accounts or Regions. */
async function firstEvent(
  { environment, accountId, region }: EnvironmentName,
  times: { since?: string },
  deps: QueryDeps,
): Promise<ListedEvent | undefined> {
  const only = (value: string | undefined) => (value === undefined ? undefined : [value]);
  const criteria = { environment: [environment], account: only(accountId), region: only(region), ...times };
  const { events } = await readPage({ criteria, order: 'oldest-first', limit: 1 }, deps);
  return events[0];
}

/** An environment, and its recent events. */
export type EnvironmentActivity = ListedEnvironment & {
  /** ISO 8601 in UTC; the counts are of events from this time on. */
  recentSince: string;
  recentEvents: number;
  recentErrors: number;
  /** There are more recent events than were counted. */
  recentTruncated: boolean;
};

/** Of one name: 10,000 events are some 600 read units. */
const MAX_EVENTS = 10_000;

/** Counts the recent events of environments, without a request for those whose last event is older. */
export async function recentActivity(
  environments: readonly ListedEnvironment[],
  since: string,
  deps: QueryDeps,
  maxEvents = MAX_EVENTS,
): Promise<EnvironmentActivity[]> {
  const active = environments.filter(({ lastEventTime = '' }) => lastEventTime >= since);
  const counts = new EnvironmentCounts();
  const truncated = new Set<string>();
  // Environments of one name share a partition of the index.
  const countNamed = async (name: string) => {
    const criteria = { environment: [name], since };
    if (await readNewest(criteria, deps, maxEvents, (event) => counts.add(event))) truncated.add(name);
  };
  await pMap(new Set(active.map(({ environment }) => environment)), countNamed, { concurrency: CONCURRENT_NAMES });
  return environments.map((environment) => {
    const { events, errors } = counts.of(environment);
    const recentTruncated = truncated.has(environment.environment);
    return { ...environment, recentSince: since, recentEvents: events, recentErrors: errors, recentTruncated };
  });
}

/** Events by environment, account and Region; without `environment`, those that name none. */
export type EnvironmentCount = AttributeValues<'environment' | 'accountId' | 'region'> & {
  events: number;
  errors: number;
};

/** Counts all stored events; reads them all, so this is for local stores. */
export async function countByEnvironment(deps: QueryDeps): Promise<EnvironmentCount[]> {
  const counts = new EnvironmentCounts();
  for await (const event of readAll({ criteria: {}, order: 'newest-first' }, deps)) counts.add(event);
  const sortText = ({ environment = '\uffff', accountId = '', region = '' }: EnvironmentCount) =>
    [environment, accountId, region].join('\0');
  return counts.all().sort((a, b) => (sortText(a) < sortText(b) ? -1 : 1));
}

class EnvironmentCounts {
  private readonly counts = new Map<string, EnvironmentCount>();

  add(event: ListedEvent): void {
    const count = this.of(event);
    count.events += 1;
    if (event.errorCode !== undefined) count.errors += 1;
  }

  of({ environment, accountId, region }: AttributeValues<'environment' | 'accountId' | 'region'>): EnvironmentCount {
    const key = JSON.stringify([environment, accountId, region]);
    const count = this.counts.get(key) ?? { ...defined({ environment, accountId, region }), events: 0, errors: 0 };
    this.counts.set(key, count);
    return count;
  }

  all(): EnvironmentCount[] {
    return [...this.counts.values()];
  }
}
