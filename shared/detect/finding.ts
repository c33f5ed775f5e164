import { phraseOf } from '../audit-event/actions.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { shortened } from '../audit-event/shortened.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { wantedIn } from './condition.ts';
import type { DetectableEvent, EventFields, Value } from './fields.ts';
import type { CorrelationRule, EventRule, FirstSeen, Rule, RuleName } from './rule.ts';
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

const nameOfRule = ({ id, title, level }: Rule): RuleName => ({ id, title, level });

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

const MAX_DETAILS = 4;
const MAX_VALUE = 60;

/** Why an event matches: what was done, and the fields that the rule looked at. */
export function reasonOf({ detection, firstSeen }: EventRule, fields: EventFields): string {
  const { event } = fields;
  const items = wantedIn(detection.condition).flatMap((name) => {
    const { alternatives } = detection.selections.get(name)!;
    return alternatives.find((some) => some.every((item) => itemMatches(item, fields))) ?? [];
  });
  const said = new Set([...OBVIOUS, ...(firstSeen?.fields ?? []).map(({ name }) => name)]);
  const telling = items.filter(({ field }) => !said.has(field));
  const details = [...new Set(telling.flatMap((item) => detailOf(item, fields)))].slice(0, MAX_DETAILS);
  const news = firstSeen === undefined ? [] : [newsOf(firstSeen, fields)];
  const omitted = event.record === undefined ? [RECORD_OMITTED] : [];
  return [whatWasDone(event, details.length > 0), ...details, ...news, ...omitted].join('; ');
}

const RECORD_OMITTED = 'the record was too big to be stored, so only its attributes were looked at';

/** Fields that other parts of the reason tell. */
const OBVIOUS = new Set([
  ...['eventSource', 'eventName', 'eventType', 'mwaa.action', 'mwaa.tagKeys'],
  ...['requestParameters.Name', 'requestParameters.Method', 'requestParameters.Path'],
]);

/** The target of an update is the names of its parameters, which the details have. */
function whatWasDone({ action, target, outcome }: DetectableEvent, hasDetails: boolean): string {
  const isKnown = target === undefined || (hasDetails && action === 'environment.update');
  const what = isKnown ? phraseOf(action) : `${phraseOf(action)}: ${target}`;
  return outcome === 'ok' ? what : `${outcome} attempt: ${what}`;
}

function detailOf({ field, valuesIn }: Item, fields: EventFields): string[] {
  const values = field === '(keyword)' ? undefined : valuesIn(fields);
  return values === undefined || values.length === 0 ? [] : [`${shortName(field)} = ${shown(values)}`];
}

/** `MaxWorkers` of `requestParameters.MaxWorkers`, and the last two parts of other long names */
const shortName = (field: string) =>
  field
    .replace(/^(?:requestParameters|userIdentity|mwaa)\./, '')
    .split('.')
    .slice(-2)
    .join('.');

function shown(values: readonly Value[]): string {
  return shortened(values.map((value) => `${value}`).join(', '), MAX_VALUE);
}

/** The account and the Region stand elsewhere. */
const ELSEWHERE = new Set(['mwaa.accountId', 'mwaa.region']);

function newsOf({ fields: named, historyMs }: FirstSeen, fields: EventFields): string {
  const values = named
    .filter(({ name }) => !ELSEWHERE.has(name))
    .map(({ name, path }) => `${shortName(name)} ${shown(fields.valuesAt(path) ?? ['(none)'])}`);
  return `first time in ${lengthOf(historyMs)} of ${values.join(', ')}`;
}

/** `90d`, `1h`: in the largest unit that fits. */
function lengthOf(ms: number): string {
  const [length, unit] = UNITS.find(([of]) => ms % of === 0) ?? [1_000, 's'];
  return `${ms / length}${unit}`;
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'm'],
  [1_000, 's'],
];

/** Why a group of events meets a correlation. @param values of the fields that make the group */
export function correlationReason(
  { title, counted, timespanMs, expected, groupBy, rules }: CorrelationRule,
  values: readonly string[],
  window: readonly Occurrence[],
): string {
  const group = groupBy.map(({ name }, i) => `${shortName(name)} = ${values[i] || '(none)'}`);
  const distinct = [...new Set(window.map(({ value = '' }) => value))].filter((value) => value !== '');
  const [first, last] = [window[0]?.time ?? 0, window.at(-1)?.time ?? 0];
  const took = `in ${lengthOf(Math.max(1_000, Math.round((last - first) / 1_000) * 1_000))}`;
  const what = rules.length === 1 ? rules[0]!.title : title;
  const count =
    counted === 'events'
      ? `${window.length} times ${took}: ${what}`
      : `${distinct.length} values of ${counted.map(({ name }) => shortName(name)).join(' and ')} ${took}: ${shown(distinct)}`;
  return [count, `threshold: ${expected} in ${lengthOf(timespanMs)}`, ...group].join('; ');
}
