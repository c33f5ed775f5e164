// AssemblyScript, compiled to WebAssembly by `npm run build:wasm`; see ../records/record-skimmer.ts for its place in the reader.
//
// Accepts elements of `Records`, 64 bytes at a time, as long as they are JSON objects in which nothing is unusual; for
// anything else it gives up at the end of the element before. It may give up on valid text, but what it accepts is valid.
//
// A 64-bit mask stands for a block of 64 bytes, bit i for byte i. With quotes, brackets, commas and colons as masks, the
// grammar of JSON becomes a matter of neighbors: each token must follow one that allows its kind.
// All positions are addresses in the kernel's memory.

/** What `skim` returns: the text ran out; text it does not accept lies ahead; the list of candidates is full. */
const MORE: i32 = 0;
const UNUSUAL: i32 = 1;
const FULL: i32 = 2;

/** Bytes looked at together, and how far beyond them numbers, literals and escapes are looked up. */
const BLOCK: usize = 64;
const LOOKAHEAD: usize = 64;

const MAX_DEPTH: i32 = 60;
const MAX_NUMBER: usize = 32;

/** Each candidate: its number among the elements accepted by this `skim`, its start, its end, what is sure, as u32. */
const CANDIDATE_BYTES: usize = 16;
/** What is sure of a candidate: a wanted name is its own last `eventSource`; no white space is between its tokens. */
const WANTED: u32 = 1;
const COMPACT: u32 = 2;
const MAX_CANDIDATES: i32 = 1024;
/** More elements than this cannot end in a block. */
const MAX_ENDS: i32 = 32;
export const candidates: usize = memory.data(16 * 1024);

/** One byte for each code unit modulo 256: not 0 when an escape for it may be part of a wanted name. */
export const suspectUnits: usize = memory.data(256);

/** The wanted names that can stand literally in JSON: 64 bytes each, the first the length (1 to 62), then the name. */
const NAME_BYTES: usize = 64;
let names: usize = 0;
let nameCount: i32 = 0;
let maxElementBytes: usize = 0;

/**
 * The bytes looked for. Vectors of constants would be rebuilt at each use, which takes a fifth longer;
 * those loaded from memory stay in registers.
 */
const BYTES: usize = memory.data<u8>([0x22, 0x5c, 0x20, 0x1f, 0xd9, 0x59, 0x2c, 0x3a]);

/** The parts of `"eventSource":"`, as CloudTrail writes it before the name, in the order of bytes in memory. */
const EVENT_SO: u64 = 0x6f53_746e_6576_6522; // "eventSo
const OURCE: u64 = 0x223a_2265_6372_756f; // ource":"
const SOUR: u32 = 0x7275_6f53;
const BEFORE_NAME_BYTES: usize = 15;

/** Where the last element accepted ends. */
export let boundary: usize = 0;
/** Elements accepted, and candidates listed, by the last `skim`. */
export let elementCount: i32 = 0;
export let candidateCount: i32 = 0;

// The state between two blocks. As locals of `skim` these are too many for the registers of the machine, and slower.
/** First byte not read. */
let position: usize = 0;
/** Whether no element has been accepted or passed over yet. */
let atArrayStart: bool = false;
/** Start of the element read. */
let element: usize = 0;
let depth: i32 = 0;
/** One bit for each open container, the innermost lowest: 1 for an object. */
let kinds: u64 = 0;
/** All ones inside a string. */
let inString: u64 = 0;
/** 1 if the string read is a key; if the next byte is escaped; if the last byte was part of a number or literal. */
let inKey: u64 = 0;
let escaped: u64 = 0;
let inScalar: u64 = 0;
/** Bytes of the next block known to belong to a sound number or literal. */
let soundAhead: u64 = 0;
/** The opening quotes of the block before. */
let lastOpenQuotes: u64 = 0;
/** 1 if the next token may be: a key; a value; a colon; a comma or closing bracket. */
let keyNext: u64 = 0;
let valueNext: u64 = 0;
let colonNext: u64 = 0;
let separatorNext: u64 = 0;
/** Not 0 if the element read holds a wanted name, or an escape of a character of one. */
let suspect: u32 = 0;
/** Not 0 if the element read may hold white space between its tokens. */
let spaced: u64 = 0;
/**
 * The closing quote of the last wanted name that is the value of an `eventSource`; 0 if that is no member of an element itself.
 * It may belong to another element than the one read.
 */
