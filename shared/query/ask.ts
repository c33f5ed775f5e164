import { CriteriaError, type RawCriteria, readCriteria } from './criteria.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Order } from './plan.ts';
import { type Page, type QueryDeps, readPage } from './read-page.ts';

/** A question as it comes from outside: one page of events. */
export interface PageQuestion {
  criteria: RawCriteria;
  order: Order;
  limit: number;
  /** From the page before. */
  cursor?: string | undefined;
}

/** A page, and the cursor of the next one; without one it was the last. */
export interface Answer extends Page {
  cursor?: string;
}

/** @throws {CriteriaError} when the criteria or the cursor are not good */
export async function askPage({ criteria, order, limit, cursor }: PageQuestion, deps: QueryDeps): Promise<Answer> {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new CriteriaError('limit', 'expected a whole number from 1');
  const position = cursor === undefined ? undefined : decodeCursor(cursor, { criteria, order });
  const asOf = position?.asOf ?? deps.now();
  const page = await readPage({ criteria: readCriteria(criteria, asOf), order, limit, after: position?.after }, deps);
  if (page.end === undefined) return page;
  return { ...page, cursor: encodeCursor({ after: page.end, asOf }, { criteria, order }) };
}
