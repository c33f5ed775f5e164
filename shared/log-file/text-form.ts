import { isEventBridgeEvents } from '../records/eventbridge-events.ts';
import { isLookupOutput } from '../records/lookup-output.ts';
import { gunzip } from './gunzip.ts';
import { isGzip } from './gzip-format.ts';
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

/** Returns the form of a file, judged by its beginning; if in doubt, that of a log file: its reader says what is wrong. */
export async function textFormOf(head: Uint8Array): Promise<TextForm> {
  const gzip = isGzip(head);
  const text = gzip ? await inflatedHead(head.subarray(0, HEAD_BYTES)) : head;
  const encoding = utf16Of(text) ?? unmarkedUtf16Of(text) ?? 'UTF-8';
  const beginning = new TextDecoder(encoding).decode(text.subarray(0, HEAD_BYTES));
  return { content: contentOf(beginning), encoding, gzip };
}

function contentOf(beginning: string): TextForm['content'] {
  if (isEventBridgeEvents(beginning)) return 'eventbridge-events';
  return isLookupOutput(beginning) ? 'lookup-output' : 'log-file';
}

/** Returns the beginning of the text, as far as these first bytes of a gzip file hold it. */
async function inflatedHead(head: Uint8Array): Promise<Uint8Array> {
  let text = Buffer.alloc(0);
  try {
    for await (const piece of gunzip([head])) {
      text = Buffer.concat([text, piece]);
      if (text.length >= HEAD_BYTES) break;
    }
  } catch {
    // Most files go on. Of one that is damaged, its reader says what is wrong.
  }
  return text;
}

/**
 * Returns the text of a file in UTF-8, inflated.
 * @throws BadLogFileError `gzip-...` or `utf-16`; errors of `source` pass through
 */
export async function* utf8Text(source: ByteSource, { gzip, encoding }: TextForm): AsyncGenerator<Uint8Array> {
  const text = gzip ? gunzip(source) : source;
  yield* encoding === 'UTF-8' ? text : fromUtf16(text, encoding);
}
