import { BadLogFileError } from '../records/bad-log-file.ts';

/** Whether a file that begins with these bytes is compressed. Its name and Content-Encoding are not reliable. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Checks the bytes after the last member, which may be padded.
 *
 * @param offset of the first of these bytes in the file
 */
export function expectZeros(bytes: Uint8Array, offset: number): void {
  const stray = bytes.findIndex((byte) => byte !== 0);
  if (stray < 0) return;
  throw new BadLogFileError('gzip-trailing-bytes', offset + stray, 'only zero bytes may follow the last member');
}
