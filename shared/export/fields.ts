/**
 * The type of a column, or of a member of a struct. `json`: JSON text; `time`: an instant in UTC; `texts`: a list of texts;
 * fields: a struct of these members; `list`: a list of such structs. Every value may be absent.
 */
export type FieldType =
  | 'text'
  | 'json'
  | 'integer'
  | 'boolean'
  | 'time'
  | 'texts'
  | readonly Field[]
  | { readonly list: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

/** Texts and JSON texts as they are, times in milliseconds since 1970, structs as rows. */
export type RowValue = string | number | boolean | readonly string[] | Row | readonly Row[] | undefined;
/** The values of fields, by name. */
export interface Row {
  readonly [name: string]: RowValue;
}

export const isStruct = (type: FieldType): type is readonly Field[] => Array.isArray(type);
export const isStructs = (type: FieldType): type is { readonly list: readonly Field[] } =>
  typeof type === 'object' && !isStruct(type);

/** Writes rows into one file. */
export interface RowEncoder {
  /** Rows that were added. */
  readonly rows: number;
  /** What the rows that are not written yet hold of memory, in characters. */
  readonly held: number;
  add(row: Row): void;
  /** Returns what there is to write after what was returned before: the rows that were added since. */
  flush(): Uint8Array;
  /** Returns the rest of the file. */
  finish(): Uint8Array;
}
