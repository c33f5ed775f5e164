import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import type { TableNames } from '../config.ts';
import { TrailError } from '../errors.ts';
import { type TimeBudget, UNLIMITED } from '../ingest/time-budget.ts';
import { listDays } from '../store/environments-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { CriteriaError, readCriteria } from './criteria.ts';
import type { Criteria, GivenCriteria } from './criteria-table.ts';
import { PartitionReader, takeInOrder } from './partitions.ts';
import { type Consumed, type Order, planQuery, type QueryPlan } from './plan.ts';
import { NO_ALIASES, type UserAliases } from './user-aliases.ts';
import { withUserIds } from './user-ids.ts';

/** Where to ask. */
export interface QueryDeps {
  dynamo: DynamoDBClient;
  tables: TableNames;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Once this is spent, a page ends early; absent: no limit. */
  time?: TimeBudget;
  /** Names that stand for user IDs in questions; absent: none. */
  aliases?: UserAliases;
  /** Nothing but events of this environment is read, whatever is asked; absent: all events are. */
  environment?: string;
}

/** What a cursor is good for: the criteria and the order, as they were given. */
export interface Asked<C = GivenCriteria> {
  criteria: C;
  order: Order;
}

/** A question as it comes from outside: one page of events, the first or the one after `cursor`. */
type Question = Asked & { limit: number; cursor?: string | undefined };

/** One page to read. `criteria` are as `readCriteria` returns them. */
interface PageRequest extends Asked<Criteria> {
  /** Most events wanted; a page may have fewer if more would cost too much or take too long. */
  limit: number;
  /** Where the page before this one ended. */
  after?: string | undefined;
}

export interface Page {
  events: ListedEvent[];
  /** Where the next page begins; undefined: this was the last. */
  end: string | undefined;
  plan: QueryPlan;
  consumed: Consumed;
}

/**
 * Reads a question, without a request to a table. Ages such as 7d count from `asOf`, the time of the first page.
 * @param now in milliseconds since 1970
 * @throws {CriteriaError} if the criteria, the limit or the cursor are wrong
 */
export function openQuestion({ criteria, order, limit, cursor }: Question, now: number) {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new CriteriaError('limit', 'expected a whole number from 1');
  const asked: Asked = { criteria, order };
  const { after, asOf } = cursor === undefined ? { after: undefined, asOf: now } : decodeCursor(cursor, asked);
  const page: PageRequest = { criteria: readCriteria(criteria, asOf), order, limit, after };
  return { asked, page, asOf };
}

/** Reads the page of a question. `cursor` is that of the next page; undefined: this was the last. */
export async function answerQuestion({ asked, page, asOf }: ReturnType<typeof openQuestion>, deps: QueryDeps) {
  const answer = await readPage(page, deps);
  return { ...answer, cursor: answer.end === undefined ? undefined : encodeCursor({ after: answer.end, asOf }, asked) };
}

/** A page that has cost this many read units (2 MB of index) ends early. */
const MAX_READ_UNITS = 256;

/**
 * Reads one page of the events that meet the criteria. Pages are cut by timeKey, which is unique and never changes: events
 * that arrive meanwhile move no others to another page.
 */
export async function readPage({ criteria, order, limit, after }: PageRequest, deps: QueryDeps): Promise<Page> {
  const { dynamo, tables, time = UNLIMITED, aliases = NO_ALIASES } = deps;
  const plan = await planQuery(withinEnvironment(withUserIds(criteria, aliases), deps.environment), {
    order,
    after,
    days: () => listDays(dynamo, tables.environmentsTable),
    now: Math.floor(deps.now() / 1000),
  });
  const events: ListedEvent[] = [];
  const consumed = { requests: 0, readUnits: 0 };
  const reading = { dynamo, table: tables.eventsTable, plan, after, consumed };
  const isSpent = () => consumed.readUnits >= MAX_READ_UNITS || time.isSpent();
  const pageTo = (end: string | undefined): Page => ({ events, end, plan, consumed });
  for (const { group, isLast } of groupsOf(plan)) {
    const readers = group.map((partition) => new PartitionReader(partition, reading));
    const end = await takeInOrder(readers, events, { limit, order, isSpent });
    if (end !== undefined || isLast) return pageTo(end);
    if (events.length >= limit || isSpent()) return pageTo(pastDay(group.at(-1), order));
  }
  return pageTo(undefined);
}

/** Narrows the criteria to events of one environment, if there is one. Those that ask for others ask for none then. */
function withinEnvironment(criteria: Criteria, environment: string | undefined): Criteria {
  if (environment === undefined) return criteria;
  const isAsked = criteria.environment?.includes(environment) ?? true;
  return isAsked ? { ...criteria, environment: [environment] } : { environment: [] };
}

/** Days that are read at once if those before had too few events. */
const MAX_DAYS_AT_ONCE = 8;