let sourceEnd: usize = 0;

/** To be called first. `namesAt`: where the wanted names are. */
export function configure(namesAt: usize, count: i32, elementBytes: usize): void {
  names = namesAt;
  nameCount = count;
  maxElementBytes = elementBytes;
}

/** Starts between two elements: at the first byte of the array, or just after an element. */
export function beginElements(at: usize, isFirst: bool): void {
  position = at;
  boundary = at;
  atArrayStart = isFirst;
  element = 0;
  depth = 0;
  kinds = 0;
  inString = 0;
  inKey = 0;
  escaped = 0;
  inScalar = 0;
  soundAhead = 0;
  lastOpenQuotes = 0;
  keyNext = 0;
  valueNext = 0;
  colonNext = 0;
  separatorNext = isFirst ? 0 : 1;
  suspect = 0;
  spaced = 0;
  sourceEnd = 0;
}

/** The text has been moved down in memory by `bytes`. */
export function movedElements(bytes: usize): void {
  position -= bytes;
  boundary -= bytes;
  element -= bytes;
  sourceEnd = sourceEnd > bytes ? sourceEnd - bytes : 0;
}

/** Goes on reading as far as there is text up to `end`, and accepts at most `maxElements` elements. */
export function skim(end: usize, maxElements: i32): i32 {
  elementCount = 0;
  candidateCount = 0;

  let count: i32 = 0;
  let listed: i32 = 0;
  let lastEnd = boundary;
  const firstWidth = <u64>load<u8>(names) + 1;
  const hasMoreNames = nameCount > 1;

  const quote = v128.load_splat<u8>(BYTES);
  const backslash = v128.load_splat<u8>(BYTES, 1);
  const space = v128.load_splat<u8>(BYTES, 2);
  const highestControl = v128.load_splat<u8>(BYTES, 3);
  const bracketBits = v128.load_splat<u8>(BYTES, 4);
  const bracket = v128.load_splat<u8>(BYTES, 5);
  const comma = v128.load_splat<u8>(BYTES, 6);
  const colon = v128.load_splat<u8>(BYTES, 7);

  while (position + BLOCK + LOOKAHEAD <= end && listed <= MAX_CANDIDATES - MAX_ENDS) {
    const at = position;
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);

    // Strings: from each opening quote up to, not including, the closing one.
    let quotes = mask(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote));
    let blockSuspect: u32 = 0;
    const a5c = i8x16.eq(a, backslash);
    const b5c = i8x16.eq(b, backslash);
    const c5c = i8x16.eq(c, backslash);
    const d5c = i8x16.eq(d, backslash);
    const firstEscaped = escaped;
    quotes &= ~firstEscaped;
    escaped = 0;
    if (v128.any_true(v128.or(v128.or(a5c, b5c), v128.or(c5c, d5c)))) {
      let escapes = mask(a5c, b5c, c5c, d5c) & ~firstEscaped;
      while (escapes) {
        const i = ctz(escapes);
        const unit = escapedUnit(at + <usize>i + 1);
        if (unit < 0) return UNUSUAL;
        blockSuspect |= load<u8>(suspectUnits + <usize>(unit & 0xff));
        quotes &= ~(<u64>2 << i);
        escaped = i == 63 ? 1 : 0;
        escapes &= ~(<u64>3 << i);
      }
    }
    const strings = prefixXor(quotes) ^ inString;
    inString = <u64>(<i64>strings >> 63);
    const openQuotes = quotes & strings;
    const closeQuotes = quotes & ~strings;
    const mayBeName = endsAfter(openQuotes, firstWidth) & closeQuotes;
    if (mayBeName || hasMoreNames) blockSuspect |= findNames(at, openQuotes, closeQuotes);
    lastOpenQuotes = openQuotes;

    // Tokens outside of strings. Without the bits in which they differ, the four brackets equal Y, which is excluded below.
    const brackets = ~strings & mask(
      i8x16.eq(v128.and(a, bracketBits), bracket),
      i8x16.eq(v128.and(b, bracketBits), bracket),
      i8x16.eq(v128.and(c, bracketBits), bracket),
      i8x16.eq(v128.and(d, bracketBits), bracket),
    );
    const commas = ~strings & mask(i8x16.eq(a, comma), i8x16.eq(b, comma), i8x16.eq(c, comma), i8x16.eq(d, comma));
    const colons = ~strings & mask(i8x16.eq(a, colon), i8x16.eq(b, colon), i8x16.eq(c, colon), i8x16.eq(d, colon));

    if (sourceEnd >= at && levelBefore(sourceEnd, at, brackets) != 1) sourceEnd = 0;

    // White space, and numbers and literals, which are whatever is left.
    let white: u64 = 0;
    let scalars = ~(strings | quotes | brackets | commas | colons);
    const lowest = i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d));
    if (v128.any_true(i8x16.eq(i8x16.min_u(lowest, highestControl), lowest))) {
      const controls = mask(i8x16.lt_u(a, space), i8x16.lt_u(b, space), i8x16.lt_u(c, space), i8x16.lt_u(d, space));
      if (controls & ~scalars) return UNUSUAL;
      white = controls & lineBreaksAndTabs(a, b, c, d);
    }
    let sound = soundAhead;
    soundAhead = 0;
    let scalarStarts: u64 = 0;
    if (scalars) {
      white |= scalars & mask(i8x16.eq(a, space), i8x16.eq(b, space), i8x16.eq(c, space), i8x16.eq(d, space));
      scalars &= ~white;
      scalarStarts = scalars & ~((scalars << 1) | inScalar);
      let starts = scalarStarts;
      while (starts) {
        const i = ctz(starts);
        const length = scalarLength(at + <usize>i);
        const bits = (<u64>1 << length) - 1;
        sound |= bits << i;
        if (<u64>i + length > 64) soundAhead = bits >> (64 - i);
        starts &= starts - 1;
      }
    }
    inScalar = scalars >> 63;
    spaced |= white;

    // Brackets one by one: nesting, the kind of container around each byte, and where elements begin and end.
    let level = depth;
    let stack = kinds;
    let inObject: u64 = stack & 1 ? ~0 : 0;
    let inArray: u64 = level > 0 ? ~inObject : 0;
    let opens: u64 = 0;
    let openObjects: u64 = 0;
    let exempt: u64 = 0;
    let rest = brackets;
    while (rest) {
      const i = ctz(rest);
      const bit = <u64>1 << i;
      rest &= rest - 1;
      const place = at + <usize>i;
      const byte = load<u8>(place);
      const isObject = <u64>(byte >> 5) & 1;
      const kind = byte & 6;
      if (kind == 2) {
        if (level == 0) {
          if (!isObject) return UNUSUAL;
          element = place;
          if (mayBeginElement(place)) exempt |= bit;
        }
        if (level == MAX_DEPTH) return UNUSUAL;
        level++;
        stack = (stack << 1) | isObject;
        opens |= bit;
        openObjects |= isObject << i;
      } else {
        if (kind != 4 || level == 0 || (stack & 1) != isObject) return UNUSUAL;
        if (load<u8>(place - 1) == byte - 2) exempt |= bit;
        level--;
        stack >>= 1;
        if (level == 0) {
          lastEnd = place + 1;
          if (lastEnd - element > maxElementBytes || count == maxElements) return UNUSUAL;
          if (suspect | blockSuspect) list(listed++, count, lastEnd);
          count++;
          suspect = 0;
          spaced = white;
        }
      }
      const after = ~(bit - 1);
      const objectAround = stack & 1 ? after : 0;
      inObject = (inObject & ~after) | objectAround;
      inArray = (inArray & ~after) | (level > 0 ? after & ~objectAround : 0);
    }
    depth = level;
    kinds = stack;
    suspect |= blockSuspect;
    const closes = brackets & ~opens;

    // The grammar. After each token, which kinds may stand next?
    const beforeKeys = openObjects | (commas & inObject);
    const beforeValues = (opens & ~openObjects) | colons | (commas & inArray);
    let keyPlaces = (beforeKeys << 1) | keyNext;
    let valuePlaces = (beforeValues << 1) | valueNext;
    keyNext = beforeKeys >> 63;
    valueNext = beforeValues >> 63;
    if (white) {
      keyNext |= passesBeyond(keyPlaces, white);
      valueNext |= passesBeyond(valuePlaces, white);
      keyPlaces = pass(keyPlaces, white);
      valuePlaces = pass(valuePlaces, white);
    }

    // A carry that enters a string where a key may stand comes out at its closing quote.
    const throughKeys = strings + ((openQuotes & keyPlaces) | inKey);
    inKey = u64(throughKeys < strings);
    const keyEnds = throughKeys & closeQuotes;
    const valueEnds = (closeQuotes & ~keyEnds) | scalars | closes;
    let colonPlaces = (keyEnds << 1) | colonNext;
    let separatorPlaces = (valueEnds << 1) | separatorNext;
    colonNext = keyEnds >> 63;
    separatorNext = valueEnds >> 63;
    if (white) {
      colonNext |= passesBeyond(colonPlaces, white);
      separatorNext |= passesBeyond(separatorPlaces, white);
      colonPlaces = pass(colonPlaces, white);
      separatorPlaces = pass(separatorPlaces, white);
    }

    const misplaced =
      (openQuotes & ~(keyPlaces | valuePlaces)) |
      ((scalarStarts | opens) & ~(valuePlaces | exempt)) |
      (colons & ~colonPlaces) |
      ((commas | closes) & ~(separatorPlaces | exempt)) |
      (scalars ^ sound);
    if (misplaced) return UNUSUAL;

    if (lastEnd != boundary) {
      atArrayStart = false;
      boundary = lastEnd;
      elementCount = count;
      candidateCount = listed;
    }
    position = at + BLOCK;
  }

  return listed > MAX_CANDIDATES - MAX_ENDS ? FULL : MORE;
}

