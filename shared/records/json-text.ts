const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** Whether `JSON.parse` accepts a text. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Index after the string that begins at index `start` of valid JSON. */
export function endOfString(json: Uint8Array, start: number): number {
  for (let at = start + 1; ; at++) {
    const byte = json[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
}

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

/** Index of the next white space outside strings, from a place outside strings; the length if there is none. */
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
