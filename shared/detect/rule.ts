import { type Condition, conditionHolds } from './condition.ts';
import type { EventFields, FieldPath } from './fields.ts';
import type { Level } from './level.ts';
import type { Tree, TreeReader } from './rule-tree.ts';
import { type Selection, selectionMatches } from './selection.ts';

/** What rules and their findings are known by. */
export interface RuleName {
  id: string;
  title: string;
  level: Level;
}

/** What people read of a rule. */
export interface RuleInfo extends RuleName {
  /** What correlations may call it, besides its id. */
  name: string | undefined;
  /** The file that it was read from. */
  path: string;
  status: string;
  description: string;
  tags: readonly string[];
  falsePositives: readonly string[];
  references: readonly string[];
  /** Why it is not evaluated; undefined: it is. */
  off: string | undefined;
  /** Findings about the same within this time, in milliseconds, are one. */
  suppressMs: number;
  /** The tests in its file, as they are written; undefined: it has none. */
  tests: { tree: Tree; reader: TreeReader } | undefined;
}

/** What one event has to be like. */
export interface Detection {
  selections: ReadonlyMap<string, Selection>;
  condition: Condition;
  /** The condition as it is written. */
  text: string;
}

/** What Sigma cannot say: a combination of values that was not there before. */
export interface FirstSeen {
  fields: readonly { name: string; path: FieldPath }[];
  /** How long what was seen before counts, in milliseconds. */
  historyMs: number;
}

/** A rule about single events. */
export interface EventRule extends RuleInfo {
  kind: 'event';
  detection: Detection;
  firstSeen: FirstSeen | undefined;
  /** Only correlations use it: alone it is no finding. */
  isPart: boolean;
}

export type CountTest = (count: number) => boolean;

/** Fields whose values decide about a group or a count; by rule, where an alias has other names. */
export interface GroupField {
  name: string;
  pathOf(rule: EventRule): FieldPath;
}

/** A rule about several events of one group. */
export interface CorrelationRule extends RuleInfo {
  kind: 'correlation';
  rules: readonly EventRule[];
  groupBy: readonly GroupField[];
  timespanMs: number;
  /** Counts events, or the values of these fields. */
  counted: readonly GroupField[] | 'events';
  /** `at least 10` */
  expected: string;
  isMet: CountTest;
  /** The extension `distinct`: a field must have this many values at least. */
  distinct: { field: GroupField; least: number } | undefined;
}

export type Rule = EventRule | CorrelationRule;

export function detectionMatches({ selections, condition }: Detection, fields: EventFields): boolean {
  return conditionHolds(condition, (name) => selectionMatches(selections.get(name)!, fields));
}

/** The names of operations, in lower case, that alone can match; undefined: others can, too. */
export function operationsOf({ selections, condition }: Detection): ReadonlySet<string> | undefined {
  const of = (part: Condition): ReadonlySet<string> | undefined => {
    if (part.kind === 'not') return undefined;
    if (part.kind === 'selection') return operationsIn(selections.get(part.name)!);
    const sets = part.parts.map(of);
    if (part.kind === 'and') return sets.find((set) => set !== undefined);
    return sets.every((set) => set !== undefined) ? new Set(sets.flatMap((set) => [...set])) : undefined;
  };
  return of(condition);
}

function operationsIn({ alternatives }: Selection): ReadonlySet<string> | undefined {
  const sets = alternatives.map((items) => items.find(({ field, test }) => field === 'eventName' && test.literals));
  return sets.every((item) => item !== undefined)
    ? new Set(sets.flatMap(({ test }) => test.literals ?? []))
    : undefined;
}
