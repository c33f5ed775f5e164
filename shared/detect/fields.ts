import { isIP, isIPv4 } from 'node:net';
import { type AttributeName, attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import type { EventAttributes } from '../audit-event/audit-event.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { canonicalAddress } from '../audit-event/ip-address.ts';
import type { JsonRecord } from '../audit-event/record-fields.ts';
import { tagKeys } from '../audit-event/request-parameters.ts';
import { defined } from '../defined.ts';

/** An event to evaluate: what follows from its record, which is absent if it was too big to be stored. */
export type DetectableEvent = Omit<EventAttributes, 'record'> & { record?: string };

/** A value in a record that is no object and no list. */
export type Value = string | number | boolean | null;

/** The fields of an event, as rules name them. */
export class EventFields {
  readonly event: DetectableEvent;
  private readonly record: JsonRecord;

  constructor(event: DetectableEvent) {
    this.event = event;
    this.record = event.record === undefined ? recordOfAttributes(event) : (JSON.parse(event.record) as JsonRecord);
  }

  /** All values at a path; those of lists are theirs. Undefined: there is no such field. */
  valuesAt(path: FieldPath): readonly Value[] | undefined {
    if (path[0] === OURS) return this.ours(path[1] ?? '');
    const found: unknown[] = [];
    collect(this.record, path, 0, found);
    if (found.length === 0) return undefined;
    const [only] = found;
    return found.length === 1 && (typeof only !== 'object' || only === null) ? [only as Value] : found.flatMap(leaves);
  }

  private ours(name: string): readonly Value[] | undefined {
    const derived = DERIVED[name];
    const value = derived ? derived(this.event, this.record) : attributeOf(this.event, name as AttributeName);
    if (value === undefined) return undefined;
    return typeof value === 'object' && value !== null ? value : [value];
  }

  /** The names of all members, and all values that are texts. */
  texts(): string[] {
    const texts: string[] = [];
    collectTexts(this.record, texts);
    for (const name of OUR_FIELDS) texts.push(...(this.valuesAt(readPath(name)) ?? []).map((value) => `${value}`));
    return texts;
  }
}

/** The segments of a field's name. */
export type FieldPath = readonly string[];

export const readPath = (name: string): FieldPath => name.split('.');

/** Members whose own names have dots are found, too. */
function collect(value: unknown, path: FieldPath, from: number, found: unknown[]): void {
  if (from === path.length) {
    found.push(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) collect(element, path, from, found);
    return;
  }
  let name = '';
  for (let to = from; to < path.length; to += 1) {
    name = to === from ? path[to]! : `${name}.${path[to]}`;
    if (Object.hasOwn(value, name)) collect((value as JsonRecord)[name], path, to + 1, found);
  }
}

function leaves(value: unknown): Value[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return typeof value === 'object' && value !== null ? [] : [value as Value];
}

function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) texts.push(name);
      collectTexts(member, texts);
    }
  } else if (value !== null) texts.push(`${value}`);
}

/** Fields that are no part of CloudTrail's record have names below this one. */
const OURS = 'mwaa';

/** Attributes of the event that rules can name as `mwaa.NAME`. */
export const ATTRIBUTE_FIELDS = attributesWhere(
  ({ shown, origin, type }) => (shown === 'list' || shown === 'event') && !origin && type !== 'record',
).filter((name) => !['redacted', 'contentHash', 'timeKey'].includes(name));

/** The other fields below `mwaa`, and what they say. */
export const DERIVED_FIELDS = {
  hour: 'hour of the event in UTC, 0 to 23',
  weekday: 'day of the week of the event in UTC: 1 is Monday, 7 is Sunday',
  network: 'network of the source address: the first 16 bits of IPv4, 48 of IPv6; absent for AWS services',
  tagKeys: 'keys of the tags that were set or removed',
  recordOmitted: 'true if the record was too big to be stored; then only the attributes are known',
} as const;

