import { createHash } from 'node:crypto';

/** Longest partition key, in UTF-8 bytes. DynamoDB quota. */
export const MAX_PARTITION_KEY_BYTES = 2048;

const HASH_LENGTH = 32;

/** Returns a text that fits into a key: unchanged, or if it is too long its beginning, `~`, and a hash of the whole. */
export function truncateKey(value: string, maxBytes: number): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= maxBytes) return value;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH);
  let end = maxBytes - HASH_LENGTH - 1;
  // Not inside a character: UTF-8 continuation bytes are 10xxxxxx.
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString()}~${hash}`;
}

/** How many bytes of each text `truncateKey` keeps, at least: a character at the cut may have four. */
export const keptBytes = (maxBytes: number): number => maxBytes - HASH_LENGTH - 1 - 3;

/**
 * Returns several texts as one sort key, readable, reversible, and in the order of its parts. A space separates them; characters
 * up to `!` in a part are escaped as `!` and another character.
 */
export function composeKey(...parts: string[]): string {
  return parts
    .map((part) => part.replace(/[\0-!]/g, (c) => `!${String.fromCharCode(c.charCodeAt(0) + 0x30)}`))
    .join(' ');
}
