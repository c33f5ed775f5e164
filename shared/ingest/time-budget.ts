/** How long work may go on. */
export interface TimeBudget {
  /** Nothing more should be begun. */
  isSpent(): boolean;
}

/** A budget from now on, in milliseconds. */
export function budgetOf(milliseconds: number): TimeBudget {
  const end = performance.now() + milliseconds;
  return { isSpent: () => performance.now() >= end };
}

export const UNLIMITED: TimeBudget = { isSpent: () => false };
