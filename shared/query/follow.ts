import { timeOf } from '../audit-event/event-time.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, readAll } from './ask.ts';
import type { Criteria } from './criteria-table.ts';

export interface FollowRequest {
  criteria: Criteria;
  /** How many of the newest events come first. */
  last: number;
  /** How far back events are still expected to arrive, in milliseconds: CloudTrail delivers late and out of order. */
  windowMs: number;
  intervalMs: number;
  signal: AbortSignal;
  /** Waits; returns early if the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Called when a later round failed; the next one may succeed. */
  onFailure(error: unknown): void;
  /** Called once if no event meets the criteria yet. */
  onNothing?(): Promise<void>;
}

/**
 * Yields the events that meet the criteria, oldest first, each once. Ends by the signal, or when no more events can arrive
 * for the time of the criteria. No index has the order of arrival, so each round reads a sliding window of event time again;
 * events that arrive later than that are not seen.
 */
export async function* followEvents(request: FollowRequest, deps: QueryDeps): AsyncGenerator<ListedEvent[]> {
  const { criteria, last, windowMs, intervalMs, signal, sleep, onFailure, onNothing } = request;
  const { since = '', until = '~' } = criteria;
  const seen = new SeenEvents();
  const windowStart = () => latest(new Date(deps.now() - windowMs).toISOString(), since, seen.floor);
  // The events in the window now are old. They are read first: what arrives between the two reads is new.
  await seen.takeNew(readFrom(windowStart(), criteria, deps));
  const newest = await newestEvents(criteria, last, deps);
  await seen.takeNew(newest);
  if (newest.length > 0) yield newest;
  else await onNothing?.();
  while (true) {
    await sleep(intervalMs, signal);
    const start = windowStart();
    if (signal.aborted || start >= until) return;
    try {
      const events = await seen.takeNew(readFrom(start, criteria, deps));
      if (events.length > 0) yield events;
    } catch (error) {
      onFailure(error);
    }
    seen.forgetBefore(start);
  }
}

async function* readFrom(since: string, criteria: Criteria, deps: QueryDeps): AsyncGenerator<ListedEvent> {
  if (criteria.until !== undefined && since >= criteria.until) return;
  yield* readAll({ criteria: { ...criteria, since }, order: 'oldest-first' }, deps);
}

/** The newest events, oldest first. */
async function newestEvents(criteria: Criteria, count: number, deps: QueryDeps): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  if (count === 0) return events;
  for await (const event of readAll({ criteria, order: 'newest-first' }, deps, count)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events.reverse();
}

const latest = (...times: string[]) => times.reduce((a, b) => (b > a ? b : a));

/** Bounds the memory: if the window has more events, its oldest are not read again. */
const MAX_REMEMBERED = 100_000;

/** Which events were seen, by timeKey, which is unique and starts with the time. */
class SeenEvents {
  /** Earlier events are forgotten. */
  floor = '';
  private readonly keys = new Set<string>();

  /** Takes events in, and returns those that are new. */
  async takeNew(events: AsyncIterable<ListedEvent> | Iterable<ListedEvent>): Promise<ListedEvent[]> {
    const fresh: ListedEvent[] = [];
    for await (const event of events) {
      if (this.keys.has(event.timeKey)) continue;
      this.keys.add(event.timeKey);
      fresh.push(event);
    }
    if (this.keys.size > MAX_REMEMBERED) {
      this.floor = timeOf([...this.keys].sort().at(-MAX_REMEMBERED)!);
      this.forgetBefore(this.floor);
    }
    return fresh;
  }

  forgetBefore(time: string): void {
    for (const key of this.keys) if (key < time) this.keys.delete(key);
  }
}
