import { TrailError } from '../errors.ts';
import { readTime } from './time.ts';

/** What to look for. Different criteria all apply; of several values of one, any. */
export interface Criteria {
  environment?: readonly string[];
  eventName?: readonly string[];
  /** Exact, or with a final `*` a prefix. */
  principal?: readonly string[];
  errorCode?: readonly string[];
  /** Only events with an error code. */
  errors?: boolean;
  accessKeyId?: readonly string[];
  sourceIp?: readonly string[];
  account?: readonly string[];
  region?: readonly string[];
  category?: readonly string[];
  readOnly?: boolean;
  /** From this time on; ISO 8601 in UTC with milliseconds. */
  since?: string;
  /** Before this time. */
  until?: string;
}

/** Criteria that cannot be understood: the asker's mistake. */
export class CriteriaError extends TrailError {}

/** The criteria that take texts, and the attribute of an event that each is about. */
export const TEXT_CRITERIA = {
  environment: 'environment',
  eventName: 'eventName',
  principal: 'principal',
  errorCode: 'errorCode',
  accessKeyId: 'accessKeyId',
  sourceIp: 'sourceIp',
  account: 'accountId',
  region: 'region',
  category: 'eventCategory',
} as const;
export type TextCriterion = keyof typeof TEXT_CRITERIA;

/** Values a criterion may have; DynamoDB compares with at most 100 in one list. */
const MAX_VALUES = 100;

/** Criteria as flags or HTTP parameters give them: texts, not yet understood. */
export type RawCriteria = Partial<Record<TextCriterion, readonly string[]>> & {
  errors?: boolean | undefined;
  readOnly?: boolean | undefined;
  since?: string | undefined;
  until?: string | undefined;
};

/**
 * @param now the clock that ages such as `7d` count from, in milliseconds since 1970
 * @throws {CriteriaError} that names the criterion and what it expects
 */
export function readCriteria(raw: RawCriteria, now: number): Criteria {
  const criteria: Criteria = {};
  for (const name of Object.keys(TEXT_CRITERIA) as TextCriterion[]) {
    const values = raw[name];
    if (values === undefined || values.length === 0) continue;
    if (values.includes('')) throw new CriteriaError('criteria', `${name}: expected a text that is not empty`);
    if (values.length > MAX_VALUES)
      throw new CriteriaError('criteria', `${name}: expected at most ${MAX_VALUES} values`);
    criteria[name] = [...new Set(values)];
  }
  if (raw.errors) criteria.errors = true;
  if (raw.readOnly !== undefined) criteria.readOnly = raw.readOnly;
  for (const name of ['since', 'until'] as const) {
    const value = raw[name];
    if (value !== undefined) criteria[name] = timeCriterion(name, value, now);
  }
  if (criteria.since !== undefined && criteria.until !== undefined && criteria.since >= criteria.until) {
    throw new CriteriaError('criteria', 'since: expected a time before until');
  }
  return criteria;
}

function timeCriterion(name: string, value: string, now: number): string {
  const time = readTime(value, now);
  if (time !== undefined) return time;
  throw new CriteriaError(
    'criteria',
    `${name}: expected an ISO 8601 time such as 2026-11-06 or 2026-11-06T02:30:00Z, or an age such as 7d`,
  );
}
