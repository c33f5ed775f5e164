import type { Completeness } from '../query/completeness.ts';
import type { QueryDeps } from '../query/read-page.ts';
import type { Format } from './negotiate.ts';
import type { Parameter, Values } from './parameters.ts';
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
export interface Operation {
  id: string;
  /** As in OpenAPI, with `{placeholders}`. */
  path: string;
  summary: string;
  says: string;
  parameters: readonly Parameter[];
  formats: readonly Format[];
  /** The schema, by its name, of the JSON answer, and of a line of NDJSON. */
  schemas: { json: string; line: string };
  /** The columns of CSV, when they are always the same. */
  columns?: readonly string[];
  /** Answers the same always, and asks nobody. */
  fixed?: true;
  /** At least one; the first is a good one. */
  examples: readonly Example[];
  /**
   * @throws {Problem} when there is no answer
   * @throws {CriteriaError} when criteria or cursor are not good
   */
  answer(values: Values, deps: HttpDeps): Promise<Answer>;
}

/** A request that the OpenAPI document shows, with what is answered. */
export interface Example {
  name: string;
  summary: string;
  /** Path and query. */
  url: string;
  status: 200 | 400 | 404;
}
