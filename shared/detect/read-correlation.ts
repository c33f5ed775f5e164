import { readPath } from './fields.ts';
import type { Lists } from './lists.ts';
import { type Entry, EXTENSION, fieldsOf, isNamed, type RuleDocument, readInfo } from './read-rule.ts';
import type { CorrelationRule, CountTest, EventRule, GroupField } from './rule.ts';
import { memberOf, type Tree, type TreeMap, type TreeReader } from './rule-tree.ts';

const TYPES = ['event_count', 'value_count'] as const;

/** Highest count in a condition: so many events of a group are remembered. */
const MAX_COUNT = 1_000;

/**
 * Reads a correlation, and marks the rules in its own file that are only parts of it.
 * @param events all rules about single events
 * @throws {RuleError}
 */
export function readCorrelation(
  document: RuleDocument,
  lists: Lists,
  events: readonly Entry<EventRule>[],
): CorrelationRule {
  const { tree, reader } = document;
  const { firstSeen: _, ...info } = readInfo(document, lists);
  const map = reader.map(reader.required(tree, 'correlation', 'a rule'), 'correlation');
  reader.only(map, ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'], 'correlation');
  const type = reader.oneOf(reader.required(map, 'type', 'correlation'), TYPES, 'correlation type');
  const entries = referredRules(reader.required(map, 'rules', 'correlation'), document, events);
  const rules = entries.map(({ rule }) => rule);
  const aliases = readAliases(memberOf(map, 'aliases'), rules, reader);
  const fields = (given: Tree, what: string) => fieldsOf(given, reader, what).map((name) => fieldOf(name, aliases));
  const groupBy = memberOf(map, 'group-by');
  const { tests, expected, counted } = readCountCondition(
    reader.required(map, 'condition', 'correlation'),
    type,
    reader,
  );
  if (!standAlone(map, tree, reader)) {
    for (const { document: part, rule } of entries) if (isSameFile(part, document)) rule.isPart = true;
  }
  const extension = memberOf(tree, EXTENSION);
  const distinct = extension?.kind === 'map' ? memberOf(extension, 'distinct') : undefined;
  return {
    kind: 'correlation',
    ...info,
    rules,
    groupBy: groupBy === undefined ? [] : fields(groupBy, 'group-by'),
    timespanMs: reader.timespan(reader.required(map, 'timespan', 'correlation'), 'timespan'),
    counted: counted === undefined ? 'events' : fields(counted, 'field'),
    expected,
    isMet: (count) => tests.every((test) => test(count)),
    distinct: distinct && readDistinct(reader.map(distinct, 'distinct'), aliases, reader),
  };
}

/** By id or name; those of the own file first. */
function referredRules(tree: Tree, document: RuleDocument, events: readonly Entry<EventRule>[]): Entry<EventRule>[] {
  const { reader } = document;
  const items = tree.kind === 'list' ? tree.items : [tree];
  if (items.length === 0) throw reader.problem(tree, 'rules: expected one rule at least');
  return items.map((item) => {
    const wanted = reader.text(item, 'rules');
    const found = events.filter(({ rule }) => isNamed(rule, wanted));
    const entry = found.find((one) => isSameFile(one.document, document)) ?? found[0];
    if (entry) return entry;
    throw reader.problem(item, `rules: there is no rule ${wanted} about single events`);
  });
}

const isSameFile = (a: RuleDocument, b: RuleDocument) => a.path === b.path && a.folder === b.folder;

/** Whether the rules that a correlation refers to are rules of their own, too. */
function standAlone(map: TreeMap, tree: TreeMap, reader: TreeReader): boolean {
  const given = memberOf(map, 'generate') ?? memberOf(tree, 'generate');
  if (given === undefined) return false;
  if (given.kind === 'scalar' && typeof given.value === 'boolean') return given.value;
  throw reader.problem(given, 'generate: expected true or false');
}

type Aliases = ReadonlyMap<string, ReadonlyMap<string, string>>;

function readAliases(tree: Tree | undefined, rules: readonly EventRule[], reader: TreeReader): Aliases {
  if (tree === undefined) return new Map();
  return new Map(
    reader.map(tree, 'aliases').members.map(({ name, value }) => {
      const map = reader.map(value, name);
      const byRule = map.members.map(({ name: rule, at, value: field }): [string, string] => {
        if (!rules.some((one) => isNamed(one, rule)))
          throw reader.problem(at, `aliases: the correlation has no rule ${rule}`);
        return [rule, fieldsOf(field, reader, name)[0]!];
      });
      const missing = rules.find((rule) => !byRule.some(([given]) => isNamed(rule, given)));
      if (missing) throw reader.problem(map, `aliases: expected a field of ${missing.name ?? missing.id}`);
      return [name, new Map(byRule)];
    }),
  );
}

function fieldOf(name: string, aliases: Aliases): GroupField {
  const byRule = aliases.get(name);
  const own = readPath(name);
  if (byRule === undefined) return { name, pathOf: () => own };
  const paths = new Map([...byRule].map(([rule, field]) => [rule, readPath(field)]));
  return { name, pathOf: (rule) => paths.get(rule.id) ?? paths.get(rule.name ?? '') ?? own };
}

const COUNT_TESTS: Readonly<Record<string, readonly [says: string, test: (wanted: number) => CountTest]>> = {
  gte: ['at least', (wanted) => (count) => count >= wanted],
  gt: ['more than', (wanted) => (count) => count > wanted],
  lte: ['at most', (wanted) => (count) => count <= wanted],
  lt: ['fewer than', (wanted) => (count) => count < wanted],
  eq: ['exactly', (wanted) => (count) => count === wanted],
  neq: ['other than', (wanted) => (count) => count !== wanted],
};

function readCountCondition(tree: Tree, type: (typeof TYPES)[number], reader: TreeReader) {
  const map = reader.map(tree, 'condition');
  reader.only(map, [...Object.keys(COUNT_TESTS), 'field'], 'condition');
  const counted = memberOf(map, 'field');
  if (type === 'value_count' && counted === undefined) throw reader.problem(map, 'condition: expected field');
  if (type === 'event_count' && counted !== undefined)
    throw reader.problem(counted, 'condition: field is for value_count alone');
  const bounds = map.members.filter(({ name }) => name !== 'field');
  if (bounds.length === 0) throw reader.problem(map, 'condition: expected a bound such as gte');
  const read = bounds.map(({ name, value }) => {
    const [says, test] = COUNT_TESTS[name]!;
    const wanted = countOf(value, reader, name);
    return { says: `${says} ${wanted}`, test: test(wanted) };
  });
  return { tests: read.map(({ test }) => test), expected: read.map(({ says }) => says).join(' and '), counted };
}

function countOf(tree: Tree, reader: TreeReader, what: string): number {
  const count = tree.kind === 'scalar' && /^\d{1,5}$/.test(tree.source) ? Number(tree.source) : Number.NaN;
  if (!(count <= MAX_COUNT)) throw reader.problem(tree, `${what}: expected a whole number from 0 to ${MAX_COUNT}`);
  return count;
}

function readDistinct(map: TreeMap, aliases: Aliases, reader: TreeReader): { field: GroupField; least: number } {
  reader.only(map, ['field', 'gte'], 'distinct');
  const [name = ''] = fieldsOf(reader.required(map, 'field', 'distinct'), reader, 'field');
  return { field: fieldOf(name, aliases), least: countOf(reader.required(map, 'gte', 'distinct'), reader, 'gte') };
}
