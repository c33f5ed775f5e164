import { readFile } from 'node:fs/promises';
import type { Environment } from '../../shared/config.ts';
import { NO_ALIASES, readUserAliases, type UserAliases } from '../../shared/query/user-aliases.ts';
import { fileError } from './file-error.ts';

/** Names the file. */
const VARIABLE = 'MWAA_TRAIL_USER_ALIASES';

/**
 * Reads the alias file that the environment names. Without one, users have no aliases.
 * @throws {TrailError} `file`, `user-aliases`
 */
export async function userAliasesOf(env: Environment): Promise<UserAliases> {
  const file = env[VARIABLE];
  if (!file) return NO_ALIASES;
  const named = `${VARIABLE}: ${file}`;
  return readUserAliases(await readFile(file, 'utf8').catch(fileError(named, 'a file of user aliases')), named);
}
