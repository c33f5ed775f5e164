/** How long work may go on. */
export interface TimeBudget {
  /** Nothing more should be begun. */
  isSpent(): boolean;
}

export const UNLIMITED: TimeBudget = { isSpent: () => false };
