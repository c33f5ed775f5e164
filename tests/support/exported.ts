import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type { ExportPlace, ReadText } from '../../shared/export/place.ts';

/** Reads a Parquet file with a reader that is not ours. Its 64-bit integers are numbers, its times texts in ISO 8601. */
export async function readParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return (await parquetReadObjects({ file })).map((row) => plain(row) as Record<string, unknown>);
}

/** Without what is null. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

/** The files of a folder and its folders, by path. */
export function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

/** A place in memory. */
export class MemoryPlace implements ExportPlace {
  readonly uri = 'memory';
  readonly files = new Map<string, Buffer>();
  /** Called before each change; throws to break it. */
  onChange: () => void = () => {};

  async read(name: string): Promise<ReadText | undefined> {
    const text = this.files.get(name)?.toString();
    return text === undefined ? undefined : { text, version: text };
  }

  async replace(name: string, text: string, before: ReadText | undefined): Promise<boolean> {
    this.onChange();
    if (this.files.get(name)?.toString() !== before?.version) return false;
    this.files.set(name, Buffer.from(text));
    return true;
  }

  async sizeOf(name: string): Promise<number | undefined> {
    return this.files.get(name)?.length;
  }

  async create(name: string) {
    this.onChange();
    const parts: Uint8Array[] = [];
    return {
      write: async (bytes: Uint8Array) => {
        this.onChange();
        parts.push(bytes);
      },
      commit: async () => {
        this.onChange();
        this.files.set(name, Buffer.concat(parts));
      },
      discard: async () => {},
    };
  }

  async remove(name: string): Promise<void> {
    this.onChange();
    this.files.delete(name);
  }
}
