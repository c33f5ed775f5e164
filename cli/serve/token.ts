import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Returns a secret that nobody can guess, and that a URL can hold as it is. */
export const newToken = () => randomBytes(32).toString('base64url');

/** Whether an Authorization header has the token. The time that this takes tells nothing about the token. */
export function hasToken(authorization: string | null, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

/** Of any length, for `timingSafeEqual` compares only what is equally long. */
const digest = (text: string) => createHash('sha256').update(text).digest();