/** The partitions to read together: all of them, or days in growing numbers. */
function* groupsOf({ partitions, reading }: QueryPlan): Generator<{ group: readonly string[]; isLast: boolean }> {
  let size = reading === 'merged' ? partitions.length : 1;
  for (let start = 0, end = size; start < partitions.length; start = end, end += size) {
    yield { group: partitions.slice(start, end), isLast: end >= partitions.length };
    size = Math.min(2 * size, MAX_DAYS_AT_ONCE);
  }
}

/** A position between the timeKeys of a day, which are `DAYT...`, and those that follow in this order. */
const pastDay = (day = '', order: Order) => (order === 'newest-first' ? day : `${day}~`);

/** The time of a request is spent, and there is no page that could end early. */
export class SlowAnswerError extends TrailError {
  constructor() {
    super('out-of-time', 'expected to answer in time: ask again, or for a shorter range of time');
  }
}

const MAX_PAGE_SIZE = 1_000;

/**
 * Yields all events that meet the criteria; a page is read when its first event is needed.
 * @param pageSize lower where few events are needed
 * @throws {SlowAnswerError} if the time is spent before the last page
 */
export async function* readAll(
  request: Asked<Criteria>,
  deps: QueryDeps,
  pageSize = MAX_PAGE_SIZE,
): AsyncGenerator<ListedEvent> {
  let after: string | undefined;
  do {
    const page = await readPage({ ...request, limit: Math.min(pageSize, MAX_PAGE_SIZE), after }, deps);
    yield* page.events;
    after = page.end;
    if (after !== undefined && deps.time?.isSpent()) throw new SlowAnswerError();
  } while (after !== undefined);
}

// DAY, DAY~, or a timeKey: eventTime in one width, # and an eventID of at most 512 bytes.
const POSITION = /^\d{4}-\d{2}-\d{2}(?:~|T\d{2}:\d{2}:\d{2}\.\d{3}Z#.{1,512})?$/su;
const MAX_POSITION_BYTES = 24 + 1 + MAX_EVENT_ID_BYTES;
/** Another version has another meaning of `q`, the hash of what was asked. */
const Cursor = z.strictObject({
  v: z.literal(3),
  q: z.string(),
  a: z.string().check(
    z.regex(POSITION),
    // DynamoDB refuses sort keys that are too long; a character can have four bytes.
    z.refine((after) => Buffer.byteLength(after) <= MAX_POSITION_BYTES),
  ),
  t: z.int().check(z.nonnegative()),
});

const CHECKSUM_BYTES = 12;
const MAX_CURSOR_LENGTH = 4_096;

/**
 * Where a page ended: `after` a timeKey, or between two days. `asOf` is the time of the first page, in milliseconds since
 * 1970, so that ages such as `7d` mean the same on every page.
 */
type Position = { after: string; asOf: number };

/** Returns a position as text for the caller: opaque, checked, and bound to the question. */
export function encodeCursor({ after, asOf }: Position, asked: Asked<object>): string {
  const content = Buffer.from(JSON.stringify({ v: 3, q: hashOf(asked), a: after, t: asOf }));
  return Buffer.concat([checksumOf(content), content]).toString('base64url');
}

/**
 * Returns the position in a cursor. It only moves within what the question's own criteria give, so a forged one shows
 * nothing else.
 * @throws {CriteriaError} if it is not a cursor of this version, was changed, or belongs to another question
 */
export function decodeCursor(cursor: string, asked: Asked<object>): Position {
  const content = checkedContent(cursor);
  if (!content) throw new CriteriaError('cursor', 'expected the cursor of an earlier page, as this version gives it');
  if (content.q !== hashOf(asked)) throw new CriteriaError('cursor', 'expected the same criteria and order as before');
  return { after: content.a, asOf: content.t };
}

function checkedContent(cursor: string): z.infer<typeof Cursor> | undefined {
  if (cursor.length > MAX_CURSOR_LENGTH) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  // Decoding is lenient; only the spelling that was given out is valid.
  if (bytes.toString('base64url') !== cursor || bytes.length <= CHECKSUM_BYTES) return undefined;
  const content = bytes.subarray(CHECKSUM_BYTES);
  if (!checksumOf(content).equals(bytes.subarray(0, CHECKSUM_BYTES))) return undefined;
  try {
    return Cursor.safeParse(JSON.parse(content.toString())).data;
  } catch {
    return undefined;
  }
}

/** Guards against damage, not against forgery. */
function checksumOf(content: Uint8Array): Buffer {
  return createHash('sha256').update('mwaa-trail cursor').update(content).digest().subarray(0, CHECKSUM_BYTES);
}

/** Only what was asked, by name: a cursor stays valid when criteria are added or reordered. */
function hashOf({ criteria, order }: Asked<object>): string {
  const asked = Object.entries(criteria)
    .map(([name, value]) => [name, Array.isArray(value) ? [...new Set(value)].toSorted() : value] as const)
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([order, asked]))
    .digest('base64url');
}
