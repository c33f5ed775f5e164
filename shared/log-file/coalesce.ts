/**
 * Cuts a stream anew into pieces of `size` bytes, the last one shorter: inflating and scanning cost a little for each
 * piece, and a single huge piece would have to be held at once.
 *
 * @param source its pieces may be reused as soon as the next one is asked for
 * @returns pieces that all lie in the same memory: each is valid only until the next one is asked for
 */
export async function* coalesce(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, void> {
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
