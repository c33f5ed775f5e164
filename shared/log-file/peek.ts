import type { LogFileSource } from './read-log-file.ts';

/**
 * Reads the beginning of a source, and gives it back with the source as it was.
 * @param bytes wanted; there are fewer only when the source has no more
 */
export async function peek(
  source: LogFileSource,
  bytes: number,
): Promise<{ head: Uint8Array; source: AsyncIterable<Uint8Array> }> {
  const pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const { done, value } = await pieces.next();
  let head: Uint8Array = done ? new Uint8Array(0) : value;
  while (!done && head.length < bytes) {
    // A piece is valid only until the next one is asked for.
    head = Uint8Array.from(head);
    const next = await pieces.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return { head, source: joined(head, pieces) };
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
