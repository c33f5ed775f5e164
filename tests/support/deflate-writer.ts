/** Writes DEFLATE streams (RFC 1951) that no compressor makes: any codes, complete or not, and any symbols. */
export class DeflateWriter {
  private readonly bytes: number[] = [];
  private bitCount = 0;

  /** Writes a number, its lowest bit first. */
  bits(value: number, width: number): this {
    for (let i = 0; i < width; i++) this.bit((value >> i) & 1);
    return this;
  }

  /** Writes a Huffman code, its highest bit first. */
  code({ value, length }: Code): this {
    for (let i = length - 1; i >= 0; i--) this.bit((value >> i) & 1);
    return this;
  }

  /** Writes the head of a block whose codes have these lengths. */
  dynamicHead(isLast: boolean, symbols: readonly number[], distances: readonly number[]): this {
    // 6 codes of five bits and 13 of four are complete.
    const lengths = [5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4];
    const codes = canonicalCodes(lengths);
    this.bits(isLast ? 1 : 0, 1).bits(2, 2);
    this.bits(symbols.length - 257, 5)
      .bits(distances.length - 1, 5)
      .bits(15, 4);
    for (const i of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]) this.bits(lengths[i]!, 3);
    for (const length of [...symbols, ...distances]) this.code(codes[length]!);
    return this;
  }

  /** The stream so far, filled up to whole bytes. */
  toBuffer(): Buffer {
    return Buffer.from(this.bytes);
  }

  private bit(bit: number): void {
    if (this.bitCount % 8 === 0) this.bytes.push(0);
    this.bytes[this.bytes.length - 1]! |= bit << (this.bitCount % 8);
    this.bitCount += 1;
  }
}

export interface Code {
  value: number;
  length: number;
}

/** The codes that belong to the lengths, by symbol (RFC 1951, 3.2.2). */
export function canonicalCodes(lengths: readonly number[]): Code[] {
  const codes: Code[] = lengths.map((length) => ({ value: 0, length }));
  let value = 0;
  for (let length = 1; length <= 15; length++) {
    value <<= 1;
    for (const code of codes) if (code.length === length) code.value = value++;
  }
  return codes;
}
