import { timeOf } from '../audit-event/event-time.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { type QueryDeps, readAll } from '../query/ask.ts';
import type { Criteria, Period } from '../query/criteria-table.ts';
import { environmentTimes } from '../query/environments.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { getEvents } from '../store/events-table.ts';
import { Detector, LEARNING_MS, scopeOf, type Verdict } from './detector.ts';
import type { DetectableEvent } from './fields.ts';
import { type Finding, findingOf } from './finding.ts';
import type { Rule } from './rule.ts';
import { MemoryState } from './state.ts';

/** Which findings to report: those with events since a time, of these environments, accounts and Regions. */
export type DetectRequest = Pick<Criteria, 'since' | 'until' | 'environment' | 'account' | 'region'>;

/** What rules found in stored events. */
interface Detected {
  /** The newest first. */
  findings: Finding[];
  /** Events that were evaluated, without those before `since`. */
  events: number;
  /** Events whose record is not stored: only their attributes were looked at. */
  withoutRecord: number;
}

/**
 * Evaluates rules over stored events. With `since`, the events before it are read as far as the rules look back, and are no
 * findings themselves.
 */
export async function detectStored(rules: readonly Rule[], request: DetectRequest, deps: QueryDeps): Promise<Detected> {
  const { since = '', until } = request;
  const findings = new Findings();
  const period = { since: lookBack(rules, request.since), until };
  const counted = { events: 0, withoutRecord: 0 };
  for await (const { event, verdicts } of evaluateStored(rules, period, deps)) {
    if (timeOf(event.timeKey) < since) continue;
    counted.events += 1;
    if (event.record === undefined) counted.withoutRecord += 1;
    if (isWanted(event, request)) for (const verdict of verdicts) findings.add(event, verdict);
  }
  return { findings: findings.newestFirst(), ...counted };
}

/** Rules see all events: a person may be denied in one environment after the other. */
function isWanted(event: DetectableEvent, { environment, account, region }: DetectRequest): boolean {
  const meets = (wanted: readonly string[] | undefined, value = '') => wanted === undefined || wanted.includes(value);
  return meets(environment, event.environment) && meets(account, event.accountId) && meets(region, event.region);
}

/** Evaluates rules over the stored events of a time, the oldest first. */
export async function* evaluateStored(
  rules: readonly Rule[],
  period: Period,
  deps: QueryDeps,
): AsyncGenerator<{ event: StoredEvent; verdicts: readonly Verdict[] }> {
  const state = new MemoryState();
  // The table knows when an environment began, also if that is before what is read.
  for (const { firstEventTime, ...environment } of await environmentTimes(deps)) {
    const time = Date.parse(firstEventTime ?? '');
    if (!Number.isNaN(time)) state.noteEvent(scopeOf(environment), time);
  }
  const detector = new Detector(rules, state);
  for await (const event of wholeEvents(period, deps)) yield { event, verdicts: await detector.evaluate(event) };
}

/** The time from which events are read for findings since a time. */
export function lookBack(rules: readonly Rule[], since: string | undefined): string | undefined {
  if (since === undefined) return undefined;
  const reaches = rules.map((rule) => {
    if (rule.off !== undefined) return 0;
    return rule.kind === 'correlation' ? rule.timespanMs : (rule.firstSeen?.historyMs ?? rule.suppressMs);
  });
  const time = Date.parse(since) - Math.max(LEARNING_MS, ...reaches);
  return isoTime(Math.max(time, Date.parse('0000-01-01T00:00:00Z')));
}

/** Whole events that are read at a time: lists have no records, so each event is read again by its eventID. */
const BATCH = 500;

async function* wholeEvents(criteria: Period, deps: QueryDeps): AsyncGenerator<StoredEvent> {
  const read = (ids: readonly string[]) => getEvents(deps.dynamo, deps.tables.eventsTable, ids);
  let eventIds: string[] = [];
  for await (const { eventId } of readAll({ criteria, order: 'oldest-first' }, deps)) {
    eventIds.push(eventId);
    if (eventIds.length < BATCH) continue;
    yield* await read(eventIds);
    eventIds = [];
  }
  yield* await read(eventIds);
}

/** Events that a finding names. A burst may have more. */
const MAX_EVENT_IDS = 1_000;

/** Puts the events of each finding together. */
export class Findings {
  private readonly found = new Map<string, { finding: Finding; timeKey: string; eventIds: Set<string> }>();

  add(event: DetectableEvent, verdict: Verdict): void {
    if (verdict.kind === 'quiet') return;
    const { rule, began, environment, reason } = verdict;
    const key = JSON.stringify([rule.id, began.eventId]);
    const eventIds = verdict.events.map(({ eventId }) => eventId);
    const known = this.found.get(key);
    if (known) {
      for (const eventId of eventIds) if (known.eventIds.size < MAX_EVENT_IDS) known.eventIds.add(eventId);
      if (known.finding.environment !== environment) delete known.finding.environment;
      return;
    }
    const { environment: _, ...finding } = findingOf(rule, event, reason);
    const whole = { ...finding, ...defined({ environment }) };
    this.found.set(key, { finding: whole, timeKey: event.timeKey, eventIds: new Set(eventIds) });
  }

  newestFirst(): Finding[] {
    return [...this.found.values()]
      .sort((a, b) => (a.timeKey === b.timeKey ? 0 : a.timeKey < b.timeKey ? 1 : -1))
      .map(({ finding, eventIds }) => {
        const { rule, time, environment, accountId, user, reason } = finding;
        return { rule, time, ...defined({ environment, accountId, user }), eventIds: [...eventIds], reason };
      });
  }
}
