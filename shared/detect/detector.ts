import { DAY_MS, isoTime } from '../cloudtrail/times.ts';
import { type DetectableEvent, EventFields, type FieldPath, timeIn } from './fields.ts';
import { correlationReason, reasonOf } from './finding.ts';
import { type CorrelationRule, detectionMatches, type EventRule, operationsOf, type Rule } from './rule.ts';
import type { Beginning, DetectionState, Occurrence } from './state.ts';

/** An event of a finding. */
export type FindingEvent = Pick<Occurrence, 'time' | 'eventId' | 'environment'>;

/** What came of an event that a rule is about. */
export type Verdict = { rule: Rule } & (
  | {
      kind: 'finding';
      /** The event with which the finding began: with the rule it identifies the finding. Another one: this is more of it. */
      began: Beginning;
      /** Of a correlation all that were counted. */
      events: readonly FindingEvent[];
      /** Undefined if the events are of several environments, or of none. */
      environment: string | undefined;
      reason: string;
    }
  | { kind: 'quiet'; why: string }
);

/** For this long after an environment's first event nothing counts as new, because everything is. */
export const LEARNING_MS = 7 * DAY_MS;

/**
 * Evaluates rules over events, one at a time, in the order of time or nearly so. What it must remember is in the state.
 */
export class Detector {
  private readonly state: DetectionState;
  /** The rules that can match an operation, by its name in lower case; those that look at others are in each list. */
  private readonly byOperation = new Map<string, readonly EventRule[]>();
  private readonly ofAnyOperation: readonly EventRule[];
  private readonly correlations: ReadonlyMap<EventRule, readonly CorrelationRule[]>;

  constructor(rules: readonly Rule[], state: DetectionState) {
    this.state = state;
    const active = rules.filter(({ off }) => off === undefined);
    const correlations = active.filter((rule) => rule.kind === 'correlation');
    this.correlations = groupedByPart(correlations);
    const needed = active.filter(
      (rule) => rule.kind === 'event' && (!rule.isPart || this.correlations.has(rule)),
    ) as EventRule[];
    // A correlation may refer to a rule that is off by itself.
    const evaluated = [...new Set([...needed, ...this.correlations.keys()])];
    const operations = evaluated.map((rule) => ({ rule, names: operationsOf(rule.detection) }));
    this.ofAnyOperation = operations.flatMap(({ rule, names }) => (names === undefined ? [rule] : []));
    for (const name of new Set(operations.flatMap(({ names }) => [...(names ?? [])]))) {
      const rulesOf = operations.filter(({ names }) => names === undefined || names.has(name));
      this.byOperation.set(
        name,
        rulesOf.map(({ rule }) => rule),
      );
    }
  }

  /** Returns a verdict for each rule that matches the event. */
  async evaluate(event: DetectableEvent): Promise<Verdict[]> {
    const time = timeIn(event);
    if (time !== undefined) await this.state.noteEvent(scopeOf(event), time);
    const candidates = this.byOperation.get(event.eventName?.toLowerCase() ?? '') ?? this.ofAnyOperation;
    if (candidates.length === 0) return [];
    const fields = new EventFields(event);
    const verdicts: Verdict[] = [];
    for (const rule of candidates) {
      if (!detectionMatches(rule.detection, fields)) continue;
      if (!rule.isPart && rule.off === undefined) verdicts.push(await this.alone(rule, fields, time));
      for (const correlation of this.correlations.get(rule) ?? [])
        verdicts.push(await this.together(correlation, rule, fields, time));
    }
    return verdicts;
  }

  private async alone(rule: EventRule, fields: EventFields, time: number | undefined): Promise<Verdict> {
    const { event } = fields;
    const { eventId, accountId, region, environment, user } = event;
    // Without a usable time, it counts as one of long ago.
    const itself = { time: time ?? 0, eventId };
    const found = (began: Beginning): Verdict => ({
      ...{ rule, kind: 'finding', began, events: [{ ...itself, environment }], environment },
      reason: reasonOf(rule, fields),
    });
    if (rule.firstSeen === undefined) {
      if (time === undefined) return found(itself);
      const key = JSON.stringify([rule.id, accountId, region, environment, user]);
      return found(await this.state.open(key, itself, rule.suppressMs));
    }
    if (time === undefined) return quiet(rule, 'the event has no usable time');
    const { fields: named, historyMs } = rule.firstSeen;
    const key = JSON.stringify([rule.id, ...named.map(({ path }) => valueAt(fields, path))]);
    const began = await this.state.seen(key, { time, eventId }, historyMs, { rule, fields });
    if (began.eventId !== eventId) return quiet(rule, `seen before: since ${isoTime(began.time)}`);
    const first = await this.state.firstEventOf(scopeOf(event));
    if (first !== undefined && time < first + LEARNING_MS)
      return quiet(rule, `within 7 days of the first event of the environment, ${isoTime(first)}`);
    return found(itself);
  }

