import { BadLogFileError } from '../records/bad-log-file.ts';
import { isJson } from '../records/json-text.ts';
import { readLookupOutput } from '../records/lookup-output.ts';
import { RecordScanner, type ScannerCaps } from '../records/record-scanner.ts';
import type { ByteSource } from './pieces.ts';
import { DEFAULT_CAPS } from './read-log-file.ts';
import { type TextForm, utf8Text } from './text-form.ts';

/** The records of wanted event sources in output of `aws cloudtrail lookup-events`. */
interface LookupRecords {
  /** Events of the output. */
  recordsRead: number;
  /** `index`: the position among all events; `bytes`: the JSON text in UTF-8. */
  kept: { index: number; bytes: Uint8Array }[];
  /** Events without a record, or with a bad one. */
  bad: { index: number; reason: string }[];
}

/** The longest output that is read, in bytes. It is read as a whole; event history has only 90 days. */
const MAX_LOOKUP_BYTES = 256 * 1024 ** 2;

/**
 * Reads output of `aws cloudtrail lookup-events` from beginning to end.
 * @param problemOf returns why a record that was kept is bad, if it is
 * @throws BadLogFileError if the whole is bad, or exceeds a cap
 */
export async function readLookupRecords(
  source: ByteSource,
  form: TextForm,
  eventSources: readonly string[],
  problemOf: (record: string) => string | undefined = () => undefined,
): Promise<LookupRecords> {
  const records = readLookupOutput(await wholeText(source, form));
  const kept: LookupRecords['kept'] = [];
  const bad: LookupRecords['bad'] = [];
  for (const [index, record] of records.entries()) {
    if (record === undefined) {
      bad.push({ index, reason: 'no-cloudtrail-event' });
      continue;
    }
    const read = readSingleRecord(record, eventSources, DEFAULT_CAPS);
    const reason = read.kind === 'bad' ? read.reason : read.kind === 'kept' ? problemOf(record) : undefined;
    if (reason !== undefined) bad.push({ index, reason });
    else if (read.kind === 'kept') kept.push({ index, bytes: read.bytes });
  }
  if (bad.length > DEFAULT_CAPS.badRecords) {
    throw new BadLogFileError('bad-records-cap', 0, `at most ${DEFAULT_CAPS.badRecords} of the events may be bad`);
  }
  return { recordsRead: records.length, kept, bad };
}

/**
 * Returns the whole text of a file that is no log file.
 * @throws BadLogFileError if it is too long, or no UTF-8
 */
export async function wholeText(source: ByteSource, form: TextForm): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of utf8Text(source, form)) {
    bytes += piece.length;
    if (bytes > MAX_LOOKUP_BYTES) {
      const expectation = `at most ${MAX_LOOKUP_BYTES} bytes of such a file are read: split it`;
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

/** One record: wanted, of another event source, or bad. */
type SingleRecord = { kind: 'kept'; bytes: Uint8Array } | { kind: 'filtered' } | { kind: 'bad'; reason: string };

/** Reads the JSON text of one record, with the same result as in a log file. */
export function readSingleRecord(text: string, eventSources: readonly string[], caps: ScannerCaps): SingleRecord {
  if (!text.isWellFormed()) return { kind: 'bad', reason: 'invalid-utf8' };
  const bytes = Buffer.from(text);
  if (bytes.length > caps.recordBytes) return { kind: 'bad', reason: 'record-bytes-cap' };
  // Checked alone: two objects, or an object and `]`, would be valid inside the list below.
  if (!isJson(text)) return { kind: 'bad', reason: 'not-an-object' };
  const scanner = new RecordScanner(eventSources, caps, false);
  try {
    const logFile = Buffer.concat([Buffer.from('{"Records":['), bytes, Buffer.from(']}')]);
    const batches = [scanner.push(logFile), scanner.finish()];
    const [bad] = batches.flatMap((batch) => batch.bad);
    if (bad !== undefined) return { kind: 'bad', reason: bad.reason };
    const [kept] = batches.flatMap((batch) => batch.kept);
    return kept === undefined ? { kind: 'filtered' } : { kind: 'kept', bytes: kept.bytes };
  } catch (error) {
    if (error instanceof BadLogFileError) return { kind: 'bad', reason: error.code };
    throw error;
  } finally {
    scanner.close();
  }
}
