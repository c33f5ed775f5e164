import { BadLogFileError } from '../records/bad-log-file.ts';
import { readLookupOutput } from '../records/lookup-output.ts';
import { readSingleRecord } from '../records/single-record.ts';
import { DEFAULT_CAPS, type LogFileSource, type ReaderCaps } from './read-log-file.ts';
import { type TextForm, utf8Text } from './text-form.ts';

/** An event whose record is of a wanted event source. */
export interface LookupRecord {
  /** Position among all events of the output. */
  index: number;
  /** The record's JSON text, in UTF-8. */
  bytes: Uint8Array;
}

/** An event that has no record, or a bad one. */
export interface BadLookupEvent {
  index: number;
  reason: string;
}

/** What output of `aws cloudtrail lookup-events` holds. */
export interface LookupRecords {
  recordsRead: number;
  kept: LookupRecord[];
  bad: BadLookupEvent[];
}

/** Longest output, in bytes: it is read as a whole. Event history has 90 days, and is handed out slowly. */
export const MAX_LOOKUP_BYTES = 256 * 1024 ** 2;

/**
 * Reads output of `aws cloudtrail lookup-events` from beginning to end, and finds the records wanted.
 * @param problemOf why a record is bad all the same, if it is
 * @throws BadLogFileError when the whole is bad, or beyond a cap
 */
export async function readLookupRecords(
  source: LogFileSource,
  form: TextForm,
  eventSources: readonly string[],
  problemOf: (record: string) => string | undefined = () => undefined,
  caps: ReaderCaps = DEFAULT_CAPS,
): Promise<LookupRecords> {
  const events = readLookupOutput(await wholeText(utf8Text(source, form)));
  const kept: LookupRecord[] = [];
  const bad: BadLookupEvent[] = [];
  for (const { index, record } of events) {
    if (record === undefined) {
      bad.push({ index, reason: 'no-cloudtrail-event' });
      continue;
    }
    const read = readSingleRecord(record, eventSources, caps);
    const reason = read.kind === 'bad' ? read.reason : read.kind === 'kept' ? problemOf(record) : undefined;
    if (reason !== undefined) bad.push({ index, reason });
    else if (read.kind === 'kept') kept.push({ index, bytes: read.bytes });
  }
  if (bad.length > caps.badRecords) {
    throw new BadLogFileError('bad-records-cap', 0, `at most ${caps.badRecords} of the events may be bad`);
  }
  return { recordsRead: events.length, kept, bad };
}

async function wholeText(text: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of text) {
    bytes += piece.length;
    if (bytes > MAX_LOOKUP_BYTES) {
      const expectation = `at most ${MAX_LOOKUP_BYTES} bytes of lookup-events output are read: split it`;
      throw new BadLogFileError('uncompressed-bytes-cap', MAX_LOOKUP_BYTES, expectation);
    }
    pieces.push(Buffer.from(piece));
  }
  try {
    return new TextDecoder('UTF-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new BadLogFileError('json-syntax', 0, 'expected UTF-8');
  }
}
