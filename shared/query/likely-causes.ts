import { defined } from '../defined.ts';
import { listDays } from '../store/environments-table.ts';
import { type QueryDeps, readPage } from './ask.ts';
import { type Criteria, TEXT_CRITERION_NAMES } from './criteria.ts';
import type { Order } from './plan.ts';
import { type UnknownValue, unknownValues } from './unknown-values.ts';

/** Why a question may have had no answer. */
export type LikelyCause =
  | { kind: 'empty-store' }
  /** No event was found with a value of the question. */
  | ({ kind: 'unknown-value' } & UnknownValue)
  /** Events meet all criteria but the times; `before` and `after` are the eventTimes nearest to the range, as recorded. */
  | { kind: 'outside-times'; before?: string; after?: string }
  /** The question reaches into the last minutes, and CloudTrail needs some to deliver. */
  | { kind: 'delivery-delay' }
  /** The question is about data events, which a trail records only when told to. */
  | { kind: 'data-events' }
  /** Other values are given that must match exactly. */
  | { kind: 'exact-match' };

/** What the MWAA user guide lists as data events, and what only such a trail has. */
const DATA_EVENTS: ReadonlySet<string> = new Set(['CreateCliToken', 'CreateWebLoginToken', 'InvokeRestApi']);
/** CloudTrail delivers within about 5 minutes on average, and without a promise. */
const DELIVERY_DELAY_MS = 15 * 60 * 1000;

/** Finds the causes that fit the question. What it reads is bounded, whatever the store holds. */
export async function likelyCauses(criteria: Criteria, deps: QueryDeps): Promise<LikelyCause[]> {
  const { dynamo, tables } = deps;
  if ((await listDays(dynamo, tables.environmentsTable)).length === 0) return [{ kind: 'empty-store' }];
  const unknown = await unknownValues(criteria, deps);
  // If all values of a criterion are unknown, nothing matches at other times either.
  const hopeless = unknown.some(
    ({ criterion }) => unknown.filter((other) => other.criterion === criterion).length === criteria[criterion]?.length,
  );
  const outside = hopeless ? [] : await outsideTimes(criteria, deps);
  const causes: LikelyCause[] = [...unknown.map((value) => ({ kind: 'unknown-value' as const, ...value })), ...outside];
  if (isRecent(criteria, deps.now())) causes.push({ kind: 'delivery-delay' });
  if (asksForDataEvents(criteria) && outside.length === 0 && !hopeless) causes.push({ kind: 'data-events' });
  const hasExactValues = TEXT_CRITERION_NAMES.some((name) => name !== 'environment' && criteria[name] !== undefined);
  if (causes.length === 0 && hasExactValues) causes.push({ kind: 'exact-match' });
  return causes;
}

async function outsideTimes({ since, until, ...others }: Criteria, deps: QueryDeps): Promise<LikelyCause[]> {
  const [before, after] = await Promise.all([
    since === undefined ? undefined : firstEventTime({ ...others, until: since }, 'newest-first', deps),
    until === undefined ? undefined : firstEventTime({ ...others, since: until }, 'oldest-first', deps),
  ]);
  if (before === undefined && after === undefined) return [];
  return [{ kind: 'outside-times', ...defined({ before, after }) }];
}

/** One page: when that has none, though more could follow, looking on would cost without bound. */
async function firstEventTime(criteria: Criteria, order: Order, deps: QueryDeps): Promise<string | undefined> {
  const { events } = await readPage({ criteria, order, limit: 1 }, deps);
  const [event] = events;
  return event && (event.eventTime ?? '(no time)');
}

/** Only a range that begins lately can be empty because of the delay alone. */
function isRecent({ since, until }: Criteria, now: number): boolean {
  if (since === undefined || Date.parse(since) < now - 4 * DELIVERY_DELAY_MS) return false;
  return until === undefined || Date.parse(until) > now - DELIVERY_DELAY_MS;
}

function asksForDataEvents({ eventName, category }: Criteria): boolean {
  return eventName?.some((name) => DATA_EVENTS.has(name)) === true || category?.includes('Data') === true;
}
