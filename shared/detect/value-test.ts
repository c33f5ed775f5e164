import { canonicalRange, sourceMatcher } from '../query/address-range.ts';
import type { Value } from './fields.ts';
import type { Lists } from './lists.ts';
import { compileRegex, REGEX_FLAGS, RegexError, type RegexFlag } from './regular-expression.ts';
import type { Tree, TreeReader, TreeScalar } from './rule-tree.ts';
import { ANY, type Pattern, patternTest, readPattern } from './wildcards.ts';

/** The condition that one field has to meet, and how it is written. */
export interface ValueTest {
  /** `one of PUBLIC_ONLY, PUBLIC_AND_PRIVATE` */
  expected: string;
  /** The texts that the field must be one of, in lower case, if that is all that is asked; for the index of rules. */
  literals: readonly string[] | undefined;
  /** @param values of the field; undefined: there is no such field */
  holds(values: readonly Value[] | undefined): boolean;
}

const PLACES = ['contains', 'startswith', 'endswith'] as const;
const NUMERIC = ['lt', 'lte', 'gt', 'gte'] as const;
type Place = (typeof PLACES)[number];
type Comparison = (typeof NUMERIC)[number];

/** All modifiers of the subset. */
export const MODIFIERS = [
  ...PLACES,
  'all',
  'cased',
  're',
  ...REGEX_FLAGS,
  'cidr',
  'exists',
  'expand',
  ...NUMERIC,
] as const;
type Modifier = (typeof MODIFIERS)[number];

/** What others do, and what to do here. */
const REFUSED: Readonly<Record<string, string>> = {
  windash: 'it is for command lines of Windows',
  neq: 'use a search identifier of its own, and `not` in the condition',
  fieldref: 'a field can be compared with values only',
  base64: 'CloudTrail encodes nothing so',
  base64offset: 'CloudTrail encodes nothing so',
  hour: 'use the field mwaa.hour',
  day: 'use the field mwaa.weekday',
};

/** Longest text and expression, in UTF-16 units. */
const MAX_LENGTH = 2_000;
const MAX_VALUES = 1_000;

/**
 * Reads the value of a field with modifiers.
 * @throws {RuleError} at the modifier or value that is not supported
 */
export function readValueTest(given: readonly string[], tree: Tree, at: number, context: Context): ValueTest {
  const { reader } = context;
  const modifiers = readModifiers(given, at, reader);
  const has = (modifier: Modifier) => modifiers.includes(modifier);
  if (has('exists')) return existsTest(modifiers, tree, at, reader);
  const items = scalarsOf(tree, reader);
  if (has('all') && items.length < 2) throw reader.problem(tree, 'all: expected a list of two values or more');
  const [first] = items;
  if (items.length === 1 && first!.value === null && tree.kind === 'scalar') {
    if (modifiers.length > 0) throw reader.problem(at, 'null: expected no modifiers');
    return NULL_TEST;
  }
  const empty = items.find(({ value }) => value === null);
  if (empty) throw reader.problem(empty, 'null cannot be one of several values: use a search identifier of its own');
  return combined(modifiers, testsOf(modifiers, items, at, context), items);
}

interface Context {
  reader: TreeReader;
  lists: Lists;
}

