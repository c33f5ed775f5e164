import { BadLogFileError } from './bad-log-file.ts';

/**
 * Why `advance` stopped. `more`: it has read all it was given. `key`: it has read the name of a top-level member.
 * `value-start`, `value-end`: it has read the first or passed the last byte of the document (level 0), of one of its
 * members (level 1) or of one of their elements (level 2).
 */
export type JsonEvent = 'more' | 'key' | 'value-start' | 'value-end';

/** The level of the innermost values that are reported. */
const DEEPEST_REPORTED_LEVEL = 2;

/** The longest way to write `Records`: with an escape for each character. */
const MAX_KEY_BYTES = 'Records'.length * '\\u0052'.length;

// States: what the next byte may be. White space may stand before it from VALUE to AFTER_VALUE.
const START = 0;
const BOM_2 = 1;
const BOM_3 = 2;
const VALUE = 3;
const VALUE_OR_END = 4;
const KEY_OR_END = 5;
const KEY = 6;
const COLON = 7;
const AFTER_VALUE = 8;
const STRING = 9;
const ESCAPE = 10;
const HEX = 11;
const LITERAL = 12;
const MINUS = 13;
const POINT = 14;
const EXPONENT = 15;
const EXPONENT_SIGN = 16;
// From here on a number may end before the next byte.
const ZERO = 17;
const INTEGER = 18;
const FRACTION = 19;
const EXPONENT_DIGITS = 20;

/** What each state expects, in their order. States in which a number may end accept any byte as its end. */
const EXPECTED: readonly string[] = [
  'a JSON value',
  'the second byte of a byte order mark',
  'the third byte of a byte order mark',
  'a JSON value',
  'a JSON value or ]',
  'a member name or }',
  'a member name',
  ':',
  ', or the end of the container',
  'a string without control characters',
  'one of " \\ / b f n r t u after \\',
  'four hexadecimal digits after \\u',
  'true, false or null',
  'a digit after -',
  'a digit after the decimal point',
  'a digit or sign after e',
  'a digit after the sign of an exponent',
];

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON_SIGN = 0x3a;
const MINUS_SIGN = 0x2d;
const PLUS_SIGN = 0x2b;
const DECIMAL_POINT = 0x2e;
const DIGIT_0 = 0x30;
const LETTER_U = 0x75;

/** What follows the first byte of each literal. */
const LITERAL_RESTS: Readonly<Record<number, string>> = { 116: 'rue', 102: 'alse', 110: 'ull' };

const ONE_LETTER_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Accepts exactly the byte sequences that `JSON.parse` accepts, one piece at a time, in constant memory. One byte order mark
 * may come first. Inside strings, bytes of 0x80 and above are opaque; outside, they are errors.
 */
export class JsonAutomaton {
  /** Why the last `advance` stopped. */
  event: JsonEvent = 'more';
  /** The number of containers around the value of the last event. */
  level = 0;
  /** Text offset of the key or value of the last `key` or `value-start`; of its end for `value-end`. */
  offset = 0;
  /** The decoded name of the last `key` event; empty if it is too long for `Records`. */
  key = '';

  private state = START;
  private depth = 0;
  private readonly depthCap: number;
  /** For each open container the byte that closes it. */
  private readonly closers: Uint8Array;
  private literalRest = '';
  private literalAt = 0;
  private hexDigits = 0;
  private inKey = false;
  private keyOffset = 0;
  /** The bytes between the quotes of a top-level member's name, one more than `MAX_KEY_BYTES` at most. */
  private keyText = '';

  /** @param depthCap deepest nesting accepted; the outermost container is level 1 */
  constructor(depthCap: number) {
    this.depthCap = depthCap;
    this.closers = new Uint8Array(depthCap + 1);
  }

  /** Whether a whole document has been read; only white space may follow. */
  get complete(): boolean {
    return this.state === AFTER_VALUE && this.depth === 0;
  }

  /** Whether nothing has been read but white space and a byte order mark. */
  get untouched(): boolean {
    return this.state === START || (this.state === VALUE && this.depth === 0);
  }

  /** To be called between two elements, or before the first, when others have been read without `advance`. */
  passElements(): void {
    this.state = AFTER_VALUE;
  }

