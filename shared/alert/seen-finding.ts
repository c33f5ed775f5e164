import type { AlertedFinding } from './alerted-finding.ts';

/** Whether people were told. `pending`: not yet, or it failed. `evaluated`: nobody is, because it was found on request. */
export const DELIVERIES = ['sent', 'pending', 'below-level', 'evaluated'] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** A finding as it is looked at. */
export type SeenFinding = Omit<AlertedFinding, 'test'> & {
  delivery: Delivery;
  /** Those with which it began; `eventIds` has the last ones. */
  events: number;
  /** Events that were more of it, counted and not sent; `MAX_REPEATS`: or more. */
  repeats: number;
  /** The time of the newest repeat, ISO 8601 in UTC. */
  lastRepeat?: string;
};

/** So many repeats are counted, some more if several came with one event. */
export const MAX_REPEATS = 1_000;