function readModifiers(given: readonly string[], at: number, reader: TreeReader): readonly Modifier[] {
  const modifiers = given.map((name) => {
    const known = MODIFIERS.find((modifier) => modifier === name);
    if (known) return known;
    const why = REFUSED[name] ?? `expected one of ${MODIFIERS.join(', ')}`;
    throw reader.problem(at, `modifier ${name} is not supported: ${why}`);
  });
  const twice = modifiers.find((modifier, i) => modifiers.indexOf(modifier) !== i);
  if (twice) throw reader.problem(at, `modifier ${twice}: expected once`);
  // Each of these says what kind of value it is.
  const kinds = [
    modifiers.filter((modifier) => isOneOf(PLACES, modifier)),
    modifiers.filter((modifier) => modifier === 're'),
    modifiers.filter((modifier) => modifier === 'cidr'),
    modifiers.filter((modifier) => modifier === 'exists'),
    modifiers.filter((modifier) => isOneOf(NUMERIC, modifier)),
  ].flat();
  if (kinds.length > 1) throw reader.problem(at, `modifiers ${kinds.join(' and ')}: expected one of them`);
  const [kind] = kinds;
  for (const modifier of modifiers) {
    const allowed = ALLOWED_WITH[modifier];
    if (allowed && !allowed.includes(kind ?? 'text'))
      throw reader.problem(at, `modifier ${modifier}: not supported with ${kind ?? 'a plain value'}`);
    if (isOneOf(REGEX_FLAGS, modifier) && modifiers.indexOf('re') > modifiers.indexOf(modifier))
      throw reader.problem(at, `modifier ${modifier}: expected after re`);
  }
  return modifiers;
}

const TEXTS = ['text', ...PLACES];
/** The kinds of value with which a modifier makes sense. */
const ALLOWED_WITH: Readonly<Partial<Record<Modifier, readonly string[]>>> = {
  all: [...TEXTS, 're'],
  cased: TEXTS,
  expand: [...TEXTS, 'cidr'],
  i: ['re'],
  m: ['re'],
  s: ['re'],
};

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name);

function scalarsOf(tree: Tree, reader: TreeReader): TreeScalar[] {
  const items = tree.kind === 'list' ? tree.items : [tree];
  if (items.length === 0) throw reader.problem(tree, 'expected a value');
  if (items.length > MAX_VALUES) throw reader.problem(tree, `expected at most ${MAX_VALUES} values`);
  return items.map((item) => {
    if (item.kind !== 'scalar') throw reader.problem(item, 'expected a text, a number, true, false or null');
    if (item.source.length > MAX_LENGTH) throw reader.problem(item, `expected at most ${MAX_LENGTH} characters`);
    return item;
  });
}

const NULL_TEST: ValueTest = {
  expected: 'null, or absent',
  literals: undefined,
  holds: (values) => values === undefined || values.every((value) => value === null),
};

function existsTest(modifiers: readonly Modifier[], tree: Tree, at: number, reader: TreeReader): ValueTest {
  if (modifiers.length > 1) throw reader.problem(at, 'exists: expected no other modifier');
  if (tree.kind !== 'scalar' || typeof tree.value !== 'boolean')
    throw reader.problem(tree, 'exists: expected true or false');
  const wanted = tree.value;
  return {
    expected: wanted ? 'to be there' : 'to be absent',
    literals: undefined,
    holds: (values) => (values !== undefined) === wanted,
  };
}

type Test = (value: Value) => boolean;

/** All values of the rule, or any of them; each may be met by any value of the field. */
function combined(modifiers: readonly Modifier[], tests: readonly Test[], items: readonly TreeScalar[]): ValueTest {
  const isAll = modifiers.includes('all');
  const how = modifiers.filter((modifier) => modifier !== 'all' && modifier !== 'expand').join('|');
  const sources = items.map(({ source }) => (source === '' ? "''" : source));
  const values = sources.length === 1 ? sources[0] : `${isAll ? 'all' : 'one'} of ${sources.join(', ')}`;
  const isLiteral = modifiers.length === 0 && sources.every((source) => !/[*?\\]/.test(source));
  return {
    expected: how === '' ? `${values}` : `${how} ${values}`,
    literals: isLiteral ? items.map(({ source }) => source.toLowerCase()) : undefined,
    holds(values = []) {
      const isMet = (test: Test) => values.some(test);
      return isAll ? tests.every(isMet) : tests.some(isMet);
    },
  };
}

