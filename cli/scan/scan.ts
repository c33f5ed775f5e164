import { closeSync, openSync, readSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEFAULT_EVENT_SOURCES } from '../../shared/config.ts';
import { type ByteSource, peek } from '../../shared/log-file/pieces.ts';
import { readLogFile } from '../../shared/log-file/read-log-file.ts';
import { readLookupRecords } from '../../shared/log-file/read-lookup-records.ts';
import { HEAD_BYTES, type TextForm, textFormOf, utf8Text } from '../../shared/log-file/text-form.ts';
import { compactRecord } from '../../shared/records/json-text.ts';
import type { BadRecord, KeptRecord } from '../../shared/records/record-scanner.ts';
import { fileReason } from '../lib/file-error.ts';

/** Opened when first used, because the streams of a process are costly: `process` itself may be passed. */
export interface ScanStreams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

const FILE_PIECE_BYTES = 256 * 1024;

export interface ScanRequest {
  /** `-` is the standard input. */
  file: string;
  eventSources: readonly string[];
  /** Print only the number of records. */
  count: boolean;
}

/**
 * Reads the arguments after `scan`, without the cost of the program's parser.
 * @returns undefined if they ask for help or are wrong: the program says so
 */
export function readScan(args: string[]): ScanRequest | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        'event-source': { type: 'string', multiple: true, default: [...DEFAULT_EVENT_SOURCES] },
        count: { type: 'boolean', default: false },
      },
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) return undefined;
    return { file, eventSources: values['event-source'], count: values.count };
  } catch {
    return undefined;
  }
}

/**
 * Runs `mwaa-trail scan`.
 * @returns the exit status
 */
export async function runScan(request: ScanRequest, io: ScanStreams): Promise<number> {
  try {
    return await scan(request, io);
  } catch (error) {
    if (isBrokenPipe(error)) return 0;
    await write(io.stderr, `mwaa-trail scan: ${request.file}: ${problemOf(error as NodeJS.ErrnoException)}\n`);
    return 1;
  }
}

/** Errors of the output keep the words of the system. */
function problemOf(error: NodeJS.ErrnoException): string {
  const isOfInput = error.syscall === 'open' || error.syscall === 'read';
  return isOfInput ? `expected a CloudTrail log file, but ${fileReason(error)}` : error.message;
}

async function scan(request: ScanRequest, io: ScanStreams): Promise<number> {
  const { file, eventSources, count } = request;
  const { head, source } = await peek(open(file, io), HEAD_BYTES);
  const form = await textFormOf(head);
  if (form.content === 'lookup-output') return scanLookupOutput(source, form, request, io);
  const { recordsKept, recordsBad } = await readLogFile(form.encoding === 'UTF-8' ? source : utf8Text(source, form), {
    eventSources,
    onRecords: async ({ kept, bad }) => {
      if (kept.length > 0 && !count) await write(io.stdout, lines(kept.map(compact)));
      if (bad.length > 0) await write(io.stderr, bad.map((record) => complaint(file, record)).join(''));
    },
  });
  if (count) await write(io.stdout, `${recordsKept}\n`);
  return recordsBad > 0 ? 1 : 0;
}

async function scanLookupOutput(
  source: ByteSource,
  form: TextForm,
  { file, eventSources, count }: ScanRequest,
  io: ScanStreams,
): Promise<number> {
  const { kept, bad } = await readLookupRecords(source, form, eventSources);
  await write(io.stdout, count ? `${kept.length}\n` : lines(kept.map(({ bytes }) => compactRecord(bytes))));
  for (const { index, reason } of bad) {
    await write(io.stderr, `mwaa-trail scan: ${file}: ${reason} at Events[${index}]: ${REASONS[reason] ?? reason}\n`);
  }
  return bad.length > 0 ? 1 : 0;
}

function open(file: string, io: ScanStreams): ByteSource {
  return file === '-' ? (io.stdin as AsyncIterable<Buffer>) : readPieces(file);
}

/** Reads a file without the cost of a stream, into one buffer. */
function* readPieces(file: string): Generator<Uint8Array, void, void> {
  const descriptor = openSync(file, 'r');
  const piece = Buffer.allocUnsafeSlow(FILE_PIECE_BYTES);
  try {
    while (true) {
      const length = readSync(descriptor, piece);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

const compact = ({ bytes, isCompact }: KeptRecord) => (isCompact ? bytes : compactRecord(bytes));

function lines(records: readonly Uint8Array[]): Buffer {
  return Buffer.concat(records.flatMap((record) => [record, LINE_BREAK]));
}

const LINE_BREAK = Buffer.from('\n');

const REASONS: Readonly<Record<string, string>> = {
  'not-an-object': 'expected an object',
  'invalid-utf8': 'expected valid UTF-8',
  'no-cloudtrail-event': 'expected an event with its record as the text CloudTrailEvent',
};

function complaint(file: string, { index, offset, reason }: BadRecord): string {
  return `mwaa-trail scan: ${file}: ${reason} at Records[${index}], byte ${offset} (uncompressed): ${REASONS[reason]}\n`;
}

/** Resolves when the stream has taken the data and wants more. */
function write(stream: NodeJS.WritableStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // A stream reports a failed write twice: first by the callback, then by the event, which needs a listener.
    stream.once('error', reject);
    stream.write(data, (error?: Error | null) => {
      if (error) {
        reject(error);
      } else {
        stream.off('error', reject);
        resolve();
      }
    });
  });
}

/** Whether the reader of the output has closed it, as `head` does. */
function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE';
}
