import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { fromListedItem, type ListedEvent } from '../store/event-item.ts';
import { sourceMatcher } from './address-range.ts';
import { type QueryPlan, queryInput } from './plan.ts';

/** What a question has cost so far. */
export interface Consumed {
  requests: number;
  /** Read units of DynamoDB: 0.5 for each 4 KB of index that was read. */
  readUnits: number;
}

/** Reads one partition of a plan, in the plan's order, a request at a time. */
export class PartitionReader {
  /** Events that were read and not yet taken. */
  readonly buffer: ListedEvent[] = [];
  /** Everything up to and including this timeKey, past `after`, has been read, whether it met the filter or not. */
  frontier: string | undefined;
  /** Nothing is left to be read. */
  done = false;
  private readonly dynamo: DynamoDBClient;
  private readonly input: QueryCommandInput;
  private readonly selective: boolean;
  private readonly isWanted: (event: ListedEvent) => boolean;
  /** The place that the range begins at, which is not to be read again. */
  private readonly after: string | undefined;
  private next: QueryCommandOutput['LastEvaluatedKey'];
  private requests = 0;

  constructor(dynamo: DynamoDBClient, plan: QueryPlan, partition: string, table: string, after: string | undefined) {
    this.dynamo = dynamo;
    this.input = queryInput(plan, partition, table);
    this.selective = plan.filter.selective;
    const isSource = plan.sourceIp && sourceMatcher(plan.sourceIp);
    this.isWanted = ({ timeKey, sourceIp = '' }) => timeKey !== after && (isSource === undefined || isSource(sourceIp));
    this.after = after;
  }

  /** @param wanted how many events would do */
  async read(wanted: number, consumed: Consumed): Promise<void> {
    const page = await this.dynamo.send(
      new QueryCommand({ ...this.input, ...this.limit(wanted), ExclusiveStartKey: this.next }),
    );
    this.requests += 1;
    consumed.requests += 1;
    consumed.readUnits += page.ConsumedCapacity?.CapacityUnits ?? 0;
    const events = (page.Items ?? []).map(fromListedItem);
    this.buffer.push(...events.filter(this.isWanted));
    this.next = page.LastEvaluatedKey;
    this.done = this.next === undefined;
    const last = this.next?.timeKey?.S;
    this.frontier = last === this.after ? undefined : last;
  }

  /**
   * DynamoDB counts what it reads, not what meets the filter. Without a filter what is read is what is wanted; with one,
   * each request reads more than the one before, up to the 1 MB that DynamoDB reads at most.
   */
  private limit(wanted: number): { Limit?: number } {
    const limit = this.selective ? 4 * wanted * 8 ** this.requests : wanted + (this.after === undefined ? 0 : 1);
    return limit > LARGEST_LIMIT ? {} : { Limit: limit };
  }
}

/** Index items have some 300 bytes: more do not fit into 1 MB. */
const LARGEST_LIMIT = 4_000;