  /**
   * Reads `bytes` from index `from` up to, not including, index `to`, and stops early after each event.
   *
   * @param origin text offset of `bytes[0]`
   * @returns index of the first byte not read
   * @throws BadLogFileError `json-syntax` or `depth-cap`
   */
  advance(bytes: Uint8Array, from: number, to: number, origin: number): number {
    this.event = 'more';
    let at = from;
    while (at < to && this.event === 'more') {
      if (this.state === STRING)
        at = this.isTopLevelKey ? this.collectKey(bytes, at, to) : skipCharacters(bytes, at, to);
      else if (this.state >= VALUE && this.state <= AFTER_VALUE) at = skipWhiteSpace(bytes, at, to);
      if (at < to) at += this.step(bytes[at] as number, origin + at);
    }
    return at;
  }

  /** Whether the string being read is the name of a top-level member. */
  private get isTopLevelKey(): boolean {
    return this.inKey && this.depth === 1;
  }

  /** Reads one byte. Returns 1, or 0 if the byte only ended a number and must be read again as the next token. */
  private step(byte: number, offset: number): 0 | 1 {
    switch (this.state) {
      case STRING:
        if (byte === QUOTE) this.endString(offset);
        else if (byte === BACKSLASH) this.nextInString(ESCAPE, byte);
        else throw this.unexpected(offset);
        return 1;
      case ESCAPE:
        if (byte !== LETTER_U && !ONE_LETTER_ESCAPES.has(byte)) throw this.unexpected(offset);
        this.hexDigits = 0;
        this.nextInString(byte === LETTER_U ? HEX : STRING, byte);
        return 1;
      case HEX:
        if (!isHexDigit(byte)) throw this.unexpected(offset);
        this.hexDigits++;
        this.nextInString(this.hexDigits === 4 ? STRING : HEX, byte);
        return 1;
      case LITERAL:
        this.readLiteral(byte, offset);
        return 1;
      case START:
      case BOM_2:
      case BOM_3:
        return this.readByteOrderMark(byte, offset);
      case VALUE:
        this.beginValue(byte, offset);
        return 1;
      case VALUE_OR_END:
        if (byte === CLOSE_ARRAY) this.close(byte, offset);
        else this.beginValue(byte, offset);
        return 1;
      case KEY_OR_END:
        if (byte === CLOSE_OBJECT) this.close(byte, offset);
        else this.beginKey(byte, offset);
        return 1;
      case KEY:
        this.beginKey(byte, offset);
        return 1;
      case COLON:
        if (byte !== COLON_SIGN) throw this.unexpected(offset);
        this.state = VALUE;
        return 1;
      case AFTER_VALUE:
        if (byte !== COMMA) this.close(byte, offset);
        else if (this.depth === 0) throw this.unexpected(offset);
        else this.state = this.closers[this.depth] === CLOSE_OBJECT ? KEY : VALUE;
        return 1;
      default:
        return this.readNumber(byte, offset);
    }
  }

  private collectKey(bytes: Uint8Array, from: number, to: number): number {
    const end = skipCharacters(bytes, from, to);
    for (let at = from; at < end; at++) this.addToKey(bytes[at] as number);
    return end;
  }

  private addToKey(byte: number): void {
    if (this.keyText.length <= MAX_KEY_BYTES) this.keyText += String.fromCharCode(byte);
  }

  /** Goes on in a string after a byte of an escape. */
  private nextInString(state: number, byte: number): void {
    if (this.isTopLevelKey) this.addToKey(byte);
    this.state = state;
  }

  private readByteOrderMark(byte: number, offset: number): 0 | 1 {
    const isMark = byte === BYTE_ORDER_MARK[this.state - START];
    if (!isMark && this.state !== START) throw this.unexpected(offset);
    this.state = isMark && this.state !== BOM_3 ? this.state + 1 : VALUE;
    return isMark ? 1 : 0;
  }

  private beginKey(byte: number, offset: number): void {
    if (byte !== QUOTE) throw this.unexpected(offset);
    this.inKey = true;
    this.keyText = '';
    this.keyOffset = offset;
    this.state = STRING;
  }

