import { gunzipSync } from 'node:zlib';

/**
 * Returns the records of a file that has one on each line, gzipped or not; empty lines aside.
 * @throws {Error} that names the file `path`, and the line if one is not a JSON object; also if there is no record
 */
export function readRecords(bytes: Buffer, path: string): string[] {
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
  const lines = text.split('\n').map((line) => line.trim());
  for (const [i, line] of lines.entries()) {
    if (line !== '' && !isObject(line)) throw new Error(`${path}, line ${i + 1}: expected a JSON object`);
  }
  const records = lines.filter(Boolean);
  if (records.length === 0) throw new Error(`${path}: expected a record on each line, and found none`);
  return records;
}

function isObject(text: string): boolean {
  try {
    JSON.parse(text);
    return text.startsWith('{');
  } catch {
    return false;
  }
}
