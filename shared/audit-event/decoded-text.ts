/** A text, and where in another each of its characters came from. */
export interface Decoded {
  text: string;
  /** Offset in the original of each UTF-16 unit, and of the end. */
  offsets: Uint32Array;
}

/** ASCII, percent-encoded or escaped as in JSON: `%3A`, `\u003d`, `\/`. */
const ENCODED = /%[0-7][0-9a-f]|\\u00[0-7][0-9a-f]|\\\//gi;

/**
 * The text with percent-encoded and escaped ASCII decoded once; undefined when there is none. Other characters stay as they
 * are: what secrets are told by is ASCII.
 */
export function decodedOnce(text: string): Decoded | undefined {
  const offsets = new Uint32Array(text.length + 1);
  let decoded = '';
  let from = 0;
  const take = (to: number) => {
    for (let i = from; i < to; i += 1) offsets[decoded.length + i - from] = i;
    decoded += text.slice(from, to);
  };
  for (const { index, 0: code } of text.matchAll(ENCODED)) {
    take(index);
    offsets[decoded.length] = index;
    decoded += code === '\\/' ? '/' : String.fromCharCode(Number.parseInt(code.slice(-2), 16));
    from = index + code.length;
  }
  if (from === 0) return undefined;
  take(text.length);
  offsets[decoded.length] = text.length;
  return { text: decoded, offsets };
}
