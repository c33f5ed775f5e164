import { csvRow } from '../render/csv.ts';

/** An answer in each of its formats; only the wanted one is made. */
export interface Representation {
  json(): string;
  ndjson(): string;
  csv(): string;
}

/** How one item of a list is written. */
export interface Writing<T> {
  /** JSON text on one line. */
  json(item: T): string;
  columns: readonly string[];
  /** A row of CSV, line break included. */
  csv(item: T): string;
}

/** A list: items in CSV and NDJSON; in JSON they are a part of what `envelope` makes of their texts. */
export function listOf<T>(
  items: readonly T[],
  { json, columns, csv }: Writing<T>,
  envelope: (items: string) => string,
): Representation {
  return {
    json: () => envelope(`[${items.map(json).join(',')}]`),
    ndjson: () => items.map((item) => `${json(item)}\n`).join(''),
    csv: () => csvRow(columns) + items.map(csv).join(''),
  };
}

/** Writes flat items: each attribute is a column, absent ones are empty. */
export function flat<T extends object>(columns: readonly (keyof T & string)[]): Writing<T> {
  return {
    json: (item) => JSON.stringify(item),
    columns,
    csv: (item) => csvRow(columns.map((name) => String(item[name] ?? ''))),
  };
}

/** A JSON object of members that are JSON texts already. */
export function jsonObject(members: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(members).flatMap(([name, text]) =>
    text === undefined ? [] : [`${JSON.stringify(name)}:${text}`],
  );
  return `{${present.join(',')}}`;
}
