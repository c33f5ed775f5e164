import { type AttributeName, attributeOf, attributesWhere, type EVENT_ATTRIBUTES } from '../audit-event/attributes.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { indentedJson } from '../audit-event/json-text.ts';
import { nameOf } from '../query/user-aliases.ts';
import type { EventVersion, StoredEvent } from '../store/event-item.ts';
import type { EventVerification } from '../store/ledger.ts';
import { displayText } from './display.ts';
import { styled } from './table.ts';
import { relativeTime, timeDisplay } from './times.ts';
import type { Style, View } from './view.ts';

/** An event, and whether its log file is verified, if that is known. */
type ShownEvent = StoredEvent & Partial<EventVerification>;

/** One event for people: its attributes in a few lines, then its record. */
export function eventText(event: ShownEvent, view: View): string {
  const title = titleOf(event);
  const style: Style = event.errorCode === undefined ? 'bold' : ['bold', 'red'];
  const facts = Object.entries(FACTS).flatMap(([label, factsOf]) =>
    factsOf(event, view, label)
      .filter((fact) => fact !== undefined && fact !== '')
      .map((fact = '', i) => `${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${displayText(fact)}`),
  );
  return `${[view.colour ? styled(style, title) : title, ...facts, '', ...recordLines(event)].join('\n')}\n`;
}

const LABEL_WIDTH = 13;

type Rows = typeof EVENT_ATTRIBUTES;
type Label = { [N in AttributeName]: Rows[N] extends { label: infer L extends string } ? L : never }[AttributeName];

/** The lines under a label; empty and undefined ones are left out. */
type Facts = (event: ShownEvent, view: View, label: string) => (string | undefined)[];

/** The attributes of a label, one a line. */
const plain: Facts = (event, _view, wanted) =>
  attributesWhere(({ label }) => label === wanted).map((name) => {
    const value = attributeOf(event, name);
    return typeof value === 'object' ? value.join(', ') : value?.toString();
  });

/** The labels of `EVENT_ATTRIBUTES`, in the order of lines. */
const FACTS: Readonly<Record<Label, Facts>> = {
  message: plain,
  'event ID': ({ eventId, supersedes }) => [eventId, supersedes && `amends ${supersedes}`],
  when: whenOf,
  who: ({ user, principal, principalType, principalArn, accessKeyId }, { aliases }) => [
    personOf(user, principal, aliases),
    joined(principal, principalType),
    principalArn,
    accessKeyId && `access key ${accessKeyId}`,
  ],
  from: plain,
  environment: plain,
  account: ({ accountId, region }) => [joined(accountId, region)],
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

/** Who is behind the principal, unless it says so itself. */
function personOf(user: string | undefined, principal: string | undefined, aliases: View['aliases']) {
  const person = user === undefined ? undefined : nameOf(aliases, user);
  return person === principal ? undefined : person;
}

/** Where a version of an event was read. */
function sourceOf(version: EventVersion): string {
  if (version.provisional) return 'no log file: the event is provisional, until a log file brings it';
  return `s3://${version.logFile} Records[${version.recordIndex}]`;
}

function titleOf({ eventName = 'Unnamed event', environment, errorCode = 'ok' }: StoredEvent): string {
  return `${displayText(eventName)}${environment === undefined ? '' : ` on ${displayText(environment)}`}: ${displayText(errorCode)}`;
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

function whenOf({ eventTime, timeKey }: StoredEvent, { times }: View): string[] {
  if (eventTime === undefined) return ['the record does not say'];
  const time = Date.parse(timeOf(timeKey));
  if (Number.isNaN(time)) return [`${displayText(eventTime)} (not a valid time)`];
  return [`${timeDisplay(times).full(eventTime)}, ${relativeTime(time, times.now)}`];
}

function joined(...parts: (string | undefined)[]): string {
  return parts.flatMap((part) => (part ? [displayText(part)] : [])).join(', ');
}

function recordLines({ previousVersions = [], ...newest }: StoredEvent): string[] {
  return [
    ...recordOf(newest),
    ...previousVersions.flatMap((version) => [
      '',
      `The record before it was amended: ${displayText(sourceOf(version))}`,
      ...recordOf(version),
    ]),
  ];
}

function recordOf(version: EventVersion): string[] {
  return version.record === undefined ? [displayText(recordOmitted(version))] : jsonLines(version.record);
}

/** Says why an event has no record, and where to find it. */
export function recordOmitted(version: EventVersion): string {
  if (version.provisional) return 'The record was too big to be stored, and no log file has brought the event yet.';
  return `The record was too big to be stored: it is Records[${version.recordIndex}] of s3://${version.logFile}`;
}

/** The escapes of `displayText` are those of JSON, so the JSON value stays the same. */
function jsonLines(record: string): string[] {
  return indentedJson(record).split('\n').map(displayText);
}
