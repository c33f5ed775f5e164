import { type DynamoDBClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { fromListedItem, type ListedEvent } from '../store/event-item.ts';
import { MissingIndexError } from '../store/schema-version.ts';
import { sourceMatcher } from './address-range.ts';
import { type Consumed, type QueryPlan, queryInput } from './plan.ts';

/** How a page is read from partitions. */
interface Reading {
  dynamo: DynamoDBClient;
  table: string;
  plan: QueryPlan;
  /** Where the range begins; an event there has been read already. */
  after: string | undefined;
  /** Is added to. */
  consumed: Consumed;
}

/** The 1 MB that DynamoDB reads at most has fewer index items, of some 300 bytes each. */
const LARGEST_LIMIT = 4_000;

/** Reads one partition of a plan, in the plan's order, a request at a time. */
export class PartitionReader {
  /** Events that were read and not yet taken. */
  readonly buffer: ListedEvent[] = [];
  /** Everything after `after` up to and including this timeKey has been read, whether it met the filter or not. */
  frontier: string | undefined;
  /** Nothing is left to read. */
  done = false;
  private readonly partition: string;
  private readonly reading: Reading;
  private next: QueryCommandOutput['LastEvaluatedKey'];
  private requests = 0;

  constructor(partition: string, reading: Reading) {
    this.partition = partition;
    this.reading = reading;
  }

  /** @param wanted how many events would do */
  async read(wanted: number): Promise<void> {
    const { dynamo, table, plan, after, consumed } = this.reading;
    const limit = this.limit(wanted);
    const query = new QueryCommand({
      ...queryInput(plan, this.partition, table),
      ...(limit <= LARGEST_LIMIT && { Limit: limit }),
      ExclusiveStartKey: this.next,
    });
    const page = await dynamo.send(query).catch((error: unknown) => {
      throw isMissingIndex(error) ? new MissingIndexError(table, plan.index) : error;
    });
    this.requests += 1;
    consumed.requests += 1;
    consumed.readUnits += page.ConsumedCapacity?.CapacityUnits ?? 0;
    const events = (page.Items ?? []).map(fromListedItem);
    const isWanted = sourceFilter(plan.sources);
    this.buffer.push(...events.filter(({ timeKey, sourceIp = '' }) => timeKey !== after && isWanted(sourceIp)));
    this.next = page.LastEvaluatedKey;
    this.done = this.next === undefined;
    const last = this.next?.timeKey?.S;
    this.frontier = last === after ? undefined : last;
  }

  /**
   * DynamoDB's limit counts the items read, not those that meet the filter. So with a filter, each request reads more than the
   * one before.
   */
  private limit(wanted: number): number {
    const { plan, after } = this.reading;
    return plan.filter.selective ? 4 * wanted * 8 ** this.requests : wanted + (after === undefined ? 0 : 1);
  }
}

/** DynamoDB has no error of its own for it: "The table does not have the specified index: NAME". */
function isMissingIndex(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException' && /specified index/.test(error.message);
}

function sourceFilter({ wanted, excluded }: QueryPlan['sources']): (source: string) => boolean {
  // To look at an address takes longer than all else of an event.
  if (wanted.length === 0 && excluded.length === 0) return () => true;
  const isWanted = wanted.length > 0 ? sourceMatcher(wanted) : () => true;
  const isExcluded = sourceMatcher(excluded);
  return (source) => isWanted(source) && !isExcluded(source);
}

const CONCURRENT_REQUESTS = 16;
const SMALLEST_SHARE = 10;

/**
 * Takes events in order from partitions that overlap in time, until there are `limit`, the cost or the time of the page is
 * spent, or nothing is left.
 * @param events is added to
 * @returns where the page ends; undefined if nothing is left in these partitions
 */
export async function takeInOrder(
  readers: readonly PartitionReader[],
  events: ListedEvent[],
  { limit, order, isSpent }: { limit: number; order: QueryPlan['order']; isSpent(): boolean },
): Promise<string | undefined> {
  const isBefore = order === 'newest-first' ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  while (events.length < limit) {
    const next = firstOf(readers, isBefore);
    // Partitions that may still have an event before the next one.
    const behind = readers.filter((reader) => !reader.done && reader.buffer.length === 0);
    const isNext = (key: string) => behind.every(({ frontier }) => frontier !== undefined && !isBefore(frontier, key));
    if (next && isNext(next.buffer[0]!.timeKey)) {
      events.push(next.buffer.shift()!);
    } else if (behind.length === 0) {
      return undefined;
    } else {
      // A page whose cost or time is spent goes on only if it would otherwise end where it began.
      const unread = isSpent() ? behind.filter(({ frontier }) => frontier === undefined) : behind;
      if (unread.length === 0)
        return behind.map(({ frontier }) => frontier!).reduce((a, b) => (isBefore(a, b) ? a : b));
      const wanted = shareOf(limit - events.length, unread.length);
      await pMap(unread, (reader) => reader.read(wanted), { concurrency: CONCURRENT_REQUESTS });
    }
  }
  const left = readers.some((reader) => !reader.done || reader.buffer.length > 0);
  return left ? events.at(-1)!.timeKey : undefined;
}

/** How many events to ask of each partition, so that together they will likely have enough, but not each alone. */
function shareOf(wanted: number, partitions: number): number {
  return Math.min(wanted, Math.max(SMALLEST_SHARE, Math.ceil((2 * wanted) / partitions)));
}

function firstOf(readers: readonly PartitionReader[], isBefore: (a: string, b: string) => boolean) {
  return readers
    .filter(({ buffer }) => buffer.length > 0)
    .reduce<PartitionReader | undefined>(
      (first, reader) => (first && !isBefore(reader.buffer[0]!.timeKey, first.buffer[0]!.timeKey) ? first : reader),
      undefined,
    );
}
