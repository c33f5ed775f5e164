import { isIP } from 'node:net';
import {
  type AttributeName,
  attributeNamed,
  attributesWhere,
  type EVENT_ATTRIBUTES,
} from '../audit-event/attributes.ts';
import { canonicalAddress } from '../audit-event/ip-address.ts';
import { TrailError } from '../errors.ts';
import { canonicalRange } from './address-range.ts';
import { oneOf } from './near-names.ts';
import { readTime, TIME_EXPECTATION } from './time.ts';

type Rows = typeof EVENT_ATTRIBUTES;
/** A criterion that takes texts, by the name of its parameter. */
export type TextCriterion = {
  [N in AttributeName]: Rows[N] extends { criterion: string }
    ? Rows[N] extends { parameter: infer Name extends string }
      ? Name
      : N
    : never;
}[AttributeName];

interface TextCriterionDefinition {
  /** The attribute that it is about. */
  attribute: AttributeName;
  matches: 'exact' | 'prefix' | 'address';
  /** All values that an event can have; undefined if any text may be one. */
  values: readonly string[] | undefined;
  /** What the help and the OpenAPI document say of it. */
  says: string;
}

const HINTS = {
  exact: '',
  prefix: '; a final * makes it a prefix',
  address: '; a CIDR range such as 10.0.0.0/8 means all addresses in it',
};

/** The criteria that take texts: flags of the program and parameters of the HTTP API. */
export const TEXT_CRITERIA = Object.fromEntries(
  attributesWhere(({ criterion }) => criterion !== undefined).map((attribute) => {
    const { criterion: matches = 'exact', parameter = attribute, values, says } = attributeNamed(attribute);
    return [parameter, { attribute, matches, values, says: says + HINTS[matches] }];
  }),
) as Readonly<Record<TextCriterion, TextCriterionDefinition>>;
export const TEXT_CRITERION_NAMES = Object.keys(TEXT_CRITERIA) as TextCriterion[];

/**
 * What to look for: events match every criterion, and any of its values. `errors`: only events with an error code. `since` is
 * inclusive, `until` exclusive; both are as people write times, or, from `readCriteria`, ISO 8601 in UTC with milliseconds.
 */
export type Criteria = Partial<Record<TextCriterion, readonly string[] | undefined>> &
  Partial<Record<'errors' | 'readOnly', boolean | undefined>> &
  Partial<Record<'since' | 'until', string | undefined>>;

/** A criterion, or another parameter of a question, is wrong: the caller's mistake. */
export class CriteriaError extends TrailError {
  readonly parameter: string;
  readonly expectation: string;

  constructor(parameter: string, expectation: string) {
    super('criteria', `${parameter}: ${expectation}`);
    this.parameter = parameter;
    this.expectation = expectation;
  }
}

/** Values of all criteria together: DynamoDB compares with at most 100 in one list, in an expression of at most 4 KB. */
const MAX_VALUES = 100;
/** Most bytes of one value. Stored texts are truncated earlier, and values are truncated alike before they are compared. */
const MAX_VALUE_BYTES = 16 * 1024;

/**
 * Checks the criteria of flags or parameters. The result has only those that were given, with times normalized.
 * @param now the clock that ages such as `7d` count from, in milliseconds since 1970
 * @param zone the time zone of times without an offset, as `readTime` takes it
 * @throws {CriteriaError} that names the criterion and what it expects
 */
export function readCriteria(given: Criteria, now: number, zone?: string): Criteria {
  const criteria: Criteria = {};
  let count = 0;
  for (const name of TEXT_CRITERION_NAMES) {
    const values = checkedValues(name, given[name] ?? []);
    count += values.length;
    if (count > MAX_VALUES)
      throw new CriteriaError(name, `expected at most ${MAX_VALUES} values in all criteria together`);
    if (values.length > 0) criteria[name] = values;
  }
  if (given.errors) criteria.errors = true;
  if (given.readOnly !== undefined) criteria.readOnly = given.readOnly;
  for (const name of ['since', 'until'] as const) {
    const value = given[name];
    if (value !== undefined) criteria[name] = timeCriterion(name, value, now, zone);
  }
  if (criteria.since !== undefined && criteria.until !== undefined && criteria.since >= criteria.until) {
    throw new CriteriaError('since', 'expected a time before until');
  }
  return criteria;
}

/** Whether a value matches all texts that begin with what precedes its final `*`. */
export function isPrefix(name: TextCriterion, value: string): boolean {
  return TEXT_CRITERIA[name].matches === 'prefix' && value.endsWith('*');
}

/** Whether a value matches all addresses in it. */
export function isRange(name: TextCriterion, value: string): boolean {
  return TEXT_CRITERIA[name].matches === 'address' && value.includes('/');
}

function checkedValues(name: TextCriterion, values: readonly string[]): string[] {
  const { matches, values: allowed } = TEXT_CRITERIA[name];
  const unique = [...new Set(values)];
  if (unique.includes('')) throw new CriteriaError(name, 'expected a text that is not empty');
  if (unique.some((value) => Buffer.byteLength(value) > MAX_VALUE_BYTES)) {
    throw new CriteriaError(name, `expected at most ${MAX_VALUE_BYTES} bytes`);
  }
  if (matches === 'address') return [...new Set(unique.map((value) => checkedAddress(name, value)))];
  const other = unique.find((value) => allowed && !allowed.includes(value));
  if (allowed && other !== undefined) throw new CriteriaError(name, `expected ${oneOf(allowed, other)}`);
  return unique.map((value) => value.toWellFormed());
}

/** Only digits and dots, only hexadecimal digits and colons, or a range of something. */
const LOOKS_LIKE_ADDRESS = /^[\d.]+$|^[\da-f.]*:[\da-f:.]*$|\//i;

/** What looks like an address must be one; names of services match as they are. */
function checkedAddress(name: TextCriterion, value: string): string {
  const canonical = isIP(value) === 0 ? canonicalRange(value) : canonicalAddress(value);
  if (canonical !== undefined) return canonical;
  if (!LOOKS_LIKE_ADDRESS.test(value)) return value.toWellFormed();
  throw new CriteriaError(
    name,
    'expected an address such as 203.0.113.7 or 2001:db8::1, a CIDR range such as 10.0.0.0/8 or 2001:db8::/32, or the name of an AWS service',
  );
}

/**
 * Reads a time of a question, as `readTime` does.
 * @throws {CriteriaError} that names the parameter
 */
export function timeCriterion(name: string, value: string, now: number, zone?: string): string {
  // If clocks show an hour twice, a range has both.
  const time = readTime(value, now, zone, name === 'until' ? 'last' : 'first');
  if (time === undefined) throw new CriteriaError(name, TIME_EXPECTATION);
  return time;
}
