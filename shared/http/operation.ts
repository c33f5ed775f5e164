import type { FindingSource } from '../alert/find-findings.ts';
import { defined } from '../defined.ts';
import type { QueryDeps } from '../query/ask.ts';
import type { rememberedCompleteness } from '../query/completeness.ts';
import { csvRow } from '../render/csv.ts';
import type { Format } from './negotiate.ts';
import type { Parameters, Values } from './parameters.ts';

/** What operations work with. */
export interface HttpDeps extends QueryDeps {
  completeness: ReturnType<typeof rememberedCompleteness>;
  findings: FindingSource;
}

/** What an operation found: the body, and where the next page is. */
export interface Answer {
  body: Representation;
  cursor?: string | undefined;
}

/** One thing that the API does: routing, checks and the OpenAPI document are made from this. All are GET. */
export interface Operation<P extends Parameters = Parameters> {
  id: string;
  /** As in OpenAPI, with `{placeholders}`. */
  path: string;
  summary: string;
  description: string;
  parameters: P;
  formats: readonly Format[];
  /** The schema, by its name, of the JSON answer, and of a line of NDJSON. */
  schemas: { json: string; line: string };
  /** The columns of CSV, if they are always the same. */
  columns?: readonly string[];
  /**
   * @throws {Problem} if there is no answer
   * @throws {CriteriaError} if criteria or cursor are wrong
   */
  answer(values: Values<P>, deps: HttpDeps): Promise<Answer>;
}

/** Checks an operation against the types of its own parameters; the list of all operations has no such types. */
export function operation<P extends Parameters>(definition: Operation<P>): Operation {
  return definition as unknown as Operation;
}

/** Most events that an operation counts: each is read, some 300 bytes of index, within the half minute that API Gateway waits. */
export const MAX_COUNTED = 10_000;

/** An answer in each format; only the chosen one is made. */
type Representation = Readonly<Record<Format, () => string>>;

/** How one item of a list is written. */
export interface Writing<T> {
  /** JSON text on one line. */
  json(item: T): string;
  columns: readonly string[];
  /** A row of CSV, line break included. */
  csv(item: T): string;
}

/**
 * A list: its items in CSV and NDJSON; in JSON an object with the list among its members.
 * @param members of that object, in order; the one that is `items` stands for the list
 */
export function listOf<T>(items: readonly T[], writing: Writing<T>, members: object): Representation {
  const { json, columns, csv } = writing;
  const memberText = (value: unknown) => (value === items ? `[${items.map(json).join(',')}]` : JSON.stringify(value));
  return {
    json: () => {
      const texts = Object.entries(defined(members)).map(([name, value]) => `"${name}":${memberText(value)}`);
      return `{${texts.join(',')}}`;
    },
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

/** An answer that is no list, as JSON text; for operations without other formats. */
export function onlyJson(text: string): Representation {
  const json = () => text;
  return { json, ndjson: json, csv: json };
}