/** One bit for each byte of four vectors whose bytes are all ones or all zeros. */
@inline
function mask(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

@inline
function lineBreaksAndTabs(a: v128, b: v128, c: v128, d: v128): u64 {
  return mask(lineBreakOrTab(a), lineBreakOrTab(b), lineBreakOrTab(c), lineBreakOrTab(d));
}

@inline
function lineBreakOrTab(a: v128): v128 {
  const lineBreak = v128.or(i8x16.eq(a, i8x16.splat(0x0a)), i8x16.eq(a, i8x16.splat(0x0d)));
  return v128.or(lineBreak, i8x16.eq(a, i8x16.splat(0x09)));
}

/** Bit i of the result is the exclusive or of the bits up to i: ones from each odd bit up to the next. */
@inline
function prefixXor(bits: u64): u64 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ (bits << 32);
}

/** Places that fall on white space, moved behind it: the carry of an addition runs through a row of ones. */
@inline
function pass(places: u64, white: u64): u64 {
  return (places | ((places & white) + white)) & ~white;
}

/** 1 if one of the places moves beyond the block. */
@inline
function passesBeyond(places: u64, white: u64): u64 {
  return u64((places & white) + white < white);
}

/** The code unit that the escape stands for whose backslash was just before `at`; -1 if it is none. */
function escapedUnit(at: usize): i32 {
  switch (load<u8>(at)) {
    case 0x22: return 0x22;
    case 0x5c: return 0x5c;
    case 0x2f: return 0x2f;
    case 0x62: return 0x08;
    case 0x66: return 0x0c;
    case 0x6e: return 0x0a;
    case 0x72: return 0x0d;
    case 0x74: return 0x09;
    case 0x75: return (hex(at + 1) << 12) | (hex(at + 2) << 8) | (hex(at + 3) << 4) | hex(at + 4);
    default: return -1;
  }
}

