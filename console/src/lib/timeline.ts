import type { Completeness } from '../../../shared/query/completeness.ts';

/** Events counted over time: the answer of /timeline. */
export interface Timeline {
  /** ISO 8601; absent if there is no event and no range. */
  from?: string;
  to?: string;
  bucketSeconds: number;
  /** Those that are not empty. */
  buckets: { start: string; reads: number; writes: number; failures: number }[];
  events: number;
  /** There are more events, older than `countedSince`. */
  truncated: boolean;
  countedSince?: string;
  completeness: Completeness;
}

/** Events of a part of the time. */
export interface Bar {
  /** Milliseconds since 1970. */
  start: number;
  reads: number;
  writes: number;
  failures: number;
}

/** A bar for each bucket of the range, also for those without events. */
export function barsOf({ from, to, bucketSeconds, buckets }: Timeline): Bar[] {
  if (from === undefined || to === undefined) return [];
  const width = bucketSeconds * 1000;
  const byStart = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  const first = Math.min(Math.floor(Date.parse(from) / width) * width, ...byStart.keys());
  const end = Math.max(Date.parse(to), first + width);
  const count = Math.min(Math.ceil((end - first) / width), 400);
  return Array.from({ length: count }, (_, i) => {
    const start = first + i * width;
    const { reads = 0, writes = 0, failures = 0 } = byStart.get(start) ?? {};
    return { start, reads, writes, failures };
  });
}

/** How many of the events of a timeline were denied or failed. */
export function failuresOf({ buckets }: Pick<Timeline, 'buckets'>): number {
  return buckets.reduce((sum, { failures }) => sum + failures, 0);
}
