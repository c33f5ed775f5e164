import { endOfString } from './json-text.ts';

const [QUOTE, COMMA, COLON, BACKSLASH] = Buffer.from('",:\\');
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = Buffer.from('{}[]');

const EVENT_SOURCE = Buffer.from('"eventSource"');
const UNICODE_ESCAPE = Buffer.from('\\u');

/** Decides which records are kept: those whose own top-level `eventSource` is wanted. */
export class EventSourceFilter {
  private readonly wanted: ReadonlySet<string>;
  private readonly needles: readonly Buffer[];
  private escapes: RegExp | undefined;

  constructor(eventSources: readonly string[]) {
    this.wanted = new Set(eventSources);
    this.needles = [...this.wanted].map((source) => Buffer.from(source));
  }

  /**
   * Whether a record may be wanted, judged by its bytes alone. In JSON a name stands either literally or with an escape for
   * one of its characters. So a record with neither the name nor such an escape cannot hold it.
   */
  mayKeep(record: Buffer): boolean {
    if (this.needles.some((needle) => record.includes(needle))) return true;
    if (!record.includes('\\')) return false;
    this.escapes ??= escapesOf([...this.wanted].join(''));
    return this.escapes.test(record.toString('latin1'));
  }

  /** Whether a record, a valid JSON object, is wanted. Of several `eventSource` members the last counts. */
  keeps(record: Buffer): boolean {
    const eventSource = lastEventSource(record);
    return eventSource !== undefined && this.wanted.has(eventSource);
  }
}

/** Without JSON.parse: its objects can take a hundred times the size of a hostile record. */
function lastEventSource(record: Buffer): string | undefined {
  let depth = 0;
  let isName = false;
  let isEventSource = false;
  let found: string | undefined;
  for (let at = 0; at < record.length; ) {
    const byte = record[at];
    if (byte === QUOTE) {
      const end = endOfString(record, at);
      if (isName && depth === 1) isEventSource = isNamed(record, at, end);
      else if (isEventSource && depth === 1) {
        found = JSON.parse(record.toString('utf8', at, end)) as string;
        // The rest names no other member so, neither literally nor by an escape.
        if (!record.includes(EVENT_SOURCE, end) && !record.includes(UNICODE_ESCAPE, end)) return found;
      }
      isName = false;
      at = end;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    // A later member counts even if its value is no string.
    else if (byte === COLON && isEventSource && depth === 1) found = undefined;
    if (byte === OPEN_OBJECT || byte === COMMA) isName = depth === 1;
    at += 1;
  }
  return found;
}

/** Whether the string from index `start` to `end` of valid JSON is `eventSource`. Most names have no escapes. */
function isNamed(json: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && json[at] === EVENT_SOURCE[at - start]) at++;
  if (at === end) return true;
  return json[at] === BACKSLASH && JSON.parse(json.toString('utf8', start, end)) === 'eventSource';
}

/** Matches the `\uXXXX` escapes of the given characters, and all short escapes if one of the characters has one. */
function escapesOf(characters: string): RegExp {
  const units = Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
  const unicode = units.map((unit) => `u${unit.toString(16).padStart(4, '0')}`);
  const short = /["\\/\b\f\n\r\t]/.test(characters) ? ['["\\\\/bfnrt]'] : [];
  return new RegExp(`\\\\(?:${[...new Set(unicode), ...short].join('|')})`, 'i');
}