function testsOf(
  modifiers: readonly Modifier[],
  items: readonly TreeScalar[],
  at: number,
  { reader, lists }: Context,
): Test[] {
  const has = (modifier: Modifier) => modifiers.includes(modifier);
  if (has('re')) {
    const flags = REGEX_FLAGS.filter(has);
    return items.map((item) => regexTest(item, flags, reader));
  }
  const comparison = NUMERIC.find(has);
  if (comparison) return items.map((item) => numericTest(item, comparison, reader));
  const expand = (item: TreeScalar) => (has('expand') ? expanded(item, lists, reader) : [item.source]);
  if (has('cidr')) return [cidrTest(items, expand, reader)];
  const place = PLACES.find(has);
  const cased = has('cased');
  const tests = items.map((item): Test => {
    const patterns = expand(item).map((source) => patternTest(placed(readPattern(source), place), cased));
    if (typeof item.value !== 'number' || place !== undefined)
      return (value) => value !== null && patterns.some((test) => test(`${value}`));
    return (value) => value === item.value || (value !== null && patterns.some((test) => test(`${value}`)));
  });
  if (tests.length === 0) throw reader.problem(at, 'expected a value');
  return tests;
}

/** A pattern with the wildcards that a modifier stands for. */
function placed(pattern: Pattern, place: Place | undefined): Pattern {
  const any: Pattern = [ANY];
  const before = place === 'contains' || place === 'endswith' ? any : [];
  const after = place === 'contains' || place === 'startswith' ? any : [];
  return [...before, ...pattern, ...after];
}

function regexTest(item: TreeScalar, flags: readonly RegexFlag[], reader: TreeReader): Test {
  try {
    const matches = compileRegex(item.source, flags);
    return (value) => value !== null && matches(`${value}`);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw reader.problem(item, `regular expression: ${error.message}`);
  }
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
};
const NUMBER = /^-?\d+(\.\d+)?$/;

/** CloudTrail writes some numbers as texts. */
function numericTest(item: TreeScalar, comparison: Comparison, reader: TreeReader): Test {
  if (!NUMBER.test(item.source)) throw reader.problem(item, `${comparison}: expected a number`);
  const wanted = Number(item.source);
  const compare = COMPARE[comparison];
  return (value) => {
    const isNumber = typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
    return isNumber && compare(Number(value), wanted);
  };
}

function cidrTest(items: readonly TreeScalar[], expand: (item: TreeScalar) => string[], reader: TreeReader): Test {
  const ranges = items.flatMap((item) =>
    expand(item).map((source) => {
      const range = canonicalRange(source);
      if (range !== undefined) return range;
      throw reader.problem(item, `cidr: expected ranges such as 10.0.0.0/8 or 2001:db8::/32, not ${source}`);
    }),
  );
  const matches = sourceMatcher(ranges);
  return (value) => typeof value === 'string' && matches(value);
}

const PLACEHOLDER = /\\[%\\]|%([\w-]+)%/g;

/** The texts that a text with placeholders stands for: each `%name%` is replaced by the values of a declared list. */
function expanded(item: TreeScalar, lists: Lists, reader: TreeReader): string[] {
  let texts = [''];
  let end = 0;
  let count = 0;
  for (const match of item.source.matchAll(PLACEHOLDER)) {
    const before = item.source.slice(end, match.index);
    end = match.index + match[0].length;
    const [whole, name] = match;
    if (name === undefined) {
      texts = texts.map((text) => `${text}${before}${whole === '\\%' ? '%' : whole}`);
      continue;
    }
    count += 1;
    const values = lists.get(name);
    if (values === undefined) throw reader.problem(item, `placeholder %${name}%: expected a list of this name`);
    texts = texts.flatMap((text) => values.map((value) => `${text}${before}${value}`));
    if (texts.length > MAX_VALUES) throw reader.problem(item, `expand: expected at most ${MAX_VALUES} values`);
  }
  if (count === 0) throw reader.problem(item, `expand: expected a placeholder such as %automation%`);
  return texts.map((text) => text + item.source.slice(end));
}
