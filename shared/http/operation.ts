import type { Completeness } from '../query/completeness.ts';
import type { QueryDeps } from '../query/read-page.ts';
import type { Format } from './negotiate.ts';
import type { Parameters, Values } from './parameters.ts';
import type { Representation } from './representation.ts';

/** What operations work with. */
export interface HttpDeps extends QueryDeps {
  /** `readCompleteness`, remembered for a while. */
  completeness(range: { since?: string | undefined; until?: string | undefined }): Promise<Completeness>;
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

/** Checks an operation against the types of its own parameters; in the list of all operations they are forgotten. */
export function operation<P extends Parameters>(definition: Operation<P>): Operation {
  return definition as unknown as Operation;
}
