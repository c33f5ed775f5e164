/** `1 event`, `12,345 events` */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** `10,000+ events`, if there are more. */
export function countedWith({ events, truncated }: { events: number; truncated: boolean }, what: string): string {
  return truncated ? `${events.toLocaleString('en-US')}+ ${what}s` : counted(events, what);
}

/** How much of a question was counted; undefined: all of it. */
export function newestOnly({ events, truncated }: { events: number; truncated: boolean }): string | undefined {
  return truncated
    ? `The newest ${events.toLocaleString('en-US')} events are counted; there are older ones.`
    : undefined;
}
