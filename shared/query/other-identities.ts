import pMap from 'p-map';
import { attributeOf } from '../audit-event/attributes.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { type QueryDeps, readPage } from './ask.ts';
import { isPrefix, TEXT_CRITERIA } from './criteria-table.ts';
import { nearestNames } from './near-names.ts';
import { nameOf } from './user-aliases.ts';

/** What else names somebody, the most telling first. A similar access key is another one, not a misspelling. */
const IDENTITIES = { role: 'near', session: 'near', principal: 'near', accessKeyId: 'exact' } as const;
type Identity = keyof typeof IDENTITIES;
const IDENTITY_NAMES = Object.keys(IDENTITIES) as Identity[];

/** Of those with the exact name. */
const SAMPLED_EVENTS = 100;

/** A name that is not that of a user, but near that of something else that users have. */
export interface OtherIdentity {
  criterion: Identity;
  value: string;
  /** Who has it, the latest first; their names where user IDs have one. */
  users: string[];
}

/**
 * Finds roles, sessions, principals and access keys that are called like a user who is not there, or nearly so, and the users
 * behind them. Exact names are looked up; near ones are those of the newest events. The number of pages is bounded.
 * @param known users who are suggested already: what leads to them alone is left out
 */
export async function otherIdentities(
  asked: string,
  known: readonly string[],
  newest: readonly ListedEvent[],
  deps: QueryDeps,
): Promise<OtherIdentity[]> {
  const name = isPrefix('user', asked) ? asked.slice(0, -1) : asked;
  if (name === '') return [];
  const like = await pMap(IDENTITY_NAMES, (criterion) => identitiesLike(name, criterion, newest, deps));
  const seen = new Set(known);
  const exactFirst = like.flat().sort((a, b) => Number(b.value === name) - Number(a.value === name));
  return exactFirst.filter(({ users }) => {
    const isNews = users.some((user) => !seen.has(user));
    for (const user of users) seen.add(user);
    return isNews;
  });
}

async function identitiesLike(
  name: string,
  criterion: Identity,
  newest: readonly ListedEvent[],
  deps: QueryDeps,
): Promise<OtherIdentity[]> {
  const request = { criteria: { [criterion]: [name] }, order: 'newest-first', limit: SAMPLED_EVENTS } as const;
  const { events: exact } = await readPage(request, deps);
  const usersOf = usersByValue(criterion, [...exact, ...newest], deps);
  const like = IDENTITIES[criterion] === 'near' ? nearestNames(name, [...usersOf.keys()]) : [name];
  return like.map((value) => ({ criterion, value, users: [...(usersOf.get(value) ?? [])] }));
}

function usersByValue(criterion: Identity, events: readonly ListedEvent[], { aliases }: QueryDeps) {
  const usersOf = new Map<string, Set<string>>();
  for (const event of events) {
    const value = attributeOf(event, TEXT_CRITERIA[criterion].attribute);
    if (typeof value !== 'string' || event.user === undefined) continue;
    usersOf.set(value, (usersOf.get(value) ?? new Set()).add(nameOf(aliases, event.user)));
  }
  return usersOf;
}
