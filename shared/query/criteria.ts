import { isIP } from 'node:net';
import { canonicalAddress } from '../audit-event/ip-address.ts';
import { TrailError } from '../errors.ts';
import { canonicalRange } from './address-range.ts';
import { oneOf } from './near-names.ts';
import { readTime, TIME_EXPECTATION } from './time.ts';

/** What is known of a criterion that takes texts. */
interface TextCriterionFacts {
  /** The attribute of an event that it is about. */
  attribute: string;
  /** What people are told of it. */
  says: string;
  /** All values that an event can have, where CloudTrail says so. */
  values?: readonly string[];
}

/**
 * The criteria that take texts. The flags of the program, the parameters of the HTTP API and its description are made from
 * this one list. Values of CloudTrail:
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html, without those
 * of Insight and aggregated events, which are not kept.
 */
export const TEXT_CRITERIA = {
  environment: { attribute: 'environment', says: 'name of the MWAA environment' },
  eventName: { attribute: 'eventName', says: 'MWAA operation, such as CreateEnvironment' },
  principal: {
    attribute: 'principal',
    says: 'who did it: a user, ROLE/SESSION, a service; a final * makes it a prefix',
  },
  principalType: { attribute: 'principalType', says: 'type of the identity, such as AssumedRole' },
  errorCode: { attribute: 'errorCode', says: 'error code, such as AccessDenied' },
  accessKeyId: { attribute: 'accessKeyId', says: 'access key that signed the request' },
  sourceIp: {
    attribute: 'sourceIp',
    says: 'where the request came from: an address, a CIDR range such as 10.0.0.0/8, or an AWS service',
  },
  account: { attribute: 'accountId', says: 'AWS account' },
  region: { attribute: 'region', says: 'AWS Region' },
  category: {
    attribute: 'eventCategory',
    says: 'Management, Data or NetworkActivity',
    values: ['Management', 'Data', 'NetworkActivity'],
  },
  eventType: {
    attribute: 'eventType',
    says: 'how the call was made, such as AwsApiCall or AwsConsoleAction',
    values: ['AwsApiCall', 'AwsServiceEvent', 'AwsConsoleAction', 'AwsConsoleSignIn', 'AwsVpceEvents'],
  },
  eventSource: { attribute: 'eventSource', says: 'AWS service that recorded the event' },
} as const satisfies Record<string, TextCriterionFacts>;
export type TextCriterion = keyof typeof TEXT_CRITERIA;
export const TEXT_CRITERION_NAMES = Object.keys(TEXT_CRITERIA) as TextCriterion[];

/** What to look for. Different criteria all apply; of several values of one, any. */
export type Criteria = Partial<Record<TextCriterion, readonly string[]>> & {
  /** Only events with an error code. */
  errors?: true;
  readOnly?: boolean;
  /** From this time on; ISO 8601 in UTC with milliseconds. */
  since?: string;
  /** Before this time. */
  until?: string;
};

/** All values that a criterion can have; undefined if any text may be one. */
export function valuesOf(name: TextCriterion): readonly string[] | undefined {
  return (TEXT_CRITERIA[name] as TextCriterionFacts).values;
}

/** Criteria as flags or parameters give them: times are not yet understood. */
export type RawCriteria = Partial<Record<TextCriterion, readonly string[] | undefined>> & {
  errors?: boolean | undefined;
  readOnly?: boolean | undefined;
  since?: string | undefined;
  until?: string | undefined;
};

/** Criteria that cannot be understood: the caller's mistake. */
export class CriteriaError extends TrailError {
  /** The criterion, or parameter, that is wrong. */
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
/** Bytes of one value: the longest partition key. Longer ones are found by their whole, which is stored cut. */
const MAX_VALUE_BYTES = 16 * 1024;

/**
 * @param now the clock that ages such as `7d` count from, in milliseconds since 1970
 * @param zone the time zone of times without an offset, as `readTime` takes it
 * @throws {CriteriaError} that names the criterion and what it expects
 */
export function readCriteria(raw: RawCriteria, now: number, zone?: string): Criteria {
  const criteria: Criteria = {};
  let count = 0;
  for (const name of TEXT_CRITERION_NAMES) {
    const values = raw[name];
    if (values === undefined || values.length === 0) continue;
    criteria[name] = checkedValues(name, values);
    count += criteria[name].length;
    if (count > MAX_VALUES)
      throw new CriteriaError(name, `expected at most ${MAX_VALUES} values in all criteria together`);
  }
  if (raw.errors) criteria.errors = true;
  if (raw.readOnly !== undefined) criteria.readOnly = raw.readOnly;
  for (const name of ['since', 'until'] as const) {
    const value = raw[name];
    if (value !== undefined) criteria[name] = timeCriterion(name, value, now, zone);
  }
  if (criteria.since !== undefined && criteria.until !== undefined && criteria.since >= criteria.until) {
    throw new CriteriaError('since', 'expected a time before until');
  }
  return criteria;
}

/** A principal given with a final `*` stands for all that begin so. */
export function isPrefix(name: TextCriterion, value: string): boolean {
  return name === 'principal' && value.endsWith('*');
}

/** A source that stands for all addresses in it. */
export function isRange(name: TextCriterion, value: string): boolean {
  return name === 'sourceIp' && value.includes('/');
}

function checkedValues(name: TextCriterion, values: readonly string[]): string[] {
  const unique = [...new Set(values)];
  if (unique.includes('')) throw new CriteriaError(name, 'expected a text that is not empty');
  if (unique.some((value) => Buffer.byteLength(value) > MAX_VALUE_BYTES)) {
    throw new CriteriaError(name, `expected at most ${MAX_VALUE_BYTES} bytes`);
  }
  if (name === 'sourceIp') return [...new Set(unique.map(sourceCriterion))];
  const allowed = valuesOf(name);
  const other = allowed && unique.find((value) => !allowed.includes(value));
  if (other !== undefined) throw new CriteriaError(name, `expected ${oneOf(allowed!, other)}`);
  return unique.map((value) => value.toWellFormed());
}

/** What looks like an address must be one; names of services match as they are. */
function sourceCriterion(value: string): string {
  if (isIP(value) !== 0) return canonicalAddress(value);
  const range = canonicalRange(value);
  if (range !== undefined) return range;
  if (!LOOKS_LIKE_ADDRESS.test(value)) return value.toWellFormed();
  throw new CriteriaError(
    'sourceIp',
    'expected an address such as 203.0.113.7 or 2001:db8::1, a CIDR range such as 10.0.0.0/8 or 2001:db8::/32, or the name of an AWS service',
  );
}

/** Only digits and dots, only hexadecimal digits and colons, or a range of something. */
const LOOKS_LIKE_ADDRESS = /^[\d.]+$|^[\da-f.]*:[\da-f:.]*$|\//i;

/**
 * Reads a time of a question, as `readTime` does.
 * @throws {CriteriaError} that names the parameter
 */
export function timeCriterion(name: string, value: string, now: number, zone?: string): string {
  // Of an hour that clocks show twice, neither half is left out of a range.
  const time = readTime(value, now, zone, name === 'until' ? 'last' : 'first');
  if (time === undefined) throw new CriteriaError(name, TIME_EXPECTATION);
  return time;
}
