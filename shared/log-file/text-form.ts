import { constants, gunzipSync } from 'node:zlib';
import { isEventBridgeEvents } from '../records/eventbridge-events.ts';
import { isLookupOutput } from '../records/lookup-output.ts';
import { gunzip, isGzip } from './gunzip.ts';
import type { ByteSource } from './pieces.ts';
import { fromUtf16, type Utf16, unmarkedUtf16Of, utf16Of } from './utf16.ts';

/** What a local file contains, and how its text is encoded. */
export interface TextForm {
  content: 'log-file' | 'lookup-output' | 'eventbridge-events';
  encoding: 'UTF-8' | Utf16;
  gzip: boolean;
}

/** The length of the beginning of a file that shows its form, in bytes. */
export const HEAD_BYTES = 4096;
/** Its greatest length when inflated: DEFLATE compresses to 1/1,032 at best. */
const MAX_TEXT_BYTES = HEAD_BYTES * 1_032;

/** Returns the form of a file, judged by its beginning; if in doubt, that of a log file: its reader says what is wrong. */
export function textFormOf(head: Uint8Array): TextForm {
  const gzip = isGzip(head);
  const text = gzip ? inflatedHead(head.subarray(0, HEAD_BYTES)) : head;
  const encoding = utf16Of(text) ?? unmarkedUtf16Of(text) ?? 'UTF-8';
  const beginning = new TextDecoder(encoding).decode(text.subarray(0, HEAD_BYTES));
  return { content: contentOf(beginning), encoding, gzip };
}

function contentOf(beginning: string): TextForm['content'] {
  if (isEventBridgeEvents(beginning)) return 'eventbridge-events';
  return isLookupOutput(beginning) ? 'lookup-output' : 'log-file';
}

function inflatedHead(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_TEXT_BYTES });
  } catch {
    return new Uint8Array(0);
  }
}

/**
 * Returns the text of a file in UTF-8, inflated.
 * @throws BadLogFileError `gzip-...` or `utf-16`; errors of `source` pass through
 */
export async function* utf8Text(source: ByteSource, { gzip, encoding }: TextForm): AsyncGenerator<Uint8Array> {
  const text = gzip ? gunzip(source) : source;
  yield* encoding === 'UTF-8' ? text : fromUtf16(text, encoding);
}
