import { attributeOf } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
import type { ListedEvent } from '../store/event-item.ts';
import type { QueryDeps } from './ask.ts';
import { type Criteria, splitExclusion, TEXT_CRITERIA, type TextCriterion } from './criteria-table.ts';
import { readNewest } from './newest.ts';
import { Tallies, type Tally } from './tally.ts';

/** The values of one criterion among events. */
export interface ValueList {
  of: TextCriterion;
  /** Most events first. */
  values: Tally[];
  /** Events with values that are not listed because there are too many. */
  leftOut: number;
  /** All that were counted, whether or not they have a value. */
  events: number;
  /** There are more events, older ones, that were not counted. */
  truncated: boolean;
}

/** More are counted, not listed. */
const MAX_VALUES = 200;

/** Counts events by the values of a criterion; they must be added newest first. An event with several values counts for each. */
export class ValueCounts {
  private readonly tallies = new Tallies();
  private readonly criterion: TextCriterion;
  private events = 0;

  constructor(criterion: TextCriterion) {
    this.criterion = criterion;
  }

  add(event: ListedEvent): void {
    this.events += 1;
    const value = attributeOf(event, TEXT_CRITERIA[this.criterion].attribute);
    const names = typeof value === 'object' ? new Set(value) : value === undefined ? [] : [String(value)];
    for (const name of names) this.tallies.add(name, event);
  }

  of(truncated: boolean): ValueList {
    const all = this.tallies.mostFirst();
    const leftOut = all.slice(MAX_VALUES).reduce((sum, { events }) => sum + events, 0);
    return { of: this.criterion, values: all.slice(0, MAX_VALUES), leftOut, events: this.events, truncated };
  }
}

/** The criteria without what they ask of one of them: its values, and those that it excludes. */
export function withoutCriterion({ exclude, ...criteria }: Criteria, name: TextCriterion): Criteria {
  const others = exclude?.filter((text) => splitExclusion(text).name !== name);
  return defined({ ...criteria, [name]: undefined, exclude: others?.length === 0 ? undefined : others });
}

/** Counts the values of a criterion in the newest events that meet the *other* criteria, `maxEvents` at most. */
export async function readValueList(
  criterion: TextCriterion,
  criteria: Criteria,
  deps: QueryDeps,
  maxEvents: number,
): Promise<ValueList> {
  const counts = new ValueCounts(criterion);
  const others = withoutCriterion(criteria, criterion);
  const truncated = await readNewest(others, deps, maxEvents, (event) => counts.add(event));
  return counts.of(truncated);
}
