import type { ListedEvent } from '../store/event-item.ts';
import { type Seen, see } from './seen.ts';

/** Events that were counted. */
export interface Counted extends Seen {
  /** Those that were denied or failed. */
  errors: number;
}

/** The events that have one value of something. */
export interface Tally extends Counted {
  name: string;
}

/** Adds an event to those counted so far, which are newer. */
export function count(counted: Counted, event: ListedEvent): void {
  see(counted, event);
  if (event.outcome !== 'ok') counted.errors += 1;
}

/** Events by the values of something. They must be added newest first. */
export class Tallies {
  private readonly byName = new Map<string, Tally>();

  add(name: string, event: ListedEvent): void {
    const tally = this.byName.get(name) ?? { name, events: 0, errors: 0 };
    this.byName.set(name, tally);
    count(tally, event);
  }

  /** The value of the newest event first. */
  newestFirst(): Tally[] {
    return [...this.byName.values()];
  }

  /** The value of most events first. */
  mostFirst(): Tally[] {
    return this.newestFirst().sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
  }
}
