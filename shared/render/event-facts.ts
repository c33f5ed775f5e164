import { type AttributeName, attributeOf, attributesWhere, type EVENT_ATTRIBUTES } from '../audit-event/attributes.ts';
import { timeOf } from '../audit-event/event-time.ts';
import type { EventVersion, StoredEvent } from '../store/event-item.ts';
import type { EventVerification } from '../store/ledger-entry.ts';
import { displayText } from './display.ts';
import { resultOf, whatOf, whoOf } from './event-words.ts';
import { relativeTime, timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** An event, and whether its log file is verified, if that is known. */
export type ShownEvent = StoredEvent & Partial<EventVerification>;

/** In which words an event is told. */
export type FactView = Pick<View, 'times' | 'aliases'>;

/** What an event is, in lines of words under each label; the lines are safe to show. */
export function factsOf(event: ShownEvent, view: FactView): { label: FactLabel; lines: string[] }[] {
  return Object.entries(FACTS).flatMap(([label, linesOf]) => {
    const lines = linesOf(event, view, label)
      .filter((line) => line !== undefined && line !== '')
      .map((line = '') => displayText(line));
    return lines.length === 0 ? [] : [{ label: label as FactLabel, lines }];
  });
}

type Rows = typeof EVENT_ATTRIBUTES;
/** The labels of `EVENT_ATTRIBUTES`. */
export type FactLabel = {
  [N in AttributeName]: Rows[N] extends { label: infer L extends string } ? L : never;
}[AttributeName];

/** The lines under a label; empty and undefined ones are left out. */
type Facts = (event: ShownEvent, view: FactView, label: string) => (string | undefined)[];

/** The attributes of a label, one a line. */
const plain: Facts = (event, _view, wanted) =>
  attributesWhere(({ label }) => label === wanted).map((name) => {
    const value = attributeOf(event, name);
    return typeof value === 'object' ? value.join(', ') : value?.toString();
  });

/** The labels of `EVENT_ATTRIBUTES`, in the order of lines. */
const FACTS: Readonly<Record<FactLabel, Facts>> = {
  outcome: outcomeLines,
  what: ({ action, access, eventName }) => [joined(action, access, eventName === action ? undefined : eventName)],
  target: plain,
  // An update was done to its parameters.
  parameters: ({ parameters, target }) => [parameters.join(', ')].filter((names) => names !== target),
  environment: plain,
  who: whoLines,
  from: plain,
  when: whenOf,
  account: ({ accountId, region }) => [joined(accountId, region)],
  'event ID': ({ eventId, supersedes }) => [eventId, supersedes && `amends ${supersedes}`],
  kind: ({ eventCategory, eventType, readOnly }) => [
    joined(eventCategory, eventType, readOnly === undefined ? undefined : readOnly ? 'read-only' : 'not read-only'),
  ],
  request: plain,
  masked: plain,
  flags: plain,
  'read from': (event) => [sourceOf(event)],
  verified: verificationOf,
  stored: ({ ingestedAt }, { times }) => [timeDisplay(times).full(ingestedAt)],
};

/** The outcome with its reason, then what CloudTrail says of it. */
function outcomeLines(event: ShownEvent): (string | undefined)[] {
  const { errorCode, errorMessage } = event;
  const result = resultOf(event);
  const said = [errorCode, errorMessage].filter((part) => part !== undefined).join(': ');
  return [result, result.endsWith(said) ? undefined : said];
}

/** The person or machine, then the role that was used, then how the request was signed. */
function whoLines(event: ShownEvent, view: FactView): (string | undefined)[] {
  const { user, role, username, principal, principalType, principalArn, accessKeyId, mfa } = event;
  const session = role === undefined ? undefined : username;
  const who = whoOf(event, view);
  const known = [who, session === undefined ? undefined : `${role}/${session}`];
  const issued = mfa === undefined ? undefined : `issued ${mfa ? 'with' : 'without'} MFA`;
  return [
    who,
    joined(role && `role ${role}`, session && `session ${session}`),
    username === undefined || username === user || session !== undefined ? undefined : `Username ${username}`,
    user === undefined || known.includes(principal) ? undefined : principal && `principal ${principal}`,
    joined(principalType, principalArn),
    joined(accessKeyId ? `access key ${accessKeyId}` : issued && 'credentials', issued),
  ];
}

/** Where a version of an event was read. */
export function sourceOf(version: EventVersion): string {
  if (version.provisional) return 'not yet in a log file: the event is provisional until a log file brings it';
  return `s3://${version.logFile} Records[${version.recordIndex}]`;
}

/** `Connection deleted: orders_warehouse, on prod-etl: ok` */
export function titleOf(event: StoredEvent): string {
  const { environment, outcome } = event;
  const what = displayText(whatOf(event));
  const where = environment === undefined ? '' : `, on ${displayText(environment)}`;
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${where}: ${outcome}`;
}

/** Says why an event has no record, and where to find it. */
export function recordOmitted(version: EventVersion): string {
  if (version.provisional) return 'The record was too big to be stored, and no log file has brought the event yet.';
  return `The record was too big to be stored: it is Records[${version.recordIndex}] of s3://${version.logFile}`;
}

function verificationOf({ verification, verifiedBy, logFile = '' }: ShownEvent): (string | undefined)[] {
  if (verification === undefined) return [];
  const bucket = logFile.slice(0, logFile.indexOf('/'));
  const digest = verifiedBy && `digest s3://${bucket}/${verifiedBy}`;
  return [VERIFICATIONS[verification], digest];
}

const VERIFICATIONS: Readonly<Record<EventVerification['verification'], string>> = {
  verified: 'yes, CloudTrail signed the log file as it was ingested',
  failed: 'NO: what was ingested under the name of the log file is not, or not all, what CloudTrail signed',
  pending: 'not yet, no digest was checked',
  'no-log-file': 'no, nothing proves a provisional event',
};

function whenOf({ eventTime, timeKey }: StoredEvent, { times }: FactView): string[] {
  if (eventTime === undefined) return ['the record does not say'];
  const time = Date.parse(timeOf(timeKey));
  if (Number.isNaN(time)) return [`${displayText(eventTime)} (not a valid time)`];
  return [`${timeDisplay(times).full(eventTime)}, ${relativeTime(time, times.now)}`];
}

function joined(...parts: (string | undefined)[]): string {
  return parts.flatMap((part) => (part ? [displayText(part)] : [])).join(', ');
}
