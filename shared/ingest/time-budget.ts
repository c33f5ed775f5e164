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

/**
 * Waits for work, but not longer than some time. What is late goes on, and its result is ignored.
 * @param late returns, or throws, what is the result then
 */
export async function within<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
  if (milliseconds === Number.POSITIVE_INFINITY) return work;
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, milliseconds));
  return Promise.race([work, timeIsUp.then(late)]).finally(() => clearTimeout(timer));
}

export const UNLIMITED: TimeBudget = { isSpent: () => false };
