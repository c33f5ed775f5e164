/** How a command ends: done; failed, or something it read was bad; used wrongly. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
