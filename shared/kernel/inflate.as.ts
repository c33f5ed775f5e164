// AssemblyScript, compiled to WebAssembly by `npm run build:wasm`; see ../log-file/gunzip.ts for its place in the reader.
//
// Inflates DEFLATE streams (RFC 1951). Compressed bytes are put at `input`, their text appears at `textEnd`, after the text
// before. All positions are addresses in the kernel's memory.

import { beginChecksum, check, checkedTextMoved, finishChecksum } from './checksum.as';

/** What `inflate` returns: it needs more input; it needs room for text; the stream has ended; it is corrupt. */
const MORE: i32 = 0;
const FULL: i32 = 1;
const END: i32 = 2;
const CORRUPT: i32 = 3;
/** The input ended before the stream. */
const TRUNCATED: i32 = 4;
/** Only within this file. */
const GO_ON: i32 = 5;

/** The head of a block has fewer bytes than this; this many zeros must follow the last input. */
export const MARGIN: usize = 640;
export const INPUT_BYTES: usize = 256 * 1024;
export const input: usize = memory.data(256 * 1024 + 640);

/** How far text can exceed its limit: six literals, a match of 258 bytes, and bytes copied too far. */
export const OVERRUN: usize = 384;

/** First byte of the input not read. */
export let position: usize = 0;
export let textEnd: usize = 0;
/** The CRC-32 of the text of a stream, once it has ended. */
export let checksum: u32 = 0;
/** The first byte to which matches may refer. */
let streamStart: usize = 0;
/** Where text must not go on. */
let textLimit: usize = 0;

/** Bits loaded and not read, the next one lowest, and their number. */
let bitBuffer: u64 = 0;
let bitCount: u64 = 0;

/** What comes next: the head of a block, bytes of a stored block, symbols of a compressed one. */
const HEAD: i32 = 0;
const STORED: i32 = 1;
const SYMBOLS: i32 = 2;
let state: i32 = HEAD;
let isLastBlock: bool = false;
let storedBytes: usize = 0;

// Tables for decoding have an entry for each value of the next bits; longer codes lead to a table of their own behind.
//   literals          number, 1 or 2 << 30 | second << 16 | first << 8 | bits of the codes
//   length, distance  base << 16 | bits of the code << 8 | these and the extra bits
//   longer codes      EXCEPTION | LONGER | index of their table << 16 | its bits << 8
//   end of the block  EXCEPTION | STOP | bits of the code
//   no code           EXCEPTION | bits
const LITERAL: u32 = 1 << 30;
const PAIR: u32 = 2 << 30;
const EXCEPTION: u32 = 0x8000;
const LONGER: u32 = 0x4000;
const STOP: u32 = 0x2000;

const MAX_BITS: i32 = 15;
const SYMBOL_BITS: i32 = 12;
const DISTANCE_BITS: i32 = 9;
const LENGTH_BITS: i32 = 7;
const SYMBOL_MASK: u32 = (1 << SYMBOL_BITS) - 1;
const DISTANCE_MASK: u32 = (1 << DISTANCE_BITS) - 1;
/** A table behind has at most 8 entries for 4 codes, and 64 for 7: there are 288 and 32 codes. */
const symbolTable: usize = memory.data(4 * (4096 + 2 * 288));
const distanceTable: usize = memory.data(4 * (512 + 10 * 32));
const lengthTable: usize = memory.data(4 * 128);

/** The kinds of codes: of the lengths of codes; of literals and the lengths of matches; of distances. */
const OF_LENGTHS: i32 = 0;
const OF_SYMBOLS: i32 = 1;
const OF_DISTANCES: i32 = 2;

const END_OF_BLOCK: i32 = 256;
/** Lengths of the codes of a block, symbols before distances, and of the codes that encode these lengths. */
const lengths: usize = memory.data(320);
const lengthLengths: usize = memory.data(19);
const LENGTH_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** Codes of each length, and those of literals; where their places in the order of codes end. */
const counts: usize = memory.data(2 * 16);
const literals: usize = memory.data(2 * 16);
const places: usize = memory.data(2 * 16);
/** The symbols and, as far as they fit into a table, the codes, in that order. Codes of a length begin with the literals'. */
const sorted: usize = memory.data(2 * 288);
const codes: usize = memory.data(2 * 288);