/** The value of a hexadecimal digit; -1 if it is none. */
function hex(at: usize): i32 {
  const byte = <i32>load<u8>(at);
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** The length of the literal or number at `at`; 0 if there is none, or a long one. */
function scalarLength(at: usize): u64 {
  const head = load<u32>(at);
  if (head == 0x65757274 || head == 0x6c6c756e) return 4; // true, null
  if (head == 0x736c6166 && load<u8>(at, 4) == 0x65) return 5; // false
  return numberLength(at);
}

function numberLength(start: usize): u64 {
  let at = start;
  if (load<u8>(at) == 0x2d) at++;
  const whole = at;
  at = skipDigits(at);
  if (at == whole || (load<u8>(whole) == 0x30 && at > whole + 1)) return 0;
  if (load<u8>(at) == 0x2e) {
    const fraction = at + 1;
    at = skipDigits(fraction);
    if (at == fraction) return 0;
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    at++;
    if (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d) at++;
    const exponent = at;
    at = skipDigits(exponent);
    if (at == exponent) return 0;
  }
  return at - start <= MAX_NUMBER ? at - start : 0;
}

/** Skips at most 16 digits, so that a number cannot lead beyond the bytes there are. */
function skipDigits(start: usize): usize {
  let at = start;
  while (at < start + 16 && <u32>load<u8>(at) - 0x30 < 10) at++;
  return at;
}

/** Whether an element may begin at `at`: after a comma or, if it is the first, after nothing; white space aside. */
function mayBeginElement(at: usize): bool {
  do {
    if (at == boundary) return atArrayStart;
    at--;
  } while (isWhite(load<u8>(at)));
  return load<u8>(at) == 0x2c;
}

function isWhite(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

function list(slot: i32, index: i32, end: usize): void {
  const entry = candidates + <usize>slot * CANDIDATE_BYTES;
  const isWanted = sourceEnd > element && sourceEnd < end && isLastSource(sourceEnd, end);
  store<u32>(entry, index);
  store<u32>(entry, <u32>element, 4);
  store<u32>(entry, <u32>end, 8);
  store<u32>(entry, (isWanted ? WANTED : 0) | (spaced ? 0 : COMPACT), 12);
}

/** Whether surely no other member `eventSource` follows: its key would hold `Sour`, or have a `\u` escape. */
function isLastSource(from: usize, end: usize): bool {
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    let marks = i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(0x53)), i8x16.eq(bytes, i8x16.splat(0x5c))));
    while (marks) {
      const place = at + <usize>ctz(marks);
      if (load<u16>(place) == 0x755c || load<u32>(place) == SOUR) return false;
      marks &= marks - 1;
    }
  }
  return true;
}

