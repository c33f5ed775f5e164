import { DAY_MS, HOUR_MS } from '../cloudtrail/times.ts';
import { type Condition, readCondition } from './condition.ts';
import { isOurs, OUR_FIELDS, readPath } from './fields.ts';
import { LEVELS } from './level.ts';
import type { Lists } from './lists.ts';
import type { Detection, FirstSeen, Rule, RuleInfo } from './rule.ts';
import { memberOf, type Tree, type TreeMap, type TreeReader, type TreeScalar } from './rule-tree.ts';
import { readSelection } from './selection.ts';

/** A document of a file of rules. */
export interface RuleDocument {
  kind: 'detection' | 'correlation' | 'filter';
  path: string;
  /** The folder's position among the folders. */
  folder: number;
  /** Its position in the file. */
  index: number;
  tree: TreeMap;
  reader: TreeReader;
}

/** A rule and what it was read from. */
export interface Entry<R extends Rule = Rule> {
  document: RuleDocument;
  rule: R;
}

/** Whether a rule is known by an id or a name. */
export const isNamed = ({ id, name }: Rule, wanted: string) => id === wanted || name === wanted;

const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** The field of a rule with what Sigma cannot say, which other tools ignore. */
export const EXTENSION = 'x-mwaa-trail';
const TESTS = 'tests';

/** How long findings about the same are one, and how far first-seen rules look back, if a rule does not say. */
const USUAL_SUPPRESS_MS = HOUR_MS;
const USUAL_HISTORY_MS = 90 * DAY_MS;

/** Reads what detections and correlations have in common. */
export function readInfo(document: RuleDocument, lists: Lists): RuleInfo & { firstSeen: FirstSeen | undefined } {
  const { tree, reader, path, index } = document;
  const optional = <T>(name: string, read: (tree: Tree) => T, otherwise: T): T => {
    const value = memberOf(tree, name);
    return value === undefined ? otherwise : read(value);
  };
  const text = (name: string) => (value: Tree) => reader.text(value, name);
  const texts = (name: string) => (value: Tree) => reader.texts(value, name);
  const misspelt = tree.members.find(({ name }) => name.toLowerCase().startsWith('x-mwaa') && name !== EXTENSION);
  if (misspelt) throw reader.problem(misspelt, `expected ${EXTENSION}`);
  optional('taxonomy', (value) => reader.oneOf(value, ['sigma'], 'taxonomy'), 'sigma');
  const title = reader.text(reader.required(tree, 'title', 'a rule'), 'title');
  if (title.length > 256) throw reader.problem(memberOf(tree, 'title')!, 'title: expected at most 256 characters');
  const file = path.split('/').at(-1) ?? path;
  const usualId = index === 0 ? file.replace(/\.ya?ml$/, '') : `${file.replace(/\.ya?ml$/, '')}-${index + 1}`;
  const status = optional('status', (value) => reader.oneOf(value, STATUSES, 'status'), 'test');
  const extension = readExtension(memberOf(tree, EXTENSION), document, lists);
  const tests = memberOf(tree, TESTS);
  const isRetired = status === 'deprecated' || status === 'unsupported';
  return {
    id: optional('id', text('id'), usualId),
    name: optional<string | undefined>('name', text('name'), undefined),
    path,
    title,
    status,
    level: optional('level', (value) => reader.oneOf(value, LEVELS, 'level'), 'medium'),
    description: optional('description', text('description'), ''),
    tags: optional('tags', texts('tags'), []),
    falsePositives: optional('falsepositives', texts('falsepositives'), []),
    references: optional('references', texts('references'), []),
    off: isRetired ? `its status is ${status}` : extension.off,
    suppressMs: extension.suppressMs,
    firstSeen: extension.firstSeen,
    tests: tests && { tree: tests, reader },
  };
}

interface Extension {
  firstSeen: FirstSeen | undefined;
  suppressMs: number;
  off: string | undefined;
}

