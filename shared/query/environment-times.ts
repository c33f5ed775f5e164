import pMap from 'p-map';
import { NO_DAY } from '../audit-event/event-time.ts';
import { type KnownEnvironment, listEnvironments } from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, readPage } from './read-page.ts';

/** An environment, and the times of its first and last event. */
export interface EnvironmentTimes extends Omit<KnownEnvironment, 'firstEventTime' | 'lastEventTime'> {
  /**
   * Normalised eventTime (UTC, milliseconds) of the first event that has a usable one; where none has, what the record says
   * instead. Absent when it says nothing.
   */
  firstEventTime?: string;
  lastEventTime?: string;
}

const CONCURRENT_NAMES = 8;

/** All known environments, by name, account and Region. */
export async function environmentTimes(deps: QueryDeps): Promise<EnvironmentTimes[]> {
  const environments = await listEnvironments(deps.dynamo, deps.tables.environmentsTable);
  const timesOf = (environment: KnownEnvironment) =>
    hasNoTime(environment.firstEventTime) ? askEvents(environment, deps) : environment;
  return pMap(environments, timesOf, { concurrency: CONCURRENT_NAMES });
}

/** The table has the time before all others for an event without a usable one; the events themselves know more. */
async function askEvents(environment: KnownEnvironment, deps: QueryDeps): Promise<EnvironmentTimes> {
  const { firstEventTime: _, lastEventTime, ...place } = environment;
  if (hasNoTime(lastEventTime)) {
    const event = await firstEvent(place, deps);
    return event?.eventTime === undefined
      ? place
      : { ...place, firstEventTime: event.eventTime, lastEventTime: event.eventTime };
  }
  const event = await firstEvent(place, deps, FIRST_USABLE);
  const first = event?.timeKey.slice(0, event.timeKey.indexOf('#'));
  return { ...place, ...(first === undefined ? {} : { firstEventTime: first }), lastEventTime };
}

const FIRST_USABLE = '0000-01-01T00:00:00.000Z';

const hasNoTime = (time: string) => time.startsWith(NO_DAY);

/** One page: to read on where events of other accounts or Regions fill it would cost without bound. */
async function firstEvent(
  { environment, accountId, region }: EnvironmentTimes,
  deps: QueryDeps,
  since?: string,
): Promise<ListedEvent | undefined> {
  const criteria = {
    environment: [environment],
    ...(accountId === undefined ? {} : { account: [accountId] }),
    ...(region === undefined ? {} : { region: [region] }),
    ...(since === undefined ? {} : { since }),
  };
  const { events } = await readPage({ criteria, order: 'oldest-first', limit: 1 }, deps);
  return events[0];
}