/** Shortest length of a match, and extra bits, from symbol 257 on, and the same of distances (RFC 1951, 3.2.5). */
const LENGTH_BASES: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const LENGTH_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASES: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);

/** Starts a stream, whose text will begin at `at`. */
export function beginStream(at: usize): void {
  textEnd = at;
  streamStart = at;
  bitBuffer = 0;
  bitCount = 0;
  state = HEAD;
  isLastBlock = false;
  beginChecksum(at);
}

/** The text has been moved down in memory by `bytes`, of the stream the last 32 KiB at least, or all to `start`. */
export function movedText(bytes: usize, start: usize): void {
  textEnd -= bytes;
  streamStart = max(streamStart, start + bytes) - bytes;
  checkedTextMoved(bytes);
}

/**
 * Goes on with the input from `start` to `end`. Afterwards it is read up to `position`, and there is text up to `textEnd`.
 *
 * @param isLast whether no more input can come
 * @param limit where the room for text ends
 */
export function inflate(start: usize, end: usize, isLast: bool, limit: usize): i32 {
  position = start;
  textLimit = limit - OVERRUN;
  let outcome: i32 = GO_ON;
  while (outcome == GO_ON && !(isLast && position > end)) {
    if (state == SYMBOLS) outcome = readSymbols(isLast ? end + SYMBOL_BYTES : end - SYMBOL_BYTES);
    else if (state == STORED) outcome = readStored(end);
    else if (isLastBlock) outcome = END;
    else outcome = !isLast && position + MARGIN > end ? MORE : readHead();
  }
  check(textEnd);
  if (outcome == END) checksum = finishChecksum(textEnd);
  // Beyond the input are zeros, which may have been taken for anything.
  return isLast && outcome != FULL && (outcome == MORE || position > end) ? TRUNCATED : outcome;
}

/** Loads bits until there are at least 56. */
@inline
function refill(): void {
  bitBuffer |= load<u64>(position) << bitCount;
  position += <usize>((63 - bitCount) >> 3);
  bitCount |= 56;
}

@inline
function take(width: i32): i32 {
  const bits = <i32>bitBuffer & ((1 << width) - 1);
  bitBuffer >>= width;
  bitCount -= width;
  return bits;
}

/** Gives whole bytes not read back to the input. */
function unload(): void {
  position -= <usize>(bitCount >> 3);
  bitCount &= 7;
  bitBuffer &= ((<u64>1) << bitCount) - 1;
}

function readHead(): i32 {
  refill();
  isLastBlock = take(1) == 1;
  const type = take(2);
  let sound = false;
  if (type == 0) sound = readStoredHead();
  else if (type == 1) sound = useFixedCodes();
  else if (type == 2) sound = readCodes();
  unload();
  return sound ? GO_ON : CORRUPT;
}

function readStoredHead(): bool {
  unload();
  bitBuffer = 0;
  bitCount = 0;
  storedBytes = load<u16>(position);
  const complement = load<u16>(position, 2);
  position += 4;
  state = STORED;
  return storedBytes == (complement ^ 0xffff);
}

function readStored(end: usize): i32 {
  const present = position < end ? end - position : 0;
  const length = min(storedBytes, min(present, textLimit - min(textEnd, textLimit)));
  memory.copy(textEnd, position, length);
  textEnd += length;
  position += length;
  storedBytes -= length;
  if (storedBytes > 0) return textEnd >= textLimit ? FULL : MORE;
  state = HEAD;
  return GO_ON;
}

function useFixedCodes(): bool {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  memory.fill(lengths + 288, 5, 32);
  state = SYMBOLS;
  return (
    makeTable(lengths, 288, symbolTable, SYMBOL_BITS, OF_SYMBOLS) &&
    makeTable(lengths + 288, 32, distanceTable, DISTANCE_BITS, OF_DISTANCES)
  );
}

