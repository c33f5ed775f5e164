import type { EventFields, Value } from './fields.ts';
import { detectionMatches, type EventRule, type Rule } from './rule.ts';
import { type Item, itemMatches, type Selection, selectionMatches } from './selection.ts';

/** Why the detection of a rule matches an event, or not. */
export interface Explanation {
  title: string;
  condition: string;
  matches: boolean;
  selections: {
    name: string;
    matches: boolean;
    /** One of them must match; the fields of one must all match. */
    alternatives: { matches: boolean; fields: ExplainedField[] }[];
  }[];
}

interface ExplainedField {
  field: string;
  expected: string;
  /** Undefined: the event has no such field. */
  found: readonly Value[] | undefined;
  matches: boolean;
}

/** Explains a rule; a correlation by the rules that it counts. */
export function explain(rule: Rule, fields: EventFields): Explanation[] {
  return rule.kind === 'event'
    ? [explainDetection(rule, fields)]
    : rule.rules.map((part) => explainDetection(part, fields));
}

function explainDetection({ title, detection }: EventRule, fields: EventFields): Explanation {
  const selections = [...detection.selections.values()].map((selection) => explainSelection(selection, fields));
  return { title, condition: detection.text, matches: detectionMatches(detection, fields), selections };
}

function explainSelection(selection: Selection, fields: EventFields): Explanation['selections'][number] {
  const { name, alternatives } = selection;
  return {
    name,
    matches: selectionMatches(selection, fields),
    alternatives: alternatives.map((items) => ({
      matches: items.every((item) => itemMatches(item, fields)),
      fields: items.map((item) => explainItem(item, fields)),
    })),
  };
}

function explainItem(item: Item, fields: EventFields): ExplainedField {
  const { field, test, valuesIn } = item;
  // All texts of an event would be the event.
  const found = field === '(keyword)' ? [] : valuesIn(fields);
  return { field, expected: test.expected, found, matches: itemMatches(item, fields) };
}
