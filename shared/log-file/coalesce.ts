/**
 * Cuts a stream anew into pieces of `size` bytes, the last one shorter: inflating and scanning cost a little for each
 * piece, and a single huge piece would have to be held at once.
 */
export async function* coalesce(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, void> {
  let waiting: Uint8Array[] = [];
  let missing = size;
  for await (const piece of source) {
    let rest = piece;
    while (rest.length >= missing) {
      waiting.push(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      yield join(waiting);
      waiting = [];
      missing = size;
    }
    if (rest.length > 0) waiting.push(rest);
    missing -= rest.length;
  }
  if (waiting.length > 0) yield join(waiting);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
}