  private beginValue(byte: number, offset: number): void {
    this.report('value-start', offset);
    if (byte === QUOTE) this.state = STRING;
    else if (byte === OPEN_OBJECT) this.open(CLOSE_OBJECT, KEY_OR_END, offset);
    else if (byte === OPEN_ARRAY) this.open(CLOSE_ARRAY, VALUE_OR_END, offset);
    else if (byte === MINUS_SIGN) this.state = MINUS;
    else if (byte === DIGIT_0) this.state = ZERO;
    else if (isDigit(byte)) this.state = INTEGER;
    else this.beginLiteral(byte, offset);
  }

  private beginLiteral(byte: number, offset: number): void {
    const rest = LITERAL_RESTS[byte];
    if (rest === undefined) throw this.unexpected(offset);
    this.literalRest = rest;
    this.literalAt = 0;
    this.state = LITERAL;
  }

  private readLiteral(byte: number, offset: number): void {
    if (byte !== this.literalRest.charCodeAt(this.literalAt)) throw this.unexpected(offset);
    this.literalAt++;
    if (this.literalAt === this.literalRest.length) this.endValue(offset + 1);
  }

  private open(closer: number, state: number, offset: number): void {
    if (this.depth === this.depthCap) {
      throw new BadLogFileError('depth-cap', offset, `at most ${this.depthCap} levels of nesting are read`);
    }
    this.depth++;
    this.closers[this.depth] = closer;
    this.state = state;
  }

  private close(byte: number, offset: number): void {
    if (this.depth === 0 || byte !== this.closers[this.depth]) throw this.unexpected(offset);
    this.depth--;
    this.endValue(offset + 1);
  }

  private endString(offset: number): void {
    if (this.inKey) {
      this.inKey = false;
      this.state = COLON;
      if (this.depth !== 1) return;
      this.key = this.keyText.length > MAX_KEY_BYTES ? '' : JSON.parse(`"${this.keyText}"`);
      this.report('key', this.keyOffset);
    } else {
      this.endValue(offset + 1);
    }
  }

  private endValue(offset: number): void {
    this.state = AFTER_VALUE;
    this.report('value-end', offset);
  }

  private report(event: JsonEvent, offset: number): void {
    if (this.depth > DEEPEST_REPORTED_LEVEL) return;
    this.event = event;
    this.level = this.depth;
    this.offset = offset;
  }

  /** Reads one byte after the first of a number; returns as `step` does. */
  private readNumber(byte: number, offset: number): 0 | 1 {
    const next = nextNumberState(this.state, byte);
    if (next >= 0) {
      this.state = next;
      return 1;
    }
    if (this.state < ZERO) throw this.unexpected(offset);
    this.endValue(offset);
    return 0;
  }

  private unexpected(offset: number): BadLogFileError {
    const expected = this.complete ? 'the end of the text' : EXPECTED[this.state];
    return new BadLogFileError('json-syntax', offset, `expected ${expected}`);
  }
}

function nextNumberState(state: number, byte: number): number {
  const digit = isDigit(byte);
  const exponent = byte === 0x65 || byte === 0x45;
  switch (state) {
    case MINUS:
      return byte === DIGIT_0 ? ZERO : digit ? INTEGER : -1;
    case ZERO:
      return byte === DECIMAL_POINT ? POINT : exponent ? EXPONENT : -1;
    case INTEGER:
      return digit ? INTEGER : byte === DECIMAL_POINT ? POINT : exponent ? EXPONENT : -1;
    case POINT:
      return digit ? FRACTION : -1;
    case FRACTION:
      return digit ? FRACTION : exponent ? EXPONENT : -1;
    case EXPONENT:
      return digit ? EXPONENT_DIGITS : byte === MINUS_SIGN || byte === PLUS_SIGN ? EXPONENT_SIGN : -1;
    default:
      return digit ? EXPONENT_DIGITS : -1;
  }
}

/** Index of the next byte of a string that is not just a character of it, or `to`. */
function skipCharacters(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break;
    at++;
  }
  return at;
}

function skipWhiteSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isWhiteSpace(bytes[at] as number)) at++;
  return at;
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_0 + 9;
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