  private async together(
    correlation: CorrelationRule,
    rule: EventRule,
    fields: EventFields,
    time: number | undefined,
  ): Promise<Verdict> {
    if (time === undefined) return quiet(correlation, 'the event has no usable time');
    const { groupBy, counted, distinct, timespanMs, suppressMs } = correlation;
    const { eventId, environment } = fields.event;
    const at = (field: { pathOf(rule: EventRule): FieldPath }) => valueAt(fields, field.pathOf(rule));
    const group = groupBy.map(at);
    const occurrence: Occurrence = {
      ...{ time, eventId, environment, value: counted === 'events' ? undefined : oneValue(counted.map(at)) },
      distinct: distinct === undefined ? '' : at(distinct.field),
    };
    const key = JSON.stringify([correlation.id, ...group]);
    const around = await this.state.window(key, occurrence, timespanMs);
    const windows = windowsWith(occurrence, around, timespanMs);
    const window = windows.find((one) => whyNot(correlation, one) === undefined);
    if (window === undefined) return quiet(correlation, whyNot(correlation, windows[0]!)!);
    const began = await this.state.open(key, { time, eventId }, Math.max(suppressMs, timespanMs));
    const environments = new Set(window.map((one) => one.environment));
    return {
      ...{ rule: correlation, kind: 'finding', began, events: window },
      environment: environments.size === 1 ? environment : undefined,
      reason: correlationReason(correlation, group, window),
    };
  }
}

/**
 * The windows that an event is in, that which ends with it first. Later events are known where events come out of order.
 * @param around in the order of time
 */
function windowsWith({ time, eventId }: Occurrence, around: readonly Occurrence[], spanMs: number): Occurrence[][] {
  const ends = new Set([time, ...around.flatMap((one) => (one.time > time ? [one.time] : []))]);
  return [...ends].map((end) =>
    around.filter((one) => one.eventId === eventId || (one.time >= end - spanMs && one.time <= end)),
  );
}

/** Why a window does not meet a correlation; undefined if it does. */
function whyNot(
  { counted, isMet, expected, distinct }: CorrelationRule,
  window: readonly Occurrence[],
): string | undefined {
  const count = counted === 'events' ? window.length : distinctCount(window.map(({ value }) => value ?? ''));
  if (!isMet(count)) return `the count is ${count}, expected ${expected}`;
  const kinds = distinctCount(window.map((one) => one.distinct));
  if (distinct === undefined || kinds >= distinct.least) return undefined;
  return `values of ${distinct.field.name}: ${kinds}, expected at least ${distinct.least}`;
}

const quiet = (rule: Rule, why: string): Verdict => ({ rule, kind: 'quiet', why });

type Scope = Pick<DetectableEvent, 'accountId' | 'region' | 'environment'>;

/** An environment; events without one share that of their account and Region. */
export const scopeOf = ({ accountId, region, environment }: Scope) => JSON.stringify([accountId, region, environment]);

/** As one text, empty if there is no value. */
function valueAt(fields: EventFields, path: FieldPath): string {
  return (fields.valuesAt(path) ?? []).filter((value) => value !== null).join(', ');
}

/** The values of several fields as one. An event that lacks one of them has none. */
function oneValue(values: readonly string[]): string {
  if (values.includes('')) return '';
  return values.length === 1 ? values[0]! : JSON.stringify(values);
}

/** How many values there are that are not empty. */
const distinctCount = (values: readonly string[]) => new Set(values.filter((value) => value !== '')).size;

function groupedByPart(correlations: readonly CorrelationRule[]): ReadonlyMap<EventRule, readonly CorrelationRule[]> {
  const byPart = new Map<EventRule, CorrelationRule[]>();
  for (const correlation of correlations) {
    for (const rule of new Set(correlation.rules)) byPart.set(rule, [...(byPart.get(rule) ?? []), correlation]);
  }
  return byPart;
}
