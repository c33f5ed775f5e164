const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Removes the white space between the tokens of a record, and nothing else: the result has no line breaks.
 *
 * @param record a valid JSON text
 * @returns the record itself if there is nothing to remove
 */
export function compactRecord(record: Uint8Array): Uint8Array {
  let from = nextWhiteSpace(record, 0);
  if (from === record.length) return record;
  const compact = new Uint8Array(record.length);
  compact.set(record.subarray(0, from));
  let length = from;
  while (from < record.length) {
    const start = skipWhiteSpace(record, from);
    from = nextWhiteSpace(record, start);
    compact.set(record.subarray(start, from), length);
    length += from - start;
  }
  return compact.subarray(0, length);
}

/** Index of the next white space outside of strings, from a place outside of strings; the length if there is none. */
function nextWhiteSpace(record: Uint8Array, from: number): number {
  let at = from;
  while (at < record.length) {
    const byte = record[at] as number;
    if (byte <= SPACE) return at;
    at = byte === QUOTE ? endOfString(record, at) : at + 1;
  }
  return at;
}

function skipWhiteSpace(record: Uint8Array, from: number): number {
  let at = from;
  while (at < record.length && (record[at] as number) <= SPACE) at++;
  return at;
}

/** Index after the string that begins at `from`. */
function endOfString(record: Uint8Array, from: number): number {
  let at = from + 1;
  while (record[at] !== QUOTE) at += record[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
