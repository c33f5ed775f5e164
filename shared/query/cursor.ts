import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { MAX_EVENT_ID_BYTES } from '../audit-event/audit-event.ts';
import { type Criteria, CriteriaError, TEXT_CRITERION_NAMES } from './criteria.ts';
import type { Order } from './plan.ts';

/** Where a page ended. */
interface Position {
  /** A timeKey, or a place between two days. */
  after: string;
  /** The clock of the first page, in milliseconds since 1970: ages such as `7d` mean the same on every page. */
  asOf: number;
}

/** What was asked, as it was given; a cursor is good for this and nothing else. */
export interface Asked {
  criteria: Criteria;
  order: Order;
}

// DAY, DAY~, or a timeKey: eventTime in one width, # and an eventID of at most 512 bytes.
const PLACE = /^\d{4}-\d{2}-\d{2}(?:~|T\d{2}:\d{2}:\d{2}\.\d{3}Z#.{1,512})?$/su;
const LONGEST_PLACE = 24 + 1 + MAX_EVENT_ID_BYTES;
const Content = z.strictObject({
  v: z.literal(1),
  q: z.string(),
  a: z.string().check(
    z.regex(PLACE),
    // DynamoDB refuses sort keys that are too long; a character can have four bytes.
    z.refine((place) => Buffer.byteLength(place) <= LONGEST_PLACE),
  ),
  t: z.int().check(z.nonnegative()),
});

const CHECKSUM_BYTES = 12;
const LONGEST_CURSOR = 4_096;

/** A position as text for the caller: opaque, checked, and bound to the question. */
export function encodeCursor({ after, asOf }: Position, question: Asked): string {
  const content = Buffer.from(JSON.stringify({ v: 1, q: hashOf(question), a: after, t: asOf }));
  return Buffer.concat([checksumOf(content), content]).toString('base64url');
}

/**
 * The position in a cursor. It only moves within what the question's own criteria give: a forged one shows nothing else.
 * @throws {CriteriaError} when it is not a cursor, was changed, or belongs to another question
 */
export function decodeCursor(cursor: string, question: Asked): Position {
  const content = checkedContent(cursor);
  if (!content) throw new CriteriaError('cursor', 'expected a cursor as an earlier page gave it');
  if (content.q !== hashOf(question))
    throw new CriteriaError('cursor', 'expected the same criteria and order as before');
  return { after: content.a, asOf: content.t };
}

function checkedContent(cursor: string): z.infer<typeof Content> | undefined {
  if (cursor.length > LONGEST_CURSOR) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  // Decoding forgives; only the one spelling that was given out is good.
  if (bytes.toString('base64url') !== cursor || bytes.length <= CHECKSUM_BYTES) return undefined;
  const content = bytes.subarray(CHECKSUM_BYTES);
  if (!checksumOf(content).equals(bytes.subarray(0, CHECKSUM_BYTES))) return undefined;
  try {
    return Content.safeParse(JSON.parse(content.toString())).data;
  } catch {
    return undefined;
  }
}

/** Guards against damage, not against forgery. */
function checksumOf(content: Uint8Array): Buffer {
  return createHash('sha256').update('mwaa-trail cursor').update(content).digest().subarray(0, CHECKSUM_BYTES);
}

function hashOf({ criteria, order }: Asked): string {
  const { errors = false, readOnly = null, since = null, until = null } = criteria;
  const texts = TEXT_CRITERION_NAMES.map((name) => [...new Set(criteria[name] ?? [])].sort());
  return createHash('sha256')
    .update(JSON.stringify([order, texts, errors, readOnly, since, until]))
    .digest('base64url');
}
