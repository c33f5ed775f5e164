import type { ListedEvent } from '../store/event-item.ts';
import type { QueryDeps } from './ask.ts';
import type { Criteria } from './criteria-table.ts';
import { readNewest } from './newest.ts';
import { type Counted, count, Tallies, type Tally } from './tally.ts';

/** Events counted by what people ask first. Most events come first, but days, `YYYY-MM-DD`, newest first. */
export type Summary = Record<TallyGroup, Tally[]> &
  Counted & {
    /** There are more events, older ones, that were not counted. */
    truncated: boolean;
  };

/** The name for events without one. */
const NONE = '-';

/** The name under which an event counts; undefined: none. */
const GROUPS = {
  byAction: ({ action }: ListedEvent): string => action,
  byUser: ({ user, principal = NONE }: ListedEvent): string => user ?? principal,
  byRole: ({ role }: ListedEvent): string | undefined => role,
  byTarget: ({ target }: ListedEvent): string | undefined => target,
  byOutcome: ({ outcome }: ListedEvent): string => outcome,
  byError: ({ errorCode }: ListedEvent): string | undefined => errorCode,
  byPrincipal: ({ principal = NONE }: ListedEvent): string => principal,
  byDay: ({ timeKey }: ListedEvent): string => timeKey.slice(0, 10),
};
export type TallyGroup = keyof typeof GROUPS;
export const TALLY_GROUPS = Object.keys(GROUPS) as TallyGroup[];

/** What a group counts by, in one word: `action` of `byAction`. */
export const wordOf = (group: TallyGroup) => group.slice('by'.length).toLowerCase();

/** Counts the newest events that meet the criteria, `maxEvents` at most: each is read. */
export async function summarise(criteria: Criteria, deps: QueryDeps, maxEvents: number): Promise<Summary> {
  const all: Counted = { events: 0, errors: 0 };
  const tallies = new Map(TALLY_GROUPS.map((group) => [group, new Tallies()]));
  const truncated = await readNewest(criteria, deps, maxEvents, (event) => {
    count(all, event);
    for (const [group, byName] of tallies) {
      const name = GROUPS[group](event);
      if (name !== undefined) byName.add(name, event);
    }
  });
  const groups = [...tallies].map(([group, byName]) => [
    group,
    group === 'byDay' ? byName.newestFirst() : byName.mostFirst(),
  ]);
  return { ...all, ...(Object.fromEntries(groups) as Record<TallyGroup, Tally[]>), truncated };
}
