/**
 * The part of the uncompressed text that is still needed: from the start of the record being read to the end of what has
 * arrived. Positions are indices into `bytes`; `origin + index` is the offset in the text.
 */
export class TextWindow {
  /** The storage; the text fills it up to `end`. Replaced when it grows. */
  bytes = new Uint8Array(0);
  /** Text offset of `bytes[0]`. */
  origin = 0;
  /** Index after the last byte of text. */
  end = 0;

  private readonly enlarge: (capacity: number, present: Uint8Array) => Uint8Array<ArrayBuffer>;

  /** @param enlarge returns storage of at least `capacity` bytes that begins with the bytes of the `present` storage */
  constructor(enlarge: (capacity: number, present: Uint8Array) => Uint8Array<ArrayBuffer>) {
    this.enlarge = enlarge;
  }

  /**
   * Appends a piece of text, forgetting everything before index `keepFrom` if room is needed.
   *
   * @returns by how much the indices of the bytes already there have fallen
   */
  append(piece: Uint8Array, keepFrom: number): number {
    let shift = 0;
    if (this.end + piece.length > this.bytes.length) {
      shift = keepFrom;
      this.bytes.copyWithin(0, keepFrom, this.end);
      this.origin += shift;
      this.end -= shift;
    }
    const needed = this.end + piece.length;
    if (needed > this.bytes.length) this.bytes = this.enlarge(Math.max(needed, 2 * this.bytes.length), this.bytes);
    this.bytes.set(piece, this.end);
    this.end = needed;
    return shift;
  }
}
