/**
 * A bounded queue between the listing and the work. It takes from each day in turn: events of one day go to one partition of an
 * index, so this spreads the writes.
 */
export class FairQueue<T> {
  private readonly capacity: number;
  private readonly days = new Map<string, T[]>();
  private size = 0;
  private closed = false;
  private readonly waitingForRoom: (() => void)[] = [];
  private readonly waitingForMore: (() => void)[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Waits while the queue is full. After `close`, items are dropped. */
  async push(day: string, item: T): Promise<void> {
    while (this.size >= this.capacity && !this.closed) {
      await new Promise<void>((resolve) => this.waitingForRoom.push(resolve));
    }
    if (this.closed) return;
    const items = this.days.get(day);
    if (items) items.push(item);
    else this.days.set(day, [item]);
    this.size += 1;
    this.waitingForMore.shift()?.();
  }

  /** Returns the next item; undefined if the queue is closed and empty. */
  async take(): Promise<T | undefined> {
    while (this.size === 0) {
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => this.waitingForMore.push(resolve));
    }
    const [day, items] = this.days.entries().next().value!;
    const item = items.shift()!;
    this.days.delete(day);
    // Its next turn comes after those of the other days.
    if (items.length > 0) this.days.set(day, items);
    this.size -= 1;
    this.waitingForRoom.shift()?.();
    return item;
  }

  /** No more items come. */
  close(): void {
    this.closed = true;
    for (const wake of [...this.waitingForMore.splice(0), ...this.waitingForRoom.splice(0)]) wake();
  }
}
