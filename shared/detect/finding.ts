import { phraseOf } from '../audit-event/actions.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import { wantedIn } from './condition.ts';
import type { DetectableEvent, EventFields, Value } from './fields.ts';
import type { CorrelationRule, EventRule, Level, Rule, RuleName } from './rule.ts';
import { type Item, itemMatches } from './selection.ts';
import type { Occurrence } from './state.ts';

/** What a rule found: one event, or a burst. */
export interface Finding {
  rule: RuleName;
  /** When it began: that of the event with which the rule matched. As CloudTrail wrote it. */
  time: string;
  environment?: string;
  accountId?: string;
  user?: string;
  /** The events, the first ones if there are many. */
  eventIds: string[];
  reason: string;
}

export const nameOfRule = ({ id, title, level }: Rule): RuleName => ({ id, title, level });

export function findingOf(rule: Rule, event: DetectableEvent, reason: string): Finding {
  const { environment, accountId, user, eventId, eventTime, timeKey } = event;
  return {
    rule: nameOfRule(rule),
    time: eventTime ?? timeOf(timeKey),
    ...defined({ environment, accountId, user }),
    eventIds: [eventId],
    reason,
  };
}

export type { Level };

const MAX_DETAILS = 4;
const MAX_VALUE = 80;

/** Why an event matches: what was done, and the fields that the rule looked at. */
export function reasonOf({ detection, firstSeen }: EventRule, fields: EventFields): string {
  const { event } = fields;
  const items = wantedIn(detection.condition).flatMap((name) => {
    const { alternatives } = detection.selections.get(name)!;
    return alternatives.find((some) => some.every((item) => itemMatches(item, fields))) ?? [];
  });
  const details = [
    ...new Set(items.filter(({ field }) => !OBVIOUS.has(field)).flatMap((item) => detailOf(item, fields))),
  ];
  const omitted =
    event.record === undefined ? ['the record was too big to be stored: only its attributes were looked at'] : [];
  const news =
    firstSeen === undefined ? [] : [`first in ${days(firstSeen.historyMs)}: ${firstValues(firstSeen.fields, fields)}`];
  return [whatWasDone(event), ...details.slice(0, MAX_DETAILS), ...news, ...omitted].join('; ');
}

/** What the action says already. */
const OBVIOUS = new Set([
  'eventSource',
  'eventName',
  'eventType',
  'requestParameters.Method',
  'requestParameters.Path',
  'mwaa.action',
]);

function whatWasDone({ action, target, outcome }: DetectableEvent): string {
  const what = target === undefined ? phraseOf(action) : `${phraseOf(action)}: ${target}`;
  return outcome === 'ok' ? what : `${what} (${outcome})`;
}

function detailOf({ field, valuesIn }: Item, fields: EventFields): string[] {
  const values = field === '(keyword)' ? undefined : valuesIn(fields);
  return values === undefined || values.length === 0 ? [] : [`${shortName(field)} ${shown(values)}`];
}

/** `MaxWorkers` of `requestParameters.MaxWorkers` */
const shortName = (field: string) => field.replace(/^(?:requestParameters|mwaa)\./, '');

function shown(values: readonly Value[]): string {
  const text = values.map((value) => `${value}`).join(', ');
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1).toWellFormed()}…` : text;
}

const days = (ms: number) => {
  const [count, unit] = UNITS.find(([length]) => ms % length === 0) ?? [1_000, 's'];
  return `${ms / count}${unit}`;
};
const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

type NamedPath = { name: string; path: readonly string[] };

function firstValues(named: readonly NamedPath[], fields: EventFields): string {
  return named.map(({ name, path }) => `${shortName(name)} ${shown(fields.valuesAt(path) ?? ['(none)'])}`).join(', ');
}

/** Why a group of events meets a correlation. @param values of the fields that make the group */
export function correlationReason(
  rule: CorrelationRule,
  values: readonly string[],
  window: readonly Occurrence[],
): string {
  const { counted, timespanMs, expected, groupBy } = rule;
  const group = groupBy.map(({ name }, i) => `${shortName(name)} ${values[i] || '(none)'}`).join(', ');
  const distinct = [...new Set(window.map(({ value }) => value))].filter((value) => value !== '');
  const [first, last] = [window[0]?.time ?? 0, window.at(-1)?.time ?? 0];
  const within = `within ${days(timespanMs)} (it took ${Math.round((last - first) / 1_000)}s)`;
  const count =
    counted === 'events'
      ? `${window.length} events ${within}`
      : `${distinct.length} values of ${counted.map(({ name }) => shortName(name)).join(' and ')} ${within}: ${shown(distinct)}`;
  return `${count}; expected ${expected}${group === '' ? '' : `; ${group}`}`;
}
