import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, readAll } from './ask.ts';
import type { Criteria } from './criteria-table.ts';

/**
 * Reads the newest events that meet the criteria, `maxEvents` at most, newest first.
 * @returns whether there are more events than were added
 * @throws {SlowAnswerError}
 */
export async function readNewest(
  criteria: Criteria,
  deps: QueryDeps,
  maxEvents: number,
  add: (event: ListedEvent) => void,
): Promise<boolean> {
  let left = maxEvents;
  for await (const event of readAll({ criteria, order: 'newest-first' }, deps, maxEvents + 1)) {
    if (left === 0) return true;
    left -= 1;
    add(event);
  }
  return false;
}
