import type { Completeness } from '../../../shared/query/completeness.ts';
import type { Timeline as Counted } from '../../../shared/query/timeline.ts';

/** Events counted over time: the answer of /timeline. */
export type Timeline = Counted & { completeness: Completeness };

/** What happened in one bucket of a timeline. */
export interface Bar {
  /** Milliseconds since 1970. */
  start: number;
  reads: number;
  writes: number;
  failures: number;
  /** Whether its events were counted; if not, there may be some. */
  counted: boolean;
}

/** A range has some 80 buckets; a bound in case it has not. */
const MAX_BARS = 400;

/** A bar for each bucket of the range, also for those without events. */
export function barsOf({ from, to, bucketSeconds, buckets, countedSince }: Timeline): Bar[] {
  const width = bucketSeconds * 1000;
  const byStart = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  const first = Math.floor(Date.parse(from) / width) * width;
  // An event at the very end of the range has a bucket, too.
  const last = Math.max(Math.ceil(Date.parse(to) / width) * width - width, first, ...byStart.keys());
  const countedFrom = countedSince === undefined ? first : Date.parse(countedSince);
  return Array.from({ length: Math.min((last - first) / width + 1, MAX_BARS) }, (_, i) => {
    const start = first + i * width;
    const { reads = 0, writes = 0, failures = 0 } = byStart.get(start) ?? {};
    return { start, reads, writes, failures, counted: start + width > countedFrom };
  });
}

/** How many of the events of a timeline were denied or failed. */
export function failuresOf({ buckets }: Pick<Timeline, 'buckets'>): number {
  return buckets.reduce((sum, { failures }) => sum + failures, 0);
}
