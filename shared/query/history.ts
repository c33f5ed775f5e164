import type { StatusChange } from '../audit-event/status-change.ts';
import { shifted } from '../cloudtrail/times.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { getEvents } from '../store/events-table.ts';
import { listStatusChanges } from '../store/status-changes.ts';
import { type QueryDeps, readAll } from './ask.ts';
import { CONFIGURING_OPERATIONS, type History, historiesOf } from './configuration.ts';
import { CriteriaError, readCriteria, timeCriterion } from './criteria.ts';
import type { Criteria, Period } from './criteria-table.ts';

/** What is asked about an environment's configuration, as it comes from outside. */
interface Asked extends Period, Pick<Criteria, 'account' | 'region'> {
  environment: string;
  at?: string | undefined;
}

/** A question about the configuration of the environments of one name. */
export interface HistoryQuestion {
  environment: string;
  /** The events that the answer tells about, as `readCriteria` returns them. */
  criteria: Criteria;
  /** The configuration at this time is wanted, in ISO 8601, UTC; undefined: the changes. */
  at: string | undefined;
}

/**
 * Reads a question, without a request to a table.
 * @param now in milliseconds since 1970
 * @param zone the time zone of times without an offset, as `readTime` takes it
 * @throws {CriteriaError} that names what is wrong
 */
export function openHistory({ environment, at, ...others }: Asked, now: number, zone?: string): HistoryQuestion {
  const given = { ...others, environment: [environment], eventName: CONFIGURING_OPERATIONS };
  const criteria = readCriteria(given, now, zone);
  if (at === undefined) return { environment, criteria, at };
  if (criteria.since !== undefined || criteria.until !== undefined)
    throw new CriteriaError('at', (named) => `expected without ${named('since')} and ${named('until')}`);
  const time = timeCriterion('at', at, now, zone);
  return { environment, criteria: { ...criteria, ...until(time) }, at: time };
}

/** What happened up to a time, inclusive. There is no later one than the last millisecond that sorts as text. */
function until(time: string): Pick<Criteria, 'until'> {
  const next = shifted(time, 1);
  return next > time ? { until: next } : {};
}

/**
 * Reads what is known of the configuration, a history for each account and Region: of changes, those in the time of the
 * question; the values before them come from all events before, and what became of them from all that happened later.
 */
export async function answerHistory(
  { environment, criteria, at }: HistoryQuestion,
  deps: QueryDeps,
): Promise<History[]> {
  const { since = '', until, ...place } = criteria;
  const statusChanges = (
    await listStatusChanges(deps.dynamo, deps.tables.environmentsTable, environment, deps.now())
  ).filter(isIn(place));
  // A later request tells to which one a status change does not belong.
  const events = await readEvents(statusChanges.length === 0 ? { ...place, until } : place, deps);
  const histories = historiesOf(events, statusChanges, { until });
  if (at !== undefined) return histories;
  return histories.flatMap((history) => {
    const changes = history.changes.filter(({ event }) => event.timeKey >= since);
    const others = history.statusChanges.filter(({ time }) => time >= since);
    return changes.length + others.length === 0 ? [] : [{ ...history, changes, statusChanges: others }];
  });
}

function isIn({ account, region }: Criteria): (change: StatusChange) => boolean {
  const isOne = (wanted: readonly string[] | undefined, value: string) =>
    wanted === undefined || wanted.includes(value);
  return (change) => isOne(account, change.accountId) && isOne(region, change.region);
}

async function readEvents(criteria: Criteria, deps: QueryDeps): Promise<StoredEvent[]> {
  // An event whose time changes meanwhile can be on two pages.
  const eventIds = new Set<string>();
  for await (const { eventId } of readAll({ criteria, order: 'oldest-first' }, deps)) eventIds.add(eventId);
  return getEvents(deps.dynamo, deps.tables.eventsTable, [...eventIds]);
}