/** The nesting at a place in the block at `at`, whose brackets are given. */
function levelBefore(place: usize, at: usize, brackets: u64): i32 {
  let level = depth;
  let rest = brackets & ((<u64>1 << <u64>(place - at)) - 1);
  while (rest) {
    level += (load<u8>(at + <usize>ctz(rest)) & 6) == 2 ? 1 : -1;
    rest &= rest - 1;
  }
  return level;
}

/** Where strings of `width` bytes, the first quote included, would end. */
@inline
function endsAfter(openQuotes: u64, width: u64): u64 {
  return (openQuotes << width) | (lastOpenQuotes >> (64 - width));
}

/** Whether the string that begins at `start` is the value of a member `eventSource`, with nothing between them. */
function isEventSource(start: usize): bool {
  const before = start - BEFORE_NAME_BYTES;
  return load<u64>(before) == EVENT_SO && load<u64>(before, 7) == OURCE && load<u8>(before - 1) != 0x5c;
}

/** 1 if one of the strings that end in the block at `at` is a wanted name. Notes the last that follows `eventSource`. */
function findNames(at: usize, openQuotes: u64, closeQuotes: u64): u32 {
  let found: u32 = 0;
  for (let i = 0; i < nameCount; i++) {
    const name = names + <usize>i * NAME_BYTES;
    const length = <usize>load<u8>(name);
    let ends = closeQuotes & endsAfter(openQuotes, length + 1);
    while (ends) {
      const end = at + <usize>ctz(ends);
      const start = end - length;
      if (memory.compare(name + 1, start, length) == 0) {
        found = 1;
        if (isEventSource(start)) sourceEnd = max(sourceEnd, end);
      }
      ends &= ends - 1;
    }
  }
  return found;
}