/** The names of all fields below `mwaa`. */
export const OUR_FIELDS: readonly string[] = [...ATTRIBUTE_FIELDS, ...Object.keys(DERIVED_FIELDS)].map(
  (name) => `${OURS}.${name}`,
);

/** Whether a field's name is one of ours, or claims to be. */
export const isOurs = (field: string) => field === OURS || field.startsWith(`${OURS}.`);

type Derive = (event: DetectableEvent, record: JsonRecord) => Value | readonly Value[] | undefined;

const DERIVED: Readonly<Record<string, Derive>> = {
  hour: (event) => dateOf(event)?.getUTCHours(),
  // JavaScript's 0 is Sunday.
  weekday: (event) => {
    const day = dateOf(event)?.getUTCDay();
    return day === 0 ? 7 : day;
  },
  network: ({ sourceIp }) => networkOf(sourceIp),
  tagKeys: (_, record) => present(tagKeys(record)),
  recordOmitted: ({ record }) => (record === undefined ? true : undefined),
} satisfies Readonly<Record<keyof typeof DERIVED_FIELDS, Derive>>;

const present = (values: readonly string[]) => (values.length === 0 ? undefined : values);

/** As `timeIn`. */
export function dateOf(event: Pick<DetectableEvent, 'timeKey' | 'flags'>): Date | undefined {
  const time = timeIn(event);
  return time === undefined ? undefined : new Date(time);
}

/** When an event happened, in milliseconds since 1970; undefined if its record does not say. */
export function timeIn({ timeKey, flags }: Pick<DetectableEvent, 'timeKey' | 'flags'>): number | undefined {
  const time = flags.includes('invalid-event-time') ? Number.NaN : Date.parse(timeOf(timeKey));
  return Number.isNaN(time) ? undefined : time;
}

/** `198.51.0.0/16`, `2001:db8:4a1c::/48` */
function networkOf(source: string | undefined): string | undefined {
  const address = canonicalAddress(source ?? '').replace(/%.*$/s, '');
  if (isIP(address) === 0) return undefined;
  if (isIPv4(address)) return `${address.split('.').slice(0, 2).join('.')}.0.0/16`;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const left = address.includes('::') ? 8 - groups.length - (tail === '' ? 0 : tail.split(':').length) : 0;
  const all = [...groups, ...Array<string>(left).fill('0'), ...(tail === '' ? [] : tail.split(':'))];
  return `${canonicalAddress(`${all.slice(0, 3).join(':')}::`)}/48`;
}

/** What is known of a record that is not stored: the names of its parameters, not their values. */
function recordOfAttributes(event: DetectableEvent): JsonRecord {
  const { parameters, environment, mfa } = event;
  const identity = defined({ type: event.principalType, arn: event.principalArn, accessKeyId: event.accessKeyId });
  const mfaAuthenticated = mfa === undefined ? undefined : `${mfa}`;
  const session = defined({
    sessionIssuer: event.role === undefined ? undefined : { type: 'Role', userName: event.role },
    attributes: mfaAuthenticated === undefined ? undefined : { mfaAuthenticated },
  });
  const userName = event.principalType === 'IAMUser' ? event.user : undefined;
  return defined({
    eventID: event.eventId,
    eventTime: event.eventTime,
    eventName: event.eventName,
    eventSource: event.eventSource,
    eventType: event.eventType,
    eventCategory: event.eventCategory,
    awsRegion: event.region,
    sourceIPAddress: event.sourceIp,
    userAgent: event.userAgent,
    errorCode: event.errorCode,
    errorMessage: event.errorMessage,
    readOnly: event.readOnly,
    recipientAccountId: event.accountId,
    requestID: event.requestId,
    sharedEventID: event.sharedEventId,
    userIdentity: { ...identity, ...defined({ userName }), sessionContext: session },
    requestParameters: {
      ...Object.fromEntries(parameters.map((name) => [name, UNKNOWN])),
      ...defined({ Name: environment }),
    },
    responseElements: defined({ RestApiStatusCode: event.statusCode }),
  });
}

/** As masked values are written. */
const UNKNOWN = '***';
