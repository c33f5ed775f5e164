import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';

export interface ReferenceResult {
  recordsRead: number;
  /** The kept records' own text, one character a byte, and their place. */
  kept: { index: number; offset: number; text: string }[];
  bad: { index: number; offset: number; text: string; reason: string }[];
}

/**
 * What a valid log file is, written as plainly as possible on top of `JSON.parse`: no streaming, no caps. Text is held as
 * Latin-1, so that one character is one byte.
 *
 * @throws when the file is bad
 */
export function readPlainly(file: Buffer, eventSources: readonly string[]): ReferenceResult {
  const text = inflate(file).toString('latin1');
  const start = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  const document: unknown = JSON.parse(text.slice(start));
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Error('not an object');
  const result: ReferenceResult = { recordsRead: 0, kept: [], bad: [] };
  for (const { offset, text: element } of elementsOfRecords(text, start)) {
    const index = result.recordsRead++;
    const bytes = Buffer.from(element, 'latin1');
    const record: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      result.bad.push({ index, offset, text: element, reason: 'not-an-object' });
    } else if (eventSources.includes((record as { eventSource: string }).eventSource)) {
      if (isUtf8(bytes)) result.kept.push({ index, offset, text: element });
      else result.bad.push({ index, offset, text: element, reason: 'invalid-utf8' });
    }
  }
  return result;
}

function inflate(file: Buffer): Buffer {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file;
  const { buffer, engine } = gunzipSync(file, { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  if (file.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw new Error('bytes after the last member');
  return buffer;
}

/** The elements of `Records` in a valid document. */
function elementsOfRecords(text: string, start: number): { offset: number; text: string }[] {
  // An alternative for each character of a string of megabytes could use up the stack.
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
  token.lastIndex = start;
  const elements: { offset: number; text: string }[] = [];
  let depth = 0;
  let key = '';
  let arrays = 0;
  let element = -1;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [lexeme] = match;
    const opens = lexeme === '{' || lexeme === '[';
    const closes = lexeme === '}' || lexeme === ']';
    if (depth === 1 && lexeme.startsWith('"')) {
      const next = /^\s*:/.test(text.slice(token.lastIndex, token.lastIndex + 100));
      if (next) key = JSON.parse(lexeme);
    }
    if (depth === 1 && key === 'Records' && lexeme === ':') {
      arrays++;
      if (!/^\s*\[/.test(text.slice(token.lastIndex))) throw new Error('Records is not an array');
    }
    if (depth === 2 && key === 'Records' && element < 0 && lexeme !== ',' && !closes) element = match.index;
    if (opens) depth++;
    if (closes) depth--;
    if (element >= 0 && depth === 2) {
      elements.push({ offset: element, text: text.slice(element, token.lastIndex) });
      element = -1;
    }
  }
  if (arrays !== 1) throw new Error(`${arrays} members Records`);
  return elements;
}