/** Reads the description of a block's codes. */
function readCodes(): bool {
  const symbols = take(5) + 257;
  const distances = take(5) + 1;
  const described = take(4) + 4;
  if (symbols > 286 || distances > 30) return false;
  memory.fill(lengthLengths, 0, 19);
  for (let i = 0; i < described; i++) {
    if (bitCount < 3) refill();
    store<u8>(lengthLengths + load<u8>(LENGTH_ORDER + i), <u8>take(3));
  }
  if (!makeTable(lengthLengths, 19, lengthTable, LENGTH_BITS, OF_LENGTHS)) return false;

  const all = symbols + distances;
  let i = 0;
  while (i < all) {
    if (bitCount < 14) refill();
    const entry = load<u32>(lengthTable + ((<usize>bitBuffer & 127) << 2));
    take(<i32>(entry & 0xff));
    const symbol = <i32>(entry >>> 16);
    let repeat = 1;
    let length = <u8>symbol;
    if (symbol == 16) {
      repeat = take(2) + 3;
      if (i == 0) return false;
      length = load<u8>(lengths + i - 1);
    } else if (symbol == 17) {
      length = 0;
      repeat = take(3) + 3;
    } else if (symbol == 18) {
      length = 0;
      repeat = take(7) + 11;
    }
    if (i + repeat > all) return false;
    memory.fill(lengths + i, length, repeat);
    i += repeat;
  }
  if (load<u8>(lengths + END_OF_BLOCK) == 0) return false;
  state = SYMBOLS;
  return (
    makeTable(lengths, symbols, symbolTable, SYMBOL_BITS, OF_SYMBOLS) &&
    makeTable(lengths + symbols, distances, distanceTable, DISTANCE_BITS, OF_DISTANCES)
  );
}

/**
 * Makes the table of the codes whose lengths are given (RFC 1951, 3.2.2). Returns whether they are complete or, as zlib
 * allows, a single code of one bit when they are not codes of lengths, or none; without codes each bit is a length of 0.
 */
function makeTable(codeLengths: usize, symbols: i32, table: usize, tableBits: i32, kind: i32): bool {
  memory.fill(counts, 0, 2 * 16);
  memory.fill(literals, 0, 2 * 16);
  for (let i = 0; i < symbols; i++) {
    const length = load<u8>(codeLengths + i);
    increment(counts, length);
    if (kind == OF_SYMBOLS && i < END_OF_BLOCK) increment(literals, length);
  }
  let longest = MAX_BITS;
  while (longest > 0 && numberOf(counts, longest) == 0) longest--;
  let unused: i32 = 1;
  let place: i32 = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    const count = numberOf(counts, length);
    unused = (unused << 1) - count;
    if (unused < 0) return false;
    store<u16>(places + (length << 1), <u16>place);
    place += count;
  }
  if (unused > 0 && longest > (kind == OF_LENGTHS ? 0 : 1)) return false;
  for (let i = 0; i < symbols; i++) {
    const length = load<u8>(codeLengths + i);
    if (length > 0) store<u16>(sorted + (increment(places, length) << 1), <u16>i);
  }

  // The codes in order. The table grows with their lengths: each length doubles it.
  store<u32>(table, kind == OF_LENGTHS ? 1 : EXCEPTION | 1);
  let code: i32 = 0;
  let next: i32 = 0;
  for (let length = 1; length <= tableBits; length++) {
    const half = <usize>4 << (length - 1);
    memory.copy(table + half, table, half);
    for (let left = numberOf(counts, length); left > 0; left--) {
      store<u16>(codes + (next << 1), <u16>code);
      store<u32>(table + (code << 2), entryOf(numberOf(sorted, next++), length, kind));
      code = codeAfter(code, length);
    }
    if (kind == OF_SYMBOLS) enterPairs(length);
  }
  const tableSize = 1 << tableBits;
  let nested = tableSize;
  let nestedBits: i32 = 0;
  let prefix: i32 = -1;
  for (let length = tableBits + 1; length <= longest; length++) {
    for (let left = numberOf(counts, length); left > 0; left--) {
      if ((code & (tableSize - 1)) != prefix) {
        if (prefix >= 0) nested += 1 << nestedBits;
        prefix = code & (tableSize - 1);
        nestedBits = bitsOfNested(length, left, tableBits, longest);
        const longer = EXCEPTION | LONGER | (<u32>nested << 16) | (<u32>nestedBits << 8);
        store<u32>(table + (prefix << 2), longer);
      }
      const entry = entryOf(numberOf(sorted, next++), length - tableBits, kind);
      for (let i = code >> tableBits; i < 1 << nestedBits; i += 1 << (length - tableBits)) {
        store<u32>(table + ((nested + i) << 2), entry);
      }
      code = codeAfter(code, length);
    }
  }
  return true;
}

