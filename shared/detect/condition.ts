import type { TreeReader, TreeScalar } from './rule-tree.ts';

/** A condition over search identifiers. */
export type Condition =
  | { kind: 'selection'; name: string }
  | { kind: 'not'; part: Condition }
  | { kind: 'and' | 'or'; parts: readonly Condition[] };

interface Token {
  text: string;
  offset: number;
}

const MAX_TOKENS = 500;
const MAX_DEPTH = 50;

/**
 * Reads a condition: `and`, `or`, `not`, parentheses, `1 of` and `all of` with a pattern or `them`.
 * @param names of the search identifiers
 * @throws {RuleError}
 */
export function readCondition(tree: TreeScalar, names: readonly string[], reader: TreeReader): Condition {
  return new ConditionParser(tree, names, reader).parse();
}

/** Whether the condition holds. @param matches whether a search identifier does */
export function conditionHolds(condition: Condition, matches: (name: string) => boolean): boolean {
  switch (condition.kind) {
    case 'selection':
      return matches(condition.name);
    case 'not':
      return !conditionHolds(condition.part, matches);
    case 'and':
      return condition.parts.every((part) => conditionHolds(part, matches));
    case 'or':
      return condition.parts.some((part) => conditionHolds(part, matches));
  }
}

/** The search identifiers that a condition wants to match; those behind an odd number of `not` are left out. */
export function wantedIn(condition: Condition, isWanted = true): string[] {
  if (condition.kind === 'selection') return isWanted ? [condition.name] : [];
  if (condition.kind === 'not') return wantedIn(condition.part, !isWanted);
  return [...new Set(condition.parts.flatMap((part) => wantedIn(part, isWanted)))];
}

class ConditionParser {
  private readonly tree: TreeScalar;
  private readonly names: readonly string[];
  private readonly reader: TreeReader;
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tree: TreeScalar, names: readonly string[], reader: TreeReader) {
    this.tree = tree;
    this.names = names;
    this.reader = reader;
    this.tokens = [...tree.source.matchAll(/[()|]|[^\s()|]+/g)].map(({ 0: text, index }) => ({ text, offset: index }));
  }

  parse(): Condition {
    if (this.tokens.length > MAX_TOKENS) throw this.problem(`expected at most ${MAX_TOKENS} words`, undefined);
    const condition = this.or();
    const rest = this.tokens[this.at];
    if (rest) throw this.problem(`expected and, or, or the end, not ${rest.text}`, rest);
    return condition;
  }

  private problem(reason: string, token: Token | undefined) {
    const { at, sourceAt } = this.tree;
    const place = token === undefined || sourceAt === undefined ? at : sourceAt + token.offset;
    return this.reader.problem(place, `condition: ${reason}`);
  }

  private next(): string | undefined {
    return this.tokens[this.at]?.text.toLowerCase();
  }

  private takes(word: string): boolean {
    if (this.next() !== word) return false;
    this.at += 1;
    return true;
  }

  private or(): Condition {
    const parts = [this.and()];
    while (this.takes('or')) parts.push(this.and());
    return joined('or', parts);
  }

  private and(): Condition {
    const parts = [this.not()];
    while (this.takes('and')) parts.push(this.not());
    return joined('and', parts);
  }

  private not(): Condition {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.problem(`expected at most ${MAX_DEPTH} levels`, this.tokens[this.at]);
    const condition: Condition = this.takes('not') ? { kind: 'not', part: this.not() } : this.operand();
    this.depth -= 1;
    return condition;
  }

  private operand(): Condition {
    const token = this.tokens[this.at];
    const word = this.next();
    if (token === undefined || word === undefined)
      throw this.problem('expected a search identifier at its end', this.tokens.at(-1));
    this.at += 1;
    if (word === '(') {
      const inner = this.or();
      if (!this.takes(')')) throw this.problem('expected )', this.tokens[this.at] ?? token);
      return inner;
    }
    if (word === '|') throw this.problem('aggregations after | are not supported: use a correlation rule', token);
    if (this.next() === 'of') return this.quantified(token);
    if (this.names.includes(token.text)) return { kind: 'selection', name: token.text };
    if (['and', 'or', 'not', ')'].includes(word))
      throw this.problem(`expected a search identifier, not ${token.text}`, token);
    throw this.problem(`there is no search identifier ${token.text}`, token);
  }

  private quantified(token: Token): Condition {
    const quantity = token.text.toLowerCase();
    if (quantity !== '1' && quantity !== 'all') throw this.problem(`${token.text} of: expected 1 of or all of`, token);
    this.at += 1;
    const pattern = this.tokens[this.at];
    if (pattern === undefined || !/^[\w.*-]+$/.test(pattern.text))
      throw this.problem(`${quantity} of: expected them, or a pattern such as selection_*`, pattern ?? token);
    this.at += 1;
    const names = this.named(pattern.text);
    if (names.length === 0) throw this.problem(`there is no search identifier ${pattern.text}`, pattern);
    return joined(
      quantity === '1' ? 'or' : 'and',
      names.map((name) => ({ kind: 'selection', name })),
    );
  }

  /** Search identifiers that begin with `_` count only if the pattern does so, too. */
  private named(pattern: string): string[] {
    const isShown = (name: string) => pattern.startsWith('_') || !name.startsWith('_');
    if (pattern.toLowerCase() === 'them') return this.names.filter((name) => !name.startsWith('_'));
    const parts = pattern.split('*');
    return this.names.filter((name) => isShown(name) && fits(parts, name));
  }
}

function joined(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  return parts.length === 1 ? parts[0]! : { kind, parts };
}

/** @param parts what stands between the `*` of a pattern */
function fits(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
