import * as z from 'zod/mini';
import { TrailError } from '../errors.ts';
import { jsonText } from '../store/item.ts';
import type { ExportPlace, ReadText } from './place.ts';

/** Readers of a folder of data leave out names that begin so. */
const MANIFEST = '_manifest.json';

/** A file of an export. */
export type ExportedFile = z.output<typeof ExportedFile>;
const ExportedFile = z.object({
  /** `p_account=A/p_region=R/p_day=D/events.parquet` */
  name: z.string(),
  day: z.string(),
  /** Absent if its events name none. */
  accountId: z.optional(z.string()),
  region: z.optional(z.string()),
  rows: z.int(),
  bytes: z.int(),
  /** Hex SHA-256 of the file. */
  sha256: z.string(),
  /** When the first of its events expires in the store, seconds since 1970; absent if none does. */
  firstExpiry: z.optional(z.int()),
  /** The `changedOn` of its day, if it has all that was stored until that day ended. */
  changedOn: z.optional(z.string()),
});

export const FORMATS = ['parquet', 'ndjson'] as const;
export const SCHEMA_NAMES = ['native', 'ocsf'] as const;

/** How the rows of an export are written. One place has one kind. */
export type ExportKind = z.output<typeof ExportKind>;
const ExportKind = z.object({ format: z.enum(FORMATS), schema: z.enum(SCHEMA_NAMES) });

const Manifest = z.object({ version: z.literal(1), ...ExportKind.shape, rows: z.int(), files: z.array(ExportedFile) });

/** The manifest of a place. */
export interface PlacedManifest {
  /** By name. */
  files: Map<string, ExportedFile>;
  /** As it was read; undefined if there is none. */
  read: ReadText | undefined;
}

/**
 * Reads the files of the export that a place has.
 * @throws {TrailError} `export-manifest` if the place has an export of another kind, or a manifest of something else
 */
export async function readManifest(place: ExportPlace, kind: ExportKind): Promise<PlacedManifest> {
  const read = await place.read(MANIFEST);
  if (read === undefined) return { files: new Map(), read };
  const { data: manifest } = jsonText(Manifest).safeParse(read.text);
  const expected = `${place.uri}/${MANIFEST}: expected`;
  if (manifest === undefined)
    throw new TrailError('export-manifest', `${expected} the manifest of an export, as this version writes it`);
  if (manifest.format !== kind.format || manifest.schema !== kind.schema)
    throw new TrailError(
      'export-manifest',
      `${expected} an export with --format ${kind.format} --schema ${kind.schema}, found ${manifest.format} and ${manifest.schema}: name another place`,
    );
  return { files: new Map(manifest.files.map((file) => [file.name, file])), read };
}

/**
 * Writes which files an export has, one a line. The same files give the same text.
 * @returns false if another export has written it since it was read
 */
export async function writeManifest(
  place: ExportPlace,
  kind: ExportKind,
  { files, read }: PlacedManifest,
): Promise<boolean> {
  const sorted = [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { format, schema } = kind;
  const head = { version: 1, format, schema, rows: sorted.reduce((sum, { rows }) => sum + rows, 0) };
  const lines = sorted.map((file) => `    ${JSON.stringify(file)}`).join(',\n');
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "files": [\n${lines}\n  ]\n}\n`;
  return text === read?.text || (await place.replace(MANIFEST, text, read));
}
