import { defined } from '../defined.ts';
import { expectFewValues } from './criteria.ts';
import type { Criteria } from './criteria-table.ts';
import type { UserAliases } from './user-aliases.ts';

/** Returns the user IDs that have this name, or one that begins with what precedes its final `*`. */
export function idsOf(aliases: UserAliases, name: string): string[] {
  const matches = name.endsWith('*')
    ? (alias: string) => alias.startsWith(name.slice(0, -1))
    : (alias: string) => alias === name;
  return [...aliases].filter(([, alias]) => matches(alias)).map(([id]) => id);
}

/**
 * Returns the criteria as the store is asked them: a name of a user also stands for the user IDs that have it.
 * @param criteria as `readCriteria` returns them
 * @throws {CriteriaError} if these are too many values
 */
export function withUserIds(criteria: Criteria, aliases: UserAliases): Criteria {
  if (aliases.size === 0) return criteria;
  const { user, exclude } = criteria;
  const extended = {
    ...criteria,
    ...defined({ user: user && withIds(user, aliases), exclude: exclude && withIdsExcluded(exclude, aliases) }),
  };
  expectFewValues(extended);
  return extended;
}

function withIds(users: readonly string[], aliases: UserAliases): string[] {
  // Everybody is among them anyway.
  const named = users.filter((user) => user !== '*');
  return [...new Set([...users, ...named.flatMap((user) => idsOf(aliases, user))])];
}

const EXCLUDED = 'user=';

function withIdsExcluded(exclude: readonly string[], aliases: UserAliases): string[] {
  const users = exclude.flatMap((text) => (text.startsWith(EXCLUDED) ? [text.slice(EXCLUDED.length)] : []));
  return [...new Set([...exclude, ...withIds(users, aliases).map((user) => EXCLUDED + user)])];
}