/** Enters the pairs of literals whose codes have `bits` together, as if each pair were a symbol. */
function enterPairs(bits: i32): void {
  for (let firstBits = 1; firstBits < bits; firstBits++) {
    const secondBits = bits - firstBits;
    const secondPlace = numberOf(places, secondBits - 1);
    const secondEnd = secondPlace + numberOf(literals, secondBits);
    if (secondEnd == secondPlace) continue;
    const firstPlace = numberOf(places, firstBits - 1);
    const firstEnd = firstPlace + numberOf(literals, firstBits);
    for (let i = firstPlace; i < firstEnd; i++) {
      const code = numberOf(codes, i);
      const entry = PAIR | (numberOf(sorted, i) << 8) | bits;
      for (let j = secondPlace; j < secondEnd; j++) {
        const codeOfBoth = code | (numberOf(codes, j) << firstBits);
        store<u32>(symbolTable + (codeOfBoth << 2), entry | (numberOf(sorted, j) << 16));
      }
    }
  }
}

/** The code after one of `length` bits. They are read from their highest bit on, so all is reversed: the first bit is the lowest. */
@inline
function codeAfter(code: i32, length: i32): i32 {
  let bit = 1 << (length - 1);
  while (code & bit) bit >>= 1;
  return bit > 0 ? (code & (bit - 1)) | bit : 0;
}

@inline
function numberOf(numbers: usize, index: i32): i32 {
  return load<u16>(numbers + (<usize>index << 1));
}

/** Returns the number before. */
@inline
function increment(numbers: usize, index: u8): u16 {
  const at = numbers + (<usize>index << 1);
  const number = load<u16>(at);
  store<u16>(at, number + 1);
  return number;
}

/** Bits of a table for the codes that share their first `tableBits` bits with one of `length`, of which `left` are left. */
function bitsOfNested(length: i32, left: i32, tableBits: i32, longest: i32): i32 {
  let bits = length - tableBits;
  let free = (1 << bits) - left;
  while (free > 0 && tableBits + bits < longest) {
    bits++;
    free = (free << 1) - numberOf(counts, tableBits + bits);
  }
  return bits;
}

function entryOf(symbol: i32, bits: i32, kind: i32): u32 {
  if (kind == OF_LENGTHS) return (<u32>symbol << 16) | bits;
  if (kind == OF_DISTANCES) {
    if (symbol > 29) return EXCEPTION | bits;
    const extra = symbol < 4 ? 0 : (symbol >> 1) - 1;
    return (<u32>load<u16>(DISTANCE_BASES + (symbol << 1)) << 16) | (bits << 8) | (bits + extra);
  }
  if (symbol < END_OF_BLOCK) return LITERAL | (symbol << 8) | bits;
  if (symbol == END_OF_BLOCK) return EXCEPTION | STOP | bits;
  const i = symbol - END_OF_BLOCK - 1;
  if (i > 28) return EXCEPTION | bits;
  return (<u32>load<u16>(LENGTH_BASES + (i << 1)) << 16) | (bits << 8) | (bits + load<u8>(LENGTH_EXTRA + i));
}

/** In one turn of the loop below the input is read twice, seven bytes at most each time, and looked at one byte further. */
const SYMBOL_BYTES: usize = 16;

/**
 * Reads symbols while the position is at most `limit`. The entry of the next one is looked up as early as possible: the
 * processor waits for little else.
 */
