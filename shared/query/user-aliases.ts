import { TrailError } from '../errors.ts';

/** Names of people by their user ID in IAM Identity Center. CloudTrail names some users by this ID alone. */
export type UserAliases = ReadonlyMap<string, string>;

export const NO_ALIASES: UserAliases = new Map();

/** Most bytes of an alias file: some 50,000 people. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Most characters of an ID or a name. */
const MAX_LENGTH = 256;

const EXAMPLE = '{"906750cd-b071-70a5-0e9e-5d9e5d1f2a3b": "mei.tanaka@example.com"}';

/**
 * Reads an alias file: a JSON object of user IDs and names, such as `{"USER_ID": "mei.tanaka@example.com"}`. Several IDs may
 * have one name.
 * @param file how messages name the file
 * @throws {TrailError} `user-aliases`, naming the file and what is expected
 */
export function readUserAliases(text: string, file: string): UserAliases {
  const problem = (expectation: string) => new TrailError('user-aliases', `${file}: expected ${expectation}`);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw problem(`at most ${MAX_FILE_BYTES} bytes`);
  const value = parsed(text.replace(/^\uFEFF/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem(`a JSON object of user IDs and names, such as ${EXAMPLE}`);
  }
  const entries = Object.entries(value).map(([id, name]): [string, unknown] => [id.trim(), name]);
  const wrong = entries.findIndex(([id, name]) => !isName(id) || !isName(name));
  if (wrong >= 0) {
    throw problem(
      `in entry ${wrong + 1} a user ID and a name, both texts of 1 to ${MAX_LENGTH} characters without control characters`,
    );
  }
  return new Map(entries.map(([id, name]) => [id, String(name).trim()]));
}

/** Returns what to show for the `user` of an event: the name of a user ID that has one, otherwise the user. */
export function nameOf(aliases: UserAliases = NO_ALIASES, user: string): string {
  return aliases.get(user) ?? user;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isName(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const length = value.trim().length;
  return length > 0 && length <= MAX_LENGTH && value.isWellFormed() && !/\p{Cc}/u.test(value);
}
