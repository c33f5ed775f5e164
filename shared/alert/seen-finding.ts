import type { AlertedFinding } from './alerted-finding.ts';

/** Whether people were told. `pending`: not yet, or it failed. `evaluated`: nobody is, because it was found on request. */
export const DELIVERIES = ['sent', 'pending', 'below-level', 'evaluated'] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** A finding as lists show it. */
export type SeenFinding = AlertedFinding & {
  delivery: Delivery;
  /** The number of events with which it began; `eventIds` has the last ones. */
  events: number;
  /** The number of events that repeated it, which were not sent; `MAX_REPEATS` means that many or more. */
  repeats: number;
  /** The time of the newest repeat, ISO 8601 in UTC. */
  lastRepeat?: string;
};

/** Maximum number of repeats that are counted; a few more if one event brings several. */
export const MAX_REPEATS = 1_000;
