/** How long work may take. */
export interface TimeBudget {
  /** Whether nothing more should be begun. */
  isSpent(): boolean;
}

/** Returns a budget that starts now. */
export function budgetOf(milliseconds: number): TimeBudget {
  const end = performance.now() + milliseconds;
  return { isSpent: () => performance.now() >= end };
}

export const UNLIMITED: TimeBudget = { isSpent: () => false };
