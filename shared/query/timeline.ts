import { NO_DAY, timeOf } from '../audit-event/event-time.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { QueryDeps } from './ask.ts';
import type { Criteria, Period } from './criteria-table.ts';
import { readNewest } from './newest.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How long buckets can be, in seconds. */
const WIDTHS = [
  ...[1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY],
];
/** Longer ranges have multiples of it. */
const WIDEST = 365 * DAY;

/** The events of a length of time, each counted once. */
export interface Bucket {
  /** ISO 8601, UTC: a multiple of the length since 1970. */
  start: string;
  reads: number;
  writes: number;
  /** Those that were denied or failed, whatever they asked for. */
  failures: number;
}
type Kind = Exclude<keyof Bucket, 'start'>;

/** Events counted over time. Times are ISO 8601 in UTC with milliseconds. */
export interface Timeline {
  /** `since` of the question; without it, the time of the oldest event that was counted; without events, `to`. */
  from: string;
  /** `until` of the question; without it, the time of the newest event; without events, `from`, or the time of the answer. */
  to: string;
  bucketSeconds: number;
  /** Oldest first, none that are empty. */
  buckets: Bucket[];
  /** All that were counted. */
  events: number;
  /** Those among them without a usable time: no bucket has them. */
  withoutTime: number;
  /** There are more events, older ones, that were not counted. */
  truncated: boolean;
  /** If truncated, the time of the oldest event that was counted. */
  countedSince?: string;
}

/** What a timeline is to cover, and in how many buckets. */
interface TimelineRange extends Period {
  /** Buckets are so long that `from` to `to` has the length of this many, or fewer. If it begins within one, there can be one more. */
  maxBuckets: number;
  /** In milliseconds since 1970. */
  now: number;
}

/** Counts events over time; they must be added newest first. It holds a time for each, because the range is known last. */
export class TimelineCounts {
  private readonly counted: { time: number; kind: Kind }[] = [];
  private withoutTime = 0;

  add(event: ListedEvent): void {
    if (event.timeKey.startsWith(NO_DAY)) this.withoutTime += 1;
    else this.counted.push({ time: Date.parse(timeOf(event.timeKey)), kind: kindOf(event) });
  }

  of(range: TimelineRange, truncated: boolean): Timeline {
    const oldest = this.counted.at(-1)?.time;
    const { from, to } = rangeOf(range, oldest, this.counted[0]?.time);
    const bucketSeconds = widthOf((to - from) / 1000, range.maxBuckets);
    return {
      from: isoTime(from),
      to: isoTime(to),
      bucketSeconds,
      buckets: this.inBuckets(1000 * bucketSeconds),
      events: this.counted.length + this.withoutTime,
      withoutTime: this.withoutTime,
      truncated,
      ...defined({ countedSince: truncated && oldest !== undefined ? isoTime(oldest) : undefined }),
    };
  }

  private inBuckets(width: number): Bucket[] {
    const buckets = new Map<number, Bucket>();
    for (const { time, kind } of this.counted) {
      const start = Math.floor(time / width) * width;
      const bucket = buckets.get(start) ?? { start: isoTime(start), reads: 0, writes: 0, failures: 0 };
      buckets.set(start, bucket);
      bucket[kind] += 1;
    }
    return [...buckets.values()].reverse();
  }
}

function kindOf({ outcome, access }: ListedEvent): Kind {
  if (outcome !== 'ok') return 'failures';
  return access === 'write' ? 'writes' : 'reads';
}

function rangeOf({ since, until, now }: TimelineRange, oldest: number | undefined, newest: number | undefined) {
  const [asked, askedEnd] = [since, until].map((time) => (time === undefined ? undefined : Date.parse(time)));
  const from = asked ?? oldest ?? askedEnd ?? now;
  return { from, to: askedEnd ?? newest ?? from };
}

/** The shortest length of which the range has at most `maxBuckets`, in seconds. */
function widthOf(seconds: number, maxBuckets: number): number {
  const shortest = seconds / maxBuckets;
  return WIDTHS.find((width) => width >= shortest) ?? WIDEST * Math.ceil(shortest / WIDEST);
}

/** Counts the newest events that meet the criteria over time, `maxEvents` at most. */
export async function readTimeline(
  criteria: Criteria,
  maxBuckets: number,
  deps: QueryDeps,
  maxEvents: number,
): Promise<Timeline> {
  const counts = new TimelineCounts();
  const truncated = await readNewest(criteria, deps, maxEvents, (event) => counts.add(event));
  return counts.of({ since: criteria.since, until: criteria.until, maxBuckets, now: deps.now() }, truncated);
}
