import pMap from 'p-map';
import { attributeOf } from '../audit-event/attributes.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { UNLIMITED } from '../ingest/time-budget.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, SlowAnswerError } from './ask.ts';
import { readNewest } from './newest.ts';
import { PartitionReader } from './partitions.ts';
import { planOfValue } from './plan.ts';

/** Something that no event before has. */
export interface FirstSeen {
  name: string;
  /** Time of its first event: normalized (UTC, milliseconds). */
  first: string;
  /** Its events since then, of those that were counted. */
  events: number;
}

/** What can be new, and the criterion that names it. Each has an index, so one request tells its first event. */
export const NEWS_GROUPS = {
  users: 'user',
  roles: 'role',
  environments: 'environment',
  accessKeys: 'accessKeyId',
  operations: 'eventName',
  errorCodes: 'errorCode',
} as const;
type NewsGroup = keyof typeof NEWS_GROUPS;
const GROUPS = Object.keys(NEWS_GROUPS) as NewsGroup[];

/** What was seen for the first time; in each group the newest first. */
export type News = Record<NewsGroup, FirstSeen[]> & {
  /** Events that were counted. */
  events: number;
  /** Not all events, or not all of their values, were looked at: there may be more news. */
  truncated: boolean;
};

/** How much is read at most. */
interface NewsLimits {
  /** The newest are counted. */
  events: number;
  /** Of each group: values whose first event is looked up. */
  values: number;
}

const CONCURRENT_LOOKUPS = 16;

/**
 * Finds what has no event before `since`. An event without a usable time counts as one before it.
 * @param since ISO 8601 in UTC with milliseconds
 * @throws {SlowAnswerError} if the time is spent before everything is looked up
 */
export async function readNews(since: string, deps: QueryDeps, limits: NewsLimits): Promise<News> {
  const { values, events, isCut } = await countValues(since, deps, limits.events);
  // Of too many, those that came up last are the likeliest to be new.
  const candidates = GROUPS.flatMap((group) =>
    [...values[group].values()].sort((a, b) => (a.first < b.first ? 1 : -1)).slice(0, limits.values),
  );
  const lookUp = (value: CountedValue) => firstSeen(value, since, deps);
  const found = (await pMap(candidates, lookUp, { concurrency: CONCURRENT_LOOKUPS })).flat();
  const newsOf = (wanted: NewsGroup) =>
    found.flatMap(({ group, ...news }) => (group === wanted ? [news] : [])).sort(newestFirst);
  const news = Object.fromEntries(GROUPS.map((group) => [group, newsOf(group)])) as Record<NewsGroup, FirstSeen[]>;
  const isLong = GROUPS.some((group) => values[group].size > limits.values);
  return { ...news, events, truncated: isCut || isLong };
}

const newestFirst = (a: FirstSeen, b: FirstSeen) => {
  if (a.first !== b.first) return a.first < b.first ? 1 : -1;
  return a.name < b.name ? -1 : 1;
};

/** A value, its events, and the timeKey of the oldest of them that was counted. */
type CountedValue = { group: NewsGroup; name: string; events: number; first: string };

/** @returns `isCut`: there are more events, older ones */
async function countValues(since: string, deps: QueryDeps, maxEvents: number) {
  const values = Object.fromEntries(GROUPS.map((group) => [group, new Map()])) as Record<
    NewsGroup,
    Map<string, CountedValue>
  >;
  let events = 0;
  const isCut = await readNewest({ since }, deps, maxEvents, (event) => {
    events += 1;
    for (const group of GROUPS) {
      const name = nameIn(event, group);
      if (name === undefined) continue;
      const counted = (values[group].get(name)?.events ?? 0) + 1;
      values[group].set(name, { group, name, events: counted, first: event.timeKey });
    }
  });
  return { values, events, isCut };
}

/** Each session has an access key of its own, `ASIA...`, which says nothing new. */
const SESSION_KEY = /^ASIA/;

function nameIn(event: ListedEvent, group: NewsGroup): string | undefined {
  const value = attributeOf(event, NEWS_GROUPS[group]);
  const isNamed = typeof value === 'string' && !(group === 'accessKeys' && SESSION_KEY.test(value));
  return isNamed ? value : undefined;
}

/** Some of the first may have expired, and are read nevertheless. */
const EVENTS_READ = 5;

/** Looks up the first event with a value, which costs one request. Returns nothing if it is before `since`. */
async function firstSeen(
  { group, name, events }: CountedValue,
  since: string,
  { dynamo, tables, now, time = UNLIMITED }: QueryDeps,
): Promise<(FirstSeen & { group: NewsGroup })[]> {
  if (time.isSpent()) throw new SlowAnswerError();
  const plan = planOfValue(NEWS_GROUPS[group], name, 'oldest-first', Math.floor(now() / 1000));
  const consumed = { requests: 0, readUnits: 0 };
  const reader = new PartitionReader(name, { dynamo, table: tables.eventsTable, plan, after: undefined, consumed });
  await reader.read(EVENTS_READ);
  // If all that were read have expired, it was there before.
  const first = reader.buffer[0]?.timeKey ?? '';
  return first >= since ? [{ group, name, first: timeOf(first), events }] : [];
}

/** The news of all groups as one list; `of` is the criterion that finds the events. */
export function newsLines(news: News): ({ of: string } & FirstSeen)[] {
  return GROUPS.flatMap((group) => news[group].map((line) => ({ of: NEWS_GROUPS[group], ...line })));
}
