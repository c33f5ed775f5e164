import { isPrefix, type TextCriterion } from '../query/criteria-table.ts';
import type { LikelyCause, NearName, UnknownValue } from '../query/likely-causes.ts';
import type { OtherIdentity } from '../query/other-identities.ts';
import { displayText } from './display.ts';
import type { TimeDisplay } from './times.ts';

/** What readers know things by: the flags and commands of the program, or the words of a page. */
export interface Wording {
  /** How they give a criterion: `--user`. */
  criterion(name: TextCriterion): string;
  /** A sentence that says where all values of a criterion are listed; undefined if nothing lists them. */
  listing(name: TextCriterion): string | undefined;
  /** What to do about a store without events, with a small first letter and without a period. */
  emptyStore: string;
}

/** Says in a sentence or more why nothing may have matched. */
export function likelyCauseText(cause: LikelyCause, wording: Wording, times: Pick<TimeDisplay, 'full'>): string {
  switch (cause.kind) {
    case 'empty-store':
      return `The store holds no events yet: ${wording.emptyStore}.`;
    case 'unknown-value':
      return unknownValue(cause, wording);
    case 'other-identity':
      return otherIdentity(cause, wording);
    case 'outside-times':
      return `Matching events exist outside this range: ${otherTimes(cause, times)}.`;
    case 'delivery-delay':
      return 'CloudTrail delivers events about 5 minutes after they happen, sometimes later: ask again.';
    case 'data-events':
      return (
        "Logins to Airflow, CLI tokens and calls of Airflow's REST API (CreateWebLoginToken, CreateCliToken, InvokeRestApi) are " +
        'data events: a trail records them only where they are switched on (resource type AWS::MWAA::Environment).'
      );
    case 'no-combination':
      return 'No event matches all of these filters together. Leave some out to see what there is.';
  }
}

/** `a`, `a or b`, `a, b or c`; or with `and`. To make the first format takes 14 ms, so none is made before it is used. */
const listed = (texts: readonly string[], type: 'disjunction' | 'conjunction') =>
  new Intl.ListFormat('en-GB', { type }).format(texts);

function unknownValue({ criterion, value, nearest, elsewhere }: UnknownValue, wording: Wording): string {
  const names = nearest.map(nearName);
  const others = elsewhere.map((other) => `${wording.criterion(other)} ${quoted(value)}`);
  const advice = [
    ...(names.length === 0 ? [] : [`Did you mean ${listed(names, 'disjunction')}?`]),
    ...(others.length === 0 ? [] : [`Try ${listed(others, 'disjunction')}.`]),
    ...starAdvice(criterion, value, wording),
  ];
  const listing = advice.length === 0 ? wording.listing(criterion) : undefined;
  const found = FINDINGS[criterion] ?? `was found with ${wording.criterion(criterion)}`;
  return [`No event ${found} ${quoted(value)}.`, ...advice, ...(listing === undefined ? [] : [listing])].join(' ');
}

/** What a final `*` means where it makes no prefix. */
function starAdvice(criterion: TextCriterion, value: string, wording: Wording): string[] {
  if (!value.endsWith('*') || isPrefix(criterion, value)) return [];
  const range = criterion === 'sourceIp' ? ', or a range such as 192.0.2.0/24' : '';
  return [`${wording.criterion(criterion)} takes a whole value${range}: here a final * is part of it.`];
}

const FINDINGS: Partial<Record<TextCriterion, string>> = {
  environment: 'names the environment',
  user: 'has the user',
};

const IDENTITY_WORDS: Readonly<Record<OtherIdentity['criterion'], string>> = {
  role: 'role',
  session: 'session',
  principal: 'principal',
  accessKeyId: 'access key',
};
const MAX_USERS = 3;

/** `The role Admin (--role) belongs to ana and ben.` */
function otherIdentity({ criterion, value, users }: OtherIdentity, wording: Wording): string {
  const named = users.slice(0, MAX_USERS).map(quoted);
  const more = users.length - named.length;
  const whose = listed([...named, ...(more > 0 ? [`${more} more`] : [])], 'conjunction');
  return `The ${IDENTITY_WORDS[criterion]} ${quoted(value)} (${wording.criterion(criterion)}) belongs to ${whose}.`;
}

/** `InvokeRestApi (12 events)` */
function nearName({ value, events, more, inQuestion }: NearName): string {
  const count = `${events.toLocaleString('en-US')}${more ? ' or more' : ''} ${events === 1 && !more ? 'event' : 'events'}`;
  return `${quoted(value)} (${count}${inQuestion || events === 0 ? '' : ', none of which matches the other filters'})`;
}

/** Quotes a value unless it is plainly one word. */
function quoted(text: string): string {
  return /^[\w@%+=:./*-]+$/.test(text) ? text : displayText(JSON.stringify(text));
}

function otherTimes({ before, after }: { before?: string; after?: string }, times: Pick<TimeDisplay, 'full'>): string {
  const sides = [
    before && `the last before at ${times.full(before)}`,
    after && `the first after at ${times.full(after)}`,
  ];
  return sides.filter(Boolean).join(', ');
}
