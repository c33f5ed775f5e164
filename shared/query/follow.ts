import type { ListedEvent } from '../store/event-item.ts';
import type { Criteria } from './criteria.ts';
import { type QueryDeps, readAll, readPage } from './read-page.ts';

export interface FollowRequest {
  criteria: Criteria;
  /** So many of the newest events come first. */
  last: number;
  /** How far back events are still expected to arrive, in milliseconds: CloudTrail delivers late and out of order. */
  windowMs: number;
  intervalMs: number;
  /** Ends the following. */
  signal: AbortSignal;
  /** Waits; returns early when the signal comes. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A later reading failed; the next one may do better. */
  onFailure(error: unknown): void;
  /** No event meets the criteria yet. */
  onNothing?(): Promise<void>;
}

/**
 * Follows the events that meet the criteria, oldest first, each once, ends by the signal, or when no event can come any
 * more before the end of the criteria's time. No index is in the order of arrival, so each round reads a sliding window of
 * event time again; what arrives later than that is not seen.
 */
export async function* followEvents(request: FollowRequest, deps: QueryDeps): AsyncGenerator<ListedEvent[]> {
  const { criteria, last, windowMs, intervalMs, signal, sleep, onFailure, onNothing } = request;
  const seen = new SeenEvents();
  const windowStart = () => latest(new Date(deps.now() - windowMs).toISOString(), criteria.since, seen.floor);
  // What is in the window already is old. This is read first: what arrives between the two readings is new.
  await seen.takeNew(readFrom(windowStart(), criteria, deps));
  const newest = await newestEvents(criteria, last, deps);
  await seen.takeNew(newest);
  if (newest.length > 0) yield newest;
  else await onNothing?.();
  while (true) {
    await sleep(intervalMs, signal);
    const since = windowStart();
    if (signal.aborted || (criteria.until !== undefined && since >= criteria.until)) return;
    try {
      const events = await seen.takeNew(readFrom(since, criteria, deps));
      if (events.length > 0) yield events;
    } catch (error) {
      onFailure(error);
    }
    seen.forgetBefore(since);
  }
}

const PAGE_SIZE = 1_000;

function readFrom(since: string, criteria: Criteria, deps: QueryDeps): AsyncIterable<ListedEvent> {
  if (criteria.until !== undefined && since >= criteria.until) return noEvents();
  return readAll({ criteria: { ...criteria, since }, order: 'oldest-first' }, PAGE_SIZE, deps);
}

async function* noEvents(): AsyncGenerator<ListedEvent> {}

/** The newest events, oldest first. */
async function newestEvents(criteria: Criteria, count: number, deps: QueryDeps): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  let after: string | undefined;
  while (events.length < count) {
    const page = await readPage({ criteria, order: 'newest-first', limit: count - events.length, after }, deps);
    events.push(...page.events);
    after = page.end;
    if (after === undefined) break;
  }
  return events.reverse();
}

function latest(first: string, ...others: (string | undefined)[]): string {
  return others.reduce<string>((a, b) => (b !== undefined && b > a ? b : a), first);
}

/** Which events were seen, by timeKey, which is unique and starts with the time. */
class SeenEvents {
  /** Of earlier events nothing is known any more. */
  floor: string | undefined;
  private keys = new Set<string>();

  /** Takes events in, and returns those that are new. */
  async takeNew(events: AsyncIterable<ListedEvent> | Iterable<ListedEvent>): Promise<ListedEvent[]> {
    const fresh: ListedEvent[] = [];
    for await (const event of events) {
      if (this.keys.has(event.timeKey)) continue;
      this.keys.add(event.timeKey);
      fresh.push(event);
    }
    this.shrink();
    return fresh;
  }

  forgetBefore(time: string): void {
    for (const key of this.keys) if (key < time) this.keys.delete(key);
  }

  private shrink(): void {
    if (this.keys.size <= MAX_REMEMBERED) return;
    const oldestKept = [...this.keys].sort().at(-MAX_REMEMBERED)!;
    this.floor = oldestKept.slice(0, oldestKept.indexOf('#'));
    this.forgetBefore(this.floor);
  }
}

/** Bounds the memory: when the window has more events, its oldest are not looked at again. */
const MAX_REMEMBERED = 100_000;
