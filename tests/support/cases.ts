import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder, relative to the project, as `[name, parsed content]`: a new case is a new file. */
export function jsonFiles<T>(folder: string): [string, T][] {
  const path = join(import.meta.dirname, '../..', folder);
  return readdirSync(path)
    .flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(path, `${name}.json`), 'utf8')) as T]);
}
