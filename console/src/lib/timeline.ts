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
