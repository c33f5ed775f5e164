import { type Criteria, CriteriaError, type RawCriteria, readCriteria } from './criteria.ts';
import { type AskedFor, decodeCursor, encodeCursor } from './cursor.ts';
import { type Page, type QueryDeps, readPage } from './read-page.ts';

/** A question as it comes from outside: one page of events. */
export interface RawQuestion extends AskedFor {
  criteria: RawCriteria;
  limit: number;
  /** From the page before. */
  cursor?: string | undefined;
}

/** A question that is understood: what to look for, and where to go on. */
export interface Question {
  asked: AskedFor;
  criteria: Criteria;
  limit: number;
  /** Where the page before ended. */
  after: string | undefined;
  /** The clock of the first page, in milliseconds since 1970. */
  asOf: number;
}

/** A page, and the cursor of the next one; without one it was the last. */
export interface Answer extends Page {
  cursor?: string;
}

/**
 * Reads a question; no request is made.
 * @param now in milliseconds since 1970
 * @throws {CriteriaError} if the criteria, the limit or the cursor are wrong
 */
export function openQuestion({ criteria, order, limit, cursor }: RawQuestion, now: number): Question {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new CriteriaError('limit', 'expected a whole number from 1');
  const asked = { criteria, order };
  const position = cursor === undefined ? undefined : decodeCursor(cursor, asked);
  // A cursor says what the time is for ages such as 7d.
  const asOf = position?.asOf ?? now;
  return { asked, criteria: readCriteria(criteria, asOf), limit, after: position?.after, asOf };
}

/** Reads the page that a question asks for. */
export async function answerQuestion(question: Question, deps: QueryDeps): Promise<Answer> {
  const { asked, criteria, limit, after, asOf } = question;
  const page = await readPage({ criteria, order: asked.order, limit, after }, deps);
  return page.end === undefined ? page : { ...page, cursor: encodeCursor({ after: page.end, asOf }, asked) };
}
