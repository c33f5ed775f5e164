/** Bytes in pieces. A piece is valid only until the next one is requested. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export function iteratorOf(source: ByteSource): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/**
 * Makes pieces of `size` bytes, the last one shorter. Small pieces cost time when they are inflated and scanned; a huge one
 * costs memory.
 *
 * @returns pieces that all lie in the same memory
 */
export async function* coalesce(source: ByteSource, size: number): AsyncGenerator<Uint8Array, void, void> {
  // Not filled with zeros: most log files are much smaller.
  const storage = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + size - length);
      storage.set(part, length);
      length += part.length;
      from += part.length;
      if (length === size) {
        yield storage;
        length = 0;
      }
    }
  }
  if (length > 0) yield storage.subarray(0, length);
}

/**
 * Reads the beginning of a source.
 * @param bytes of the head; it is shorter only if the source is
 * @returns the head, and a source of the whole
 */
export async function peek(source: ByteSource, bytes: number): Promise<{ head: Uint8Array; source: ByteSource }> {
  const pieces = iteratorOf(source);
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < bytes) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
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
