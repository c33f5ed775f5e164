/**
 * A queue between one who finds and one who works, that holds only so much. It hands out in turns from each day it holds:
 * events of a day go to one partition of an index, and days in turns spread the writes.
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

  /** Waits while the queue is full. What comes after `close` is dropped. */
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

  /** The next item; nothing when the queue is closed and empty. */
  async take(): Promise<T | undefined> {
    while (this.size === 0) {
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => this.waitingForMore.push(resolve));
    }
    const [day, items] = this.days.entries().next().value!;
    const item = items.shift()!;
    this.days.delete(day);
    // To the end of the turn.
    if (items.length > 0) this.days.set(day, items);
    this.size -= 1;
    this.waitingForRoom.shift()?.();
    return item;
  }

  /** Nothing more comes. */
  close(): void {
    this.closed = true;
    for (const wake of [...this.waitingForMore.splice(0), ...this.waitingForRoom.splice(0)]) wake();
  }
}