function readSymbols(limit: usize): i32 {
  if (position > limit) return MORE;
  refill();
  let at = position;
  let out = textEnd;
  let bits = bitBuffer;
  let count = <u32>bitCount;
  const start = streamStart;
  let outcome = MORE;

  let entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
  while (at <= limit) {
    if (out >= textLimit) {
      outcome = FULL;
      break;
    }
    // Three lookups at most before bits are loaded. Written as a loop, they make the whole inflate a twentieth slower.
    if (entry >= LITERAL) {
      store<u16>(out, <u16>(entry >> 8));
      out += entry >> 30;
      bits >>= <u64>(entry & 63);
      count -= entry & 63;
      entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
      if (entry >= LITERAL) {
        store<u16>(out, <u16>(entry >> 8));
        out += entry >> 30;
        bits >>= <u64>(entry & 63);
        count -= entry & 63;
        entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
        if (entry >= LITERAL) {
          store<u16>(out, <u16>(entry >> 8));
          out += entry >> 30;
          bits >>= <u64>(entry & 63);
          count -= entry & 63;
          entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
          bits |= load<u64>(at) << <u64>count;
          at += (63 - count) >> 3;
          count |= 56;
          continue;
        }
      }
    }
    if (entry & EXCEPTION) {
      if (entry & LONGER) {
        bits >>= SYMBOL_BITS;
        count -= SYMBOL_BITS;
        const index = (entry >> 16) + (<u32>bits & ((1 << ((entry >> 8) & 15)) - 1));
        entry = load<u32>(index << 2, symbolTable);
        if (entry >= LITERAL) {
          store<u8>(out++, <u8>(entry >> 8));
          bits >>= <u64>(entry & 63);
          count -= entry & 63;
          entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
          bits |= load<u64>(at) << <u64>count;
          at += (63 - count) >> 3;
          count |= 56;
          continue;
        }
      }
      if (entry & EXCEPTION) {
        bits >>= <u64>(entry & 63);
        count -= entry & 63;
        outcome = entry & STOP ? GO_ON : CORRUPT;
        if (entry & STOP) state = HEAD;
        break;
      }
    }
    const length = (entry >> 16) + ((<u32>bits & ((1 << entry) - 1)) >> (entry >> 8));
    bits >>= <u64>(entry & 63);
    count -= entry & 63;

    // Here at most 2 * 12 + 20 bits have been read; a distance has up to 28, and then another symbol is looked up.
    bits |= load<u64>(at) << <u64>count;
    at += (63 - count) >> 3;
    count |= 56;
    entry = load<u32>((<u32>bits & DISTANCE_MASK) << 2, distanceTable);
    if (entry & EXCEPTION) {
      if (entry & LONGER) {
        bits >>= DISTANCE_BITS;
        count -= DISTANCE_BITS;
        const index = (entry >> 16) + (<u32>bits & ((1 << ((entry >> 8) & 15)) - 1));
        entry = load<u32>(index << 2, distanceTable);
      }
      if (entry & EXCEPTION) {
        bits >>= <u64>(entry & 63);
        count -= entry & 63;
        outcome = CORRUPT;
        break;
      }
    }
    const distance = (entry >> 16) + ((<u32>bits & ((1 << entry) - 1)) >> (entry >> 8));
    bits >>= <u64>(entry & 63);
    count -= entry & 63;
    if (distance > <u32>(out - start)) {
      outcome = CORRUPT;
      break;
    }
    entry = load<u32>((<u32>bits & SYMBOL_MASK) << 2, symbolTable);
    bits |= load<u64>(at) << <u64>count;
    at += (63 - count) >> 3;
    count |= 56;
    copyMatch(out, distance, length);
    out += length;
  }

  position = at;
  textEnd = out;
  bitBuffer = bits;
  bitCount = count;
  unload();
  return outcome;
}

/** Copies up to 64 bytes too far. */
@inline
function copyMatch(to: usize, distance: usize, length: usize): void {
  const end = to + length;
  let from = to - distance;
  if (distance >= 16) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    if (length > 64) {
      to += 64;
      from += 64;
      do {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        to += 32;
        from += 32;
      } while (to < end);
    }
  } else {
    const repeated = i8x16.swizzle(v128.load(from), v128.load(distance << 4, REPETITIONS));
    const whole = 16 - (16 % <u32>distance);
    do {
      v128.store(to, repeated);
      to += whole;
    } while (to < end);
  }
}

/** For each distance below 16, the indices that repeat this many bytes up to 16. */
const REPETITIONS: usize = memory.data(16 * 16);
for (let distance = 1; distance < 16; distance++) {
  for (let i = 0; i < 16; i++) store<u8>(REPETITIONS + (distance << 4) + i, <u8>(i % distance));
}
