import type { Condition } from './condition.ts';
import type { Lists } from './lists.ts';
import { checkLogSource, type Entry, isNamed, type RuleDocument, readSelections } from './read-rule.ts';
import type { EventRule } from './rule.ts';

/**
 * Applies a Sigma filter: the rules that it names match only where its condition holds, too.
 * https://sigmahq.io/sigma-specification/specification/sigma-filters-specification.html
 * @throws {RuleError}
 */
export function applyFilter(document: RuleDocument, lists: Lists, events: readonly Entry<EventRule>[]): void {
  const { tree, reader } = document;
  checkLogSource(document);
  const map = reader.map(reader.required(tree, 'filter', 'a filter'), 'filter');
  const given = reader.required(map, 'rules', 'filter');
  const { selections, condition, text } = readSelections(map, document, lists, ['rules']);
  // Without it, tools differ in what they leave out.
  if (condition.kind !== 'not')
    throw reader.problem(reader.required(map, 'condition', 'filter'), 'condition: expected not, and what to leave out');
  const isAny = given.kind === 'scalar' && given.source === 'any';
  const names = isAny ? [] : reader.texts(given, 'rules');
  const unknown = names.find((name) => !events.some(({ rule }) => isNamed(rule, name)));
  if (unknown !== undefined) throw reader.problem(given, `rules: there is no rule ${unknown} about single events`);
  for (const { rule } of events) {
    if (!isAny && !names.some((name) => isNamed(rule, name))) continue;
    const { detection } = rule;
    // Search identifiers of both may have the same name.
    const inFilter = (name: string) => `${document.path}#${document.index} ${name}`;
    rule.detection = {
      selections: new Map([
        ...detection.selections,
        ...[...selections].map(
          ([name, selection]) => [inFilter(name), { ...selection, name: inFilter(name) }] as const,
        ),
      ]),
      condition: { kind: 'and', parts: [detection.condition, renamed(condition, inFilter)] },
      text: `(${detection.text}) and (${text}, of ${document.path})`,
    };
  }
}

function renamed(condition: Condition, nameOf: (name: string) => string): Condition {
  if (condition.kind === 'selection') return { ...condition, name: nameOf(condition.name) };
  if (condition.kind === 'not') return { ...condition, part: renamed(condition.part, nameOf) };
  return { ...condition, parts: condition.parts.map((part) => renamed(part, nameOf)) };
}
