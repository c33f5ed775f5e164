import type { Kernel } from './kernel.ts';

/** The kernel may read and write this many bytes after the storage, without effect. */
const SLACK_BYTES = 64;
const PAGE_BYTES = 65_536;

/**
 * A text of which only a part is still needed: the bytes from some place on, up to where it has been read. It lies in the
 * memory of a kernel, which inflates into it and skims it, or elsewhere. If there is no more room, its beginning is forgotten.
 */
export class TextStorage {
  /** The storage. The text fills it up to `end`. Another one takes its place when it becomes too small. */
  bytes: Uint8Array<ArrayBuffer>;
  end = 0;
  /** Offset of `bytes[0]` in the whole text. */
  origin = 0;
  /** Offset in the whole text from which on it is still needed. */
  neededFrom = 0;
  readonly kernel: Kernel | undefined;
  /** Address of `bytes[0]` in the memory of the kernel. */
  readonly address: number;

  /** @param address the first free byte in the memory of the kernel */
  constructor(kernel?: Kernel, address = 0) {
    this.kernel = kernel;
    this.address = address;
    this.bytes = kernel === undefined ? new Uint8Array(0) : this.inKernel(kernel);
  }

  /** Appends a piece of text, unless that is where it lies already: an inflater may have put it there. */
  append(piece: Uint8Array): void {
    if (piece.buffer === this.bytes.buffer) return;
    this.makeRoom(piece.length, 0);
    this.bytes.set(piece, this.end);
    this.end += piece.length;
  }

  /** Makes room for at least `bytes` more. Keeps what is needed, and in any case the last `window` bytes of the text. */
  makeRoom(bytes: number, window: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const from = Math.max(0, Math.min(this.neededFrom - this.origin, this.end - window));
    if (this.kernel === undefined) this.bytes.copyWithin(0, from, this.end);
    else this.kernel.moveText(this.address, this.address + from, this.address + this.end);
    this.end -= from;
    this.origin += from;
    const wanted = this.end + bytes;
    if (wanted > this.bytes.length) this.enlarge(Math.max(wanted, 2 * this.bytes.length));
  }

  private enlarge(capacity: number): void {
    if (this.kernel === undefined) {
      const { bytes } = this;
      this.bytes = new Uint8Array(capacity);
      this.bytes.set(bytes.subarray(0, this.end));
    } else {
      const missing = this.address + capacity + SLACK_BYTES - this.kernel.memory.buffer.byteLength;
      if (missing > 0) this.kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.bytes = this.inKernel(this.kernel);
    }
  }

  private inKernel({ memory }: Kernel): Uint8Array<ArrayBuffer> {
    return new Uint8Array(memory.buffer, this.address, memory.buffer.byteLength - SLACK_BYTES - this.address);
  }
}
