// CRC-32 (RFC 1952, 8) of a long text, 16 bytes a step, by exclusive or alone; see inflate.as.ts for its use.
//
// The checksum is a remainder: of the text, taken as a polynomial over GF(2), divided by that of CRC-32. It stays the same when
// multiples of the latter are added, and x^(128*300) + x^(128*155) + x^(128*117) + x^(128*89) + 1 is one. So a vector of 16
// bytes may be taken out if it is added to those that come 145, 183, 211 and 300 vectors later. In the end, 300 vectors and
// less than 16 bytes are left, which are divided a byte at a time. (The idea is that of S. Russell's "Chorba", 2024.)

const VECTOR: usize = 16;
/** Vectors read before those taken out are forgotten. */
const ROUND: usize = 1024;
/** What is left of the text read, followed by room for a round. */
const remainder: usize = memory.data(16 * (300 + 1024));
const REMAINDER_BYTES: usize = 300 * VECTOR;

/** The end of the text read. */
let checkedEnd: usize = 0;

/**
 * Starts with the text from `at` on. CRC-32 begins with all bits set. So that one which begins with none can finish it, the
 * text gets a beginning that sets them.
 */
export function beginChecksum(at: usize): void {
  memory.fill(remainder, 0, REMAINDER_BYTES);
  store<u32>(remainder + REMAINDER_BYTES - 4, 0x9226f562);
  checkedEnd = at;
}

/** The text has been moved down in memory by `bytes`. */
export function checkedTextMoved(bytes: usize): void {
  checkedEnd -= bytes;
}

/** Reads the text up to `end`, except the last bytes that are no whole vector. */
export function check(end: usize): void {
  while (checkedEnd + VECTOR <= end) {
    const bytes = min((end - checkedEnd) & ~(VECTOR - 1), ROUND * VECTOR);
    let to = remainder;
    let from = checkedEnd;
    checkedEnd += bytes;
    for (; from < checkedEnd; from += VECTOR, to += VECTOR) {
      const near = v128.xor(v128.load(to, (300 - 145) * VECTOR), v128.load(to, (300 - 183) * VECTOR));
      const far = v128.xor(v128.load(to, (300 - 211) * VECTOR), v128.load(to));
      v128.store(to, v128.xor(v128.load(from), v128.xor(near, far)), 300 * VECTOR);
    }
    memory.copy(remainder, to, REMAINDER_BYTES);
  }
}

/**
 * Returns the checksum of the text up to `end`, where it ends. The last vectors stay, so what they have been given by one another
 * is taken back.
 */
export function finishChecksum(end: usize): u32 {
  for (let i = 299; i >= 145; i--) {
    const at = remainder + i * VECTOR;
    let vector = v128.xor(v128.load(at), v128.load(at - 145 * VECTOR));
    if (i >= 183) vector = v128.xor(vector, v128.load(at - 183 * VECTOR));
    if (i >= 211) vector = v128.xor(vector, v128.load(at - 211 * VECTOR));
    v128.store(at, vector);
  }
  return crc32(checkedEnd, end, crc32(remainder, remainder + REMAINDER_BYTES, WITHOUT_BITS));
}

/** Of this checksum, `crc32` goes on without any bit set. */
const WITHOUT_BITS: u32 = 0xffff_ffff;

/** The remainders of all bytes, made when first needed. */
const ofBytes: usize = memory.data(4 * 256);
let areMade: bool = false;

/** Continues a CRC-32 with the bytes from `at` to `end`. */
export function crc32(at: usize, end: usize, before: u32): u32 {
  if (!areMade) makeRemainders();
  let remains = ~before;
  for (; at < end; at++) remains = (remains >> 8) ^ load<u32>(ofBytes + (((remains & 0xff) ^ load<u8>(at)) << 2));
  return ~remains;
}

function makeRemainders(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remains = byte;
    for (let i = 0; i < 8; i++) remains = (remains >> 1) ^ (remains & 1 ? 0xedb8_8320 : 0);
    store<u32>(ofBytes + (byte << 2), remains);
  }
  areMade = true;
}
