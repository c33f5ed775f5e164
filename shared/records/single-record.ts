import { BadLogFileError } from './bad-log-file.ts';
import { isJson } from './is-json.ts';
import { RecordScanner, type ScannerCaps } from './record-scanner.ts';

/** What a text is, that should be one record: wanted, of another event source, or bad for a reason. */
export type SingleRecord = { kind: 'kept'; bytes: Uint8Array } | { kind: 'filtered' } | { kind: 'bad'; reason: string };

/** Judges the JSON text of one record as it would be classified in a log file. */
export function readSingleRecord(text: string, eventSources: readonly string[], caps: ScannerCaps): SingleRecord {
  if (!text.isWellFormed()) return { kind: 'bad', reason: 'invalid-utf8' };
  const bytes = Buffer.from(text);
  if (bytes.length > caps.recordBytes) return { kind: 'bad', reason: 'record-bytes-cap' };
  // Alone: two objects, or one and the end of a list, would make sense among others.
  if (!isJson(text)) return { kind: 'bad', reason: 'not-an-object' };
  const scanner = new RecordScanner(eventSources, caps, false);
  try {
    const batches = [scanner.push(Buffer.concat([BEFORE, bytes, AFTER])), scanner.finish()];
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

const [BEFORE, AFTER] = ['{"Records":[', ']}'].map((part) => Buffer.from(part)) as [Buffer, Buffer];
