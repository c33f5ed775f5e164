import type { Field, Row, RowEncoder } from './fields.ts';
import type { ExportKind } from './manifest.ts';
import { type ExportedEvent, NATIVE_FIELDS, nativeRow } from './native.ts';
import { type JsonTexts, NdjsonEncoder } from './ndjson.ts';
import { ocsfRow } from './ocsf.ts';
import { OCSF_FIELDS } from './ocsf-fields.ts';
import { ParquetEncoder } from './parquet.ts';

/** What the rows of an export are. */
export interface ExportSchema {
  fields: readonly Field[];
  rowOf(event: ExportedEvent): Row;
  /** How NDJSON has JSON text: the record as CloudTrail wrote it, or the objects that OCSF expects. */
  jsonTexts: JsonTexts;
}

export const SCHEMAS: Readonly<Record<ExportKind['schema'], ExportSchema>> = {
  native: { fields: NATIVE_FIELDS, rowOf: nativeRow, jsonTexts: 'as-text' },
  ocsf: { fields: OCSF_FIELDS, rowOf: ocsfRow, jsonTexts: 'nested' },
};

export const ENCODERS: Readonly<Record<ExportKind['format'], (schema: ExportSchema) => RowEncoder>> = {
  parquet: ({ fields }) => new ParquetEncoder(fields),
  ndjson: ({ fields, jsonTexts }) => new NdjsonEncoder(fields, jsonTexts),
};
