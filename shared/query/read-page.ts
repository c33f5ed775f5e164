import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { TableNames } from '../config.ts';
import { TrailError } from '../errors.ts';
import { type TimeBudget, UNLIMITED } from '../ingest/time-budget.ts';
import { listDays } from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { Criteria } from './criteria.ts';
import { type Consumed, PartitionReader } from './partition-reader.ts';
import { type Order, planQuery, type QueryPlan } from './plan.ts';

/** Where to ask. */
export interface QueryDeps {
  dynamo: DynamoDBClient;
  tables: TableNames;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** A page ends, short, once this is spent; absent: it takes the time that it takes. */
  time?: TimeBudget;
}

export interface PageRequest {
  criteria: Criteria;
  order: Order;
  /** Events wanted; a page may have fewer, when more would cost too much or take too long. */
  limit: number;
  /** Where the page before this one ended. */
  after?: string | undefined;
}

export interface Page {
  events: ListedEvent[];
  /** Where to go on; absent: this was the last page. */
  end?: string;
  plan: QueryPlan;
  consumed: Consumed;
}

/** The time of a request is spent, and there is no page that could end short. */
export class SlowAnswerError extends TrailError {
  constructor() {
    super('out-of-time', 'expected an answer by now: ask again, or for a shorter range of time');
  }
}

/** A page ends, short, once it has cost so many read units (2 MB of index). */
const MAX_READ_UNITS = 256;
const CONCURRENT_REQUESTS = 16;
const SMALLEST_SHARE = 10;
/** Days that are read at once, when those before had too few events. */
const MAX_DAYS_AT_ONCE = 8;

/**
 * Reads one page of the events that meet the criteria. Pages are cut by timeKey, which is unique and never changes: events
 * that arrive meanwhile move no others to another page.
 */
export async function readPage({ criteria, order, limit, after }: PageRequest, deps: QueryDeps): Promise<Page> {
  const { time = UNLIMITED } = deps;
  const plan = await planQuery(criteria, {
    order,
    after,
    days: () => listDays(deps.dynamo, deps.tables.environmentsTable),
    now: Math.floor(deps.now() / 1000),
  });
  const page: Page = { events: [], plan, consumed: { requests: 0, readUnits: 0 } };
  for (const [group, last] of groupsOf(plan)) {
    const readers = group.map((p) => new PartitionReader(deps.dynamo, plan, p, deps.tables.eventsTable, after));
    const end = await readGroup(readers, page, { limit, order, time });
    if (end !== undefined) return { ...page, end };
    if (last) break;
    if (page.events.length >= limit || isSpent(page, time)) return { ...page, end: betweenDays(group.at(-1)!, order) };
  }
  return page;
}

/**
 * All events that meet the criteria, page by page as they are taken.
 * @throws {SlowAnswerError} if the time is spent before the last page
 */
export async function* readAll(
  request: Omit<PageRequest, 'limit'>,
  pageSize: number,
  deps: QueryDeps,
): AsyncGenerator<ListedEvent> {
  let after = request.after;
  do {
    const page = await readPage({ ...request, limit: pageSize, after }, deps);
    yield* page.events;
    after = page.end;
    if (after !== undefined && deps.time?.isSpent()) throw new SlowAnswerError();
  } while (after !== undefined);
}

/** Partitions to be read together, and whether they are the last: all of them, or days in growing numbers. */
function* groupsOf({ partitions, reading }: QueryPlan): Generator<[group: string[], last: boolean]> {
  let size = reading === 'merged' ? partitions.length : 1;
  for (let start = 0, end = size; start < partitions.length; start = end, end += size) {
    yield [partitions.slice(start, end), end >= partitions.length];
    size = Math.min(2 * size, MAX_DAYS_AT_ONCE);
  }
}

/**
 * Takes events from partitions that overlap in time until the page is full, its cost or its time is spent, or nothing is left.
 * @returns where the page ends, when something is left in these partitions
 */
async function readGroup(
  readers: PartitionReader[],
  page: Page,
  { limit, order, time }: { limit: number; order: Order; time: TimeBudget },
): Promise<string | undefined> {
  const isBefore = order === 'newest-first' ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  while (page.events.length < limit) {
    const next = firstOf(readers, isBefore);
    // Partitions that may still have an event before the next one.
    const behind = readers.filter((reader) => !reader.done && reader.buffer.length === 0);
    const isNext = (key: string) => behind.every(({ frontier }) => frontier !== undefined && !isBefore(frontier, key));
    if (next && isNext(next.buffer[0]!.timeKey)) {
      page.events.push(next.buffer.shift()!);
    } else if (behind.length === 0) {
      return undefined;
    } else {
      // A page that has cost enough, or taken long enough, goes on only where it would otherwise end at the very place where it began.
      const unread = isSpent(page, time) ? behind.filter(({ frontier }) => frontier === undefined) : behind;
      if (unread.length === 0)
        return behind.map(({ frontier }) => frontier!).reduce((a, b) => (isBefore(a, b) ? a : b));
      const wanted = shareOf(limit - page.events.length, unread.length);
      await pMap(unread, (reader) => reader.read(wanted, page.consumed), { concurrency: CONCURRENT_REQUESTS });
    }
  }
  const left = readers.some((reader) => !reader.done || reader.buffer.length > 0);
  return left ? page.events.at(-1)!.timeKey : undefined;
}

/** What to ask of each of some partitions, so that together they will likely have enough, but not each alone. */
function shareOf(wanted: number, partitions: number): number {
  return Math.min(wanted, Math.max(SMALLEST_SHARE, Math.ceil((2 * wanted) / partitions)));
}

function firstOf(readers: PartitionReader[], isBefore: (a: string, b: string) => boolean): PartitionReader | undefined {
  const holding = readers.filter(({ buffer }) => buffer.length > 0);
  return holding.reduce<PartitionReader | undefined>(
    (first, reader) => (first && !isBefore(reader.buffer[0]!.timeKey, first.buffer[0]!.timeKey) ? first : reader),
    undefined,
  );
}

function isSpent({ consumed }: Page, time: TimeBudget): boolean {
  return consumed.readUnits >= MAX_READ_UNITS || time.isSpent();
}

/** A place after all timeKeys of a day and before all of the next: they are `DAYT...`. */
function betweenDays(day: string, order: Order): string {
  return order === 'newest-first' ? day : `${day}~`;
}