function readExtension(tree: Tree | undefined, { reader, kind }: RuleDocument, lists: Lists): Extension {
  if (tree === undefined) return { firstSeen: undefined, suppressMs: USUAL_SUPPRESS_MS, off: undefined };
  const map = reader.map(tree, EXTENSION);
  const allowed = kind === 'detection' ? ['first-seen', 'suppress', 'needs'] : ['suppress', 'needs', 'distinct'];
  reader.only(map, allowed, EXTENSION);
  const suppress = memberOf(map, 'suppress');
  const needs = memberOf(map, 'needs');
  const firstSeen = memberOf(map, 'first-seen');
  const needed = needs === undefined ? [] : reader.texts(needs, 'needs');
  const unknown = needed.find((name) => !lists.has(name));
  if (unknown !== undefined) throw reader.problem(needs!, `needs: there is no list ${unknown}`);
  const empty = needed.find((name) => lists.get(name)?.length === 0);
  return {
    firstSeen: firstSeen && readFirstSeen(reader.map(firstSeen, 'first-seen'), reader),
    suppressMs: suppress === undefined ? USUAL_SUPPRESS_MS : reader.timespan(suppress, 'suppress'),
    off: empty === undefined ? undefined : `list ${empty} is empty`,
  };
}

function readFirstSeen(map: TreeMap, reader: TreeReader): FirstSeen {
  reader.only(map, ['fields', 'history'], 'first-seen');
  const fields = reader.required(map, 'fields', 'first-seen');
  const history = memberOf(map, 'history');
  return {
    fields: fieldsOf(fields, reader, 'fields').map((name) => ({ name, path: readPath(name) })),
    historyMs: history === undefined ? USUAL_HISTORY_MS : reader.timespan(history, 'history'),
  };
}

/** The names of fields, each known or CloudTrail's. */
export function fieldsOf(tree: Tree, reader: TreeReader, what: string): string[] {
  const names = reader.texts(tree, what);
  if (names.length === 0) throw reader.problem(tree, `${what}: expected one field at least`);
  const unknown = names.find((name) => name.includes('|') || (isOurs(name) && !OUR_FIELDS.includes(name)));
  if (unknown !== undefined) throw reader.problem(tree, `${what}: there is no field ${unknown}`);
  return names;
}

/** Reads the log source and the detection of a rule. */
export function readDetection(document: RuleDocument, lists: Lists): Detection {
  const { tree, reader } = document;
  checkLogSource(document);
  return readSelections(reader.map(reader.required(tree, 'detection', 'a rule'), 'detection'), document, lists);
}

/** @param without the names of members that are no search identifiers */
export function readSelections(
  map: TreeMap,
  { reader }: RuleDocument,
  lists: Lists,
  without: readonly string[] = [],
): Detection {
  const timeframe = map.members.find(({ name }) => name === 'timeframe');
  if (timeframe) throw reader.problem(timeframe, 'timeframe is not supported: use a correlation rule');
  const given = reader.required(map, 'condition', 'detection');
  const members = map.members.filter(({ name }) => name !== 'condition' && !without.includes(name));
  const selections = new Map(
    members.map((member) => {
      if (!/^[\w.-]+$/.test(member.name))
        throw reader.problem(member, `${member.name}: expected letters, digits and _`);
      return [member.name, readSelection(member, { reader, lists })];
    }),
  );
  const conditions = given.kind === 'list' ? given.items : [given];
  if (conditions.length === 0) throw reader.problem(given, 'condition: expected a text');
  const parts = conditions.map((condition): Condition => {
    if (condition.kind !== 'scalar' || condition.source === '')
      throw reader.problem(condition, 'condition: expected a text');
    return readCondition(condition, [...selections.keys()], reader);
  });
  const texts = conditions.map((condition) => (condition as TreeScalar).source);
  const text = texts.length === 1 ? texts[0]! : texts.map((one) => `(${one})`).join(' or ');
  return { selections, condition: parts.length === 1 ? parts[0]! : { kind: 'or', parts }, text };
}

/** All events are CloudTrail's. A rule for another source would match none of them, or the wrong ones. */
export function checkLogSource({ tree, reader }: RuleDocument): void {
  const map = reader.map(reader.required(tree, 'logsource', 'a rule'), 'logsource');
  reader.only(map, ['product', 'service', 'definition'], 'logsource');
  reader.oneOf(reader.required(map, 'product', 'logsource'), ['aws'], 'product');
  reader.oneOf(reader.required(map, 'service', 'logsource'), ['cloudtrail'], 'service');
}
