import { createGunzip, type Gunzip } from 'node:zlib';
import { BadLogFileError } from '../records/bad-log-file.ts';
import { expectZeros } from './gzip-format.ts';
import type { ByteSource } from './pieces.ts';

/** Size of the pieces of text. The default of 16 KiB takes four times the CPU time, since each piece changes threads. */
const TEXT_PIECE_BYTES = 1024 * 1024;

/** Inflates by node:zlib: an `Inflate` of gunzip.ts. */
export async function* gunzipByZlib(compressed: ByteSource): AsyncGenerator<Uint8Array, void, void> {
  const inflation = new Inflation();
  let padding = false;
  let offset = 0;
  try {
    for await (const piece of compressed) {
      if (!padding) yield* inflation.write(piece);
      const consumed: number = padding ? 0 : inflation.bytesConsumed - offset;
      // node:zlib stops at the first zero byte after a member without an error, even if another member follows.
      padding = consumed < piece.length;
      if (padding) expectZeros(piece.subarray(consumed), offset + consumed);
      offset += piece.length;
    }
    if (!padding) yield* inflation.end();
  } finally {
    inflation.destroy();
  }
}

/** A zlib stream that is written and read in turns, to know which bytes it has not consumed. */
class Inflation {
  private readonly zlib: Gunzip = createGunzip({ chunkSize: TEXT_PIECE_BYTES });
  private failure: Error | undefined;
  private wake: () => void = () => {};

  constructor() {
    const wake = () => this.wake();
    this.zlib.on('readable', wake).on('end', wake);
    this.zlib.on('error', (error) => {
      this.failure = error;
      this.wake();
    });
  }

  get bytesConsumed(): number {
    return this.zlib.bytesWritten;
  }

  /** Yields the text of one more piece. Zero bytes after a member, and what follows them, are left unconsumed. */
  async *write(piece: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
    let written = false;
    this.zlib.write(piece, () => {
      written = true;
      this.wake();
    });
    yield* this.readUntil(() => written);
  }

  /** Yields the rest of the text. */
  async *end(): AsyncGenerator<Uint8Array, void, void> {
    this.zlib.end();
    yield* this.readUntil(() => this.zlib.readableEnded);
  }

  destroy(): void {
    this.zlib.destroy();
  }

  private async *readUntil(done: () => boolean): AsyncGenerator<Uint8Array, void, void> {
    while (true) {
      const text = this.zlib.read() as Buffer<ArrayBuffer> | null;
      if (text !== null) {
        yield text;
        release(text);
      } else if (this.failure !== undefined) {
        throw badGzip(this.failure, this.bytesConsumed);
      } else if (done()) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}

function badGzip(cause: NodeJS.ErrnoException, offset: number): Error {
  if (cause.code === 'Z_BUF_ERROR') {
    return new BadLogFileError('gzip-truncated', offset, 'expected more compressed data', { cause });
  }
  return new BadLogFileError('gzip-corrupt', offset, `expected sound gzip data from here: ${cause.message}`, { cause });
}

/**
 * Frees the memory of a used piece at once instead of leaving it to the garbage collector; but only if the piece fills its
 * buffer to the end, since otherwise zlib goes on filling that buffer.
 */
function release(text: Buffer<ArrayBuffer>): void {
  const { buffer } = text;
  if (text.byteOffset + text.length === buffer.byteLength) buffer.transfer?.(0);
}
