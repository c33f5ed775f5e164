import { isIP } from 'node:net';
import { canonicalAddress } from '../audit-event/ip-address.ts';
import { defined } from '../defined.ts';
import { TrailError } from '../errors.ts';
import { maxPrefixBytes } from '../store/event-item.ts';
import { canonicalRange } from './address-range.ts';
import {
  BOOLEAN_CRITERION_NAMES,
  booleanCriterion,
  type Criteria,
  type GivenCriteria,
  isPrefix,
  splitExclusion,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
  USUAL_WITHIN,
} from './criteria-table.ts';
import { oneOf } from './near-names.ts';
import { readAge, readTime, TIME_EXPECTATION } from './time.ts';

/** How readers know a parameter: `--event-name` or `eventName`. */
type Naming = (parameter: string) => string;

/**
 * A criterion, or another parameter of a question, is wrong: the caller's mistake. The message has the names of the HTTP API.
 * An expectation that names other parameters is a function of their naming.
 */
export class CriteriaError extends TrailError {
  readonly parameter: string;
  private readonly expectation: (named: Naming) => string;

  constructor(parameter: string, expectation: string | ((named: Naming) => string)) {
    const expected = typeof expectation === 'string' ? () => expectation : expectation;
    super('criteria', `${parameter}: ${expected(asInApi)}`);
    this.parameter = parameter;
    this.expectation = expected;
  }

  /** The message in the names of its readers. */
  messageWith(named: Naming): string {
    return `${named(this.parameter)}: ${this.expectation(named)}`;
  }

  /** The same mistake in a part of the value of another parameter. */
  inValueOf(parameter: string): CriteriaError {
    return new CriteriaError(
      parameter,
      (named) => `${nameInExclusion(this.parameter, named)}: ${this.expectation(named)}`,
    );
  }
}

const asInApi: Naming = (parameter) => parameter;

/** The flag `--event-name` is `event-name` in the value of `--exclude`. */
const nameInExclusion = (criterion: string, named: Naming) => named(criterion).replace(/^--/, '');

/** Values of all criteria together: DynamoDB compares with at most 100 in one list, in an expression of at most 4 KB. */
const MAX_VALUES = 100;
const WITH_VALUES = [...TEXT_CRITERION_NAMES, 'exclude'] as const;
/** Most bytes of one value. Stored texts are truncated earlier, and values are truncated alike before they are compared. */
const MAX_VALUE_BYTES = 16 * 1024;

/**
 * Checks the criteria of flags or parameters. The result has only those that were given, with times normalized.
 * @param now the clock that ages such as `7d` count from, in milliseconds since 1970
 * @param zone the time zone of times without an offset, as `readTime` takes it
 * @throws {CriteriaError} that names the criterion and what it expects
 */
export function readCriteria(given: GivenCriteria, now: number, zone?: string): Criteria {
  const criteria: Criteria = {};
  for (const name of WITH_VALUES) {
    const texts = given[name] ?? [];
    const values = name === 'exclude' ? [...new Set(texts.map(checkedExclusion))] : checkedValues(name, texts);
    if (values.length > 0) criteria[name] = values;
  }
  expectFewValues(criteria);
  for (const name of BOOLEAN_CRITERION_NAMES) {
    const value = given[name];
    if (value !== undefined && (value || booleanCriterion(name).says.false !== undefined)) criteria[name] = value;
  }
  Object.assign(criteria, timesOf(given, now, zone));
  if (criteria.since !== undefined && criteria.until !== undefined && criteria.since >= criteria.until) {
    throw new CriteriaError('since', (named) => `expected a time before ${named('until')}`);
  }
  return criteria;
}

/** @throws {CriteriaError} that names the criterion with which there are too many values */
export function expectFewValues(criteria: Criteria): void {
  let count = 0;
  for (const name of WITH_VALUES) {
    count += criteria[name]?.length ?? 0;
    if (count > MAX_VALUES)
      throw new CriteriaError(name, `expected at most ${MAX_VALUES} values in all criteria together`);
  }
}

function checkedExclusion(text: string): string {
  const { name, value } = splitExclusion(text);
  const criterion = TEXT_CRITERION_NAMES.find((other) => other === name);
  if (!text.includes('=') || criterion === undefined) {
    throw new CriteriaError('exclude', (named) => {
      const nameOf = (criterion: string) => nameInExclusion(criterion, named);
      const names = text.includes('=') ? `; NAME is ${oneOf(TEXT_CRITERION_NAMES.map(nameOf), nameOf(name))}` : '';
      return `expected NAME=VALUE, such as user=jonas.weber${names}`;
    });
  }
  try {
    return `${criterion}=${checkedValues(criterion, [value])[0]}`;
  } catch (error) {
    throw error instanceof CriteriaError ? error.inValueOf('exclude') : error;
  }
}

function timesOf({ since, until, around, within }: GivenCriteria, now: number, zone?: string) {
  if (around === undefined) {
    if (within !== undefined)
      throw new CriteriaError('within', (named) => `expected only together with ${named('around')}`);
    return defined({
      since: since === undefined ? since : timeCriterion('since', since, now, zone),
      until: until === undefined ? until : timeCriterion('until', until, now, zone),
    });
  }
  if (since !== undefined || until !== undefined) {
    throw new CriteriaError('around', (named) => `expected without ${named('since')} and ${named('until')}`);
  }
  const length = readAge(within ?? USUAL_WITHIN);
  if (length === undefined) throw new CriteriaError('within', 'expected a length of time such as 10m');
  const middle = Date.parse(timeCriterion('around', around, now, zone));
  return { since: isoTime(middle - length), until: isoTime(middle + length + 1) };
}

/** Times outside the years 0 to 9999 are written wider and would not sort. */
function isoTime(time: number): string {
  return new Date(
    Math.min(Math.max(time, Date.parse('0000-01-01')), Date.parse('9999-12-31T23:59:59.999Z')),
  ).toISOString();
}

function checkedValues(name: TextCriterion, values: readonly string[]): string[] {
  const { matches, values: allowed } = TEXT_CRITERIA[name];
  const unique = [...new Set(values)];
  if (unique.includes('')) throw new CriteriaError(name, 'expected a text that is not empty');
  if (unique.some((value) => Buffer.byteLength(value) > MAX_VALUE_BYTES)) {
    throw new CriteriaError(name, `expected at most ${MAX_VALUE_BYTES} bytes`);
  }
  const maxPrefix = maxPrefixBytes(TEXT_CRITERIA[name].attribute);
  if (unique.some((value) => isPrefix(name, value) && Buffer.byteLength(value) > maxPrefix + '*'.length)) {
    throw new CriteriaError(name, `expected at most ${maxPrefix} bytes before the final *`);
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
