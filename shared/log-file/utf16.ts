import { BadLogFileError } from '../records/bad-log-file.ts';
import type { ByteSource } from './pieces.ts';

export type Utf16 = 'UTF-16LE' | 'UTF-16BE';

/** Returns the encoding of a text that begins with the byte order mark of UTF-16; undefined for all others. */
export function utf16Of(head: Uint8Array): Utf16 | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'UTF-16LE';
  return head[0] === 0xfe && head[1] === 0xff ? 'UTF-16BE' : undefined;
}

/**
 * Returns the encoding of a text that begins like JSON in UTF-16 without a byte order mark; undefined for all others. JSON in
 * UTF-8 has no zero bytes (RFC 4627, 3).
 */
export function unmarkedUtf16Of(head: Uint8Array): Utf16 | undefined {
  const [first, second, third] = head;
  if (JSON_STARTS.has(first) && second === 0 && third !== 0) return 'UTF-16LE';
  return first === 0 && JSON_STARTS.has(second) ? 'UTF-16BE' : undefined;
}

const JSON_STARTS: ReadonlySet<number | undefined> = new Set(Buffer.from(' \t\r\n"[{'));

/**
 * Decodes UTF-16 to UTF-8, without the byte order mark.
 * @throws BadLogFileError `utf-16` if a character is broken
 */
export async function* fromUtf16(text: ByteSource, encoding: Utf16): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  const decoded = (piece?: Uint8Array) => {
    try {
      return Buffer.from(decoder.decode(piece, { stream: piece !== undefined }));
    } catch {
      throw new BadLogFileError('utf-16', offset, `expected whole ${encoding} characters from here on`);
    }
  };
  for await (const piece of text) {
    yield decoded(piece);
    offset += piece.length;
  }
  yield decoded();
}
