/**
 * Regular expressions that cannot hang: all states are followed at once (Thompson 1968), so a search takes at most the length of
 * the text times the number of states, and both are bounded. Nothing that needs backtracking is in the language: no
 * lookaround, no backreferences, no possessive or atomic groups.
 *
 * The flavor is Sigma's: `.`, `^`, `$`, `*`, `+`, `?`, `{n,m}`, classes, `|` and groups; besides, the usual escapes and `(?:...)`.
 * https://sigmahq.io/sigma-specification/specification/sigma-appendix-modifiers.html#regular-expression
 */
export interface RegexFlags {
  /** Case is ignored. */
  i: boolean;
  /** `^` and `$` also match at line breaks. */
  m: boolean;
  /** `.` also matches a line break. */
  s: boolean;
}

/** Why an expression is refused, and where in it. */
export class RegexError extends Error {
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

const MAX_STATES = 1_000;
const MAX_REPEAT = 1_000;
const MAX_DEPTH = 50;
/** Texts are searched up to here, in UTF-16 units. */
export const MAX_SEARCHED = 16_384;

type Ranges = readonly (readonly [from: number, to: number])[];

type Ast =
  | { kind: 'set'; ranges: Ranges; negated: boolean }
  | { kind: 'assert'; what: '^' | '$' | 'b' | 'B' }
  | { kind: 'sequence'; parts: readonly Ast[] }
  | { kind: 'choice'; options: readonly Ast[] }
  | { kind: 'repeat'; part: Ast; min: number; max: number };

type State =
  | { kind: 'set'; test: (code: number) => boolean; next: number }
  | { kind: 'split'; next: number; other: number }
  | { kind: 'assert'; what: '^' | '$' | 'b' | 'B'; next: number }
  | { kind: 'match' };

/**
 * Compiles an expression.
 * @returns whether a text has a match anywhere, in its first `MAX_SEARCHED` units
 * @throws {RegexError}
 */
export function compileRegex(source: string, flags: RegexFlags): (text: string) => boolean {
  const program = new Compiler(flags).compile(new Parser(source, flags).parse());
  return (text) => search(program, text.length > MAX_SEARCHED ? text.slice(0, MAX_SEARCHED) : text, flags.m);
}

const DIGITS: Ranges = [[48, 57]];
const WORD: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_BREAK: Ranges = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const MAX_CODE = 0x10ffff;

function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let from = 0;
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    if (start > from) result.push([from, start - 1]);
    from = Math.max(from, end + 1);
  }
  return from <= MAX_CODE ? [...result, [from, MAX_CODE]] : result;
}

const CLASSES: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  w: WORD,
  s: SPACE,
  D: complement(DIGITS),
  W: complement(WORD),
  S: complement(SPACE),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

class Parser {
  private readonly source: string;
  private readonly flags: RegexFlags;
  private at = 0;
  private depth = 0;

  constructor(source: string, flags: RegexFlags) {
    this.source = source;
    this.flags = flags;
  }

  parse(): Ast {
    const ast = this.choice();
    if (this.at < this.source.length) throw this.refused('a ) without its (');
    return ast;
  }

  private refused(reason: string, at = this.at): RegexError {
    return new RegexError(at, reason);
  }

  private peek(): string {
    return this.source[this.at] ?? '';
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private choice(): Ast {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.refused(`groups are nested more than ${MAX_DEPTH} deep`);
    const options = [this.sequence()];
    while (this.takes('|')) options.push(this.sequence());
    this.depth -= 1;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private sequence(): Ast {
    const parts: Ast[] = [];
    while (this.at < this.source.length && this.peek() !== '|' && this.peek() !== ')') parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Ast {
    const start = this.at;
    const part = this.atom();
    const bounds = this.quantifier();
    if (bounds === undefined) return part;
    if (part.kind === 'assert') throw this.refused('a quantifier after ^, $ or \\b', start);
    if (this.peek() === '+') throw this.refused('a possessive quantifier');
    // Lazy or greedy, the same texts match.
    this.takes('?');
    if (this.quantifier() !== undefined) throw this.refused('a quantifier after a quantifier', start);
    return { kind: 'repeat', part, ...bounds };
  }

  private quantifier(): { min: number; max: number } | undefined {
    const start = this.at;
    if (this.takes('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.takes('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.takes('?')) return { min: 0, max: 1 };
    const [all, low, comma, high] = /^\{(\d{1,6})(,?)(\d{0,6})\}/.exec(this.source.slice(start, start + 20)) ?? [];
    if (all === undefined || (comma === '' && high !== '')) return undefined;
    this.at += all.length;
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min > max) throw this.refused('a quantifier whose bounds are the wrong way round', start);
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
      throw this.refused(`a quantifier above ${MAX_REPEAT}`, start);
    return { min, max };
  }

  private atom(): Ast {
    const start = this.at;
    const code = this.source.codePointAt(this.at)!;
    const character = String.fromCodePoint(code);
    this.at += character.length;
    switch (character) {
      case '.':
        return { kind: 'set', ranges: this.flags.s ? [] : LINE_BREAK, negated: true };
      case '^':
      case '$':
        return { kind: 'assert', what: character };
      case '(':
        return this.group(start);
      case '[':
        return this.set(start);
      case '\\':
        return this.escape(start);
      case '*':
      case '+':
      case '?':
        throw this.refused('a quantifier with nothing before it', start);
      case '{':
        if (/^\{\d+(,\d*)?\}/.test(this.source.slice(start, start + 20)))
          throw this.refused('a quantifier with nothing before it', start);
        return single(code);
      default:
        return single(code);
    }
  }

  private group(start: number): Ast {
    if (this.takes('?')) {
      if (/^(<?[=!])/.test(this.source.slice(this.at))) throw this.refused('lookaround', start);
      if (this.peek() === '>') throw this.refused('an atomic group', start);
      if (/^[a-z]/i.test(this.peek()))
        throw this.refused('flags in the expression: use the modifiers i, m and s', start);
      if (!this.takes(':')) throw this.refused('a group of this kind', start);
    }
    const inner = this.choice();
    if (!this.takes(')')) throw this.refused('a ( without its )', start);
    return inner;
  }

  private escape(start: number): Ast {
    const ranges = CLASSES[this.peek()];
    if (ranges) {
      this.at += 1;
      return { kind: 'set', ranges, negated: false };
    }
    const letter = this.peek();
    if (letter === 'b' || letter === 'B') {
      this.at += 1;
      return { kind: 'assert', what: letter };
    }
    return single(this.escapedCode(start));
  }

  /** The character that an escape stands for. */
  private escapedCode(start: number): number {
    const [whole, two, four] = /^x([\da-f]{2})|^u([\da-f]{4})/i.exec(this.source.slice(this.at, this.at + 5)) ?? [];
    if (whole !== undefined) {
      this.at += whole.length;
      return Number.parseInt(two ?? four ?? '', 16);
    }
    const code = this.source.codePointAt(this.at);
    if (code === undefined) throw this.refused('a backslash at the end', start);
    const character = String.fromCodePoint(code);
    this.at += character.length;
    if (/[1-9]/.test(character)) throw this.refused('a backreference', start);
    const control = CONTROLS[character];
    if (control !== undefined) return control;
    if (/[a-z0-9]/i.test(character)) throw this.refused(`the escape \\${character}`, start);
    return code;
  }

  private set(start: number): Ast {
    const negated = this.takes('^');
    const ranges: [number, number][] = [];
    for (let isFirst = true; ; isFirst = false) {
      if (this.at >= this.source.length) throw this.refused('a [ without its ]', start);
      if (!isFirst && this.takes(']')) return { kind: 'set', ranges, negated };
      if (this.source.startsWith('[:', this.at)) throw this.refused('a POSIX class');
      const from = this.setMember(start, ranges);
      if (from === undefined) continue;
      if (this.peek() !== '-' || this.source[this.at + 1] === ']' || this.at + 1 >= this.source.length) {
        ranges.push([from, from]);
        continue;
      }
      this.at += 1;
      const to = this.setMember(start, ranges);
      if (to === undefined || to < from) throw this.refused('a range that has no order', start);
      ranges.push([from, to]);
    }
  }

  /** A character in a set; undefined if it was a class, which is added. */
  private setMember(start: number, ranges: [number, number][]): number | undefined {
    if (!this.takes('\\')) {
      const code = this.source.codePointAt(this.at);
      if (code === undefined) throw this.refused('a [ without its ]', start);
      this.at += code > 0xffff ? 2 : 1;
      return code;
    }
    const known = CLASSES[this.peek()];
    if (known) {
      this.at += 1;
      ranges.push(...known.map(([from, to]): [number, number] => [from, to]));
      return undefined;
    }
    if (this.takes('b')) return 8;
    return this.escapedCode(this.at - 1);
  }
}

const single = (code: number): Ast => ({ kind: 'set', ranges: [[code, code]], negated: false });

class Compiler {
  private readonly flags: RegexFlags;
  private readonly states: State[] = [];
  private steps = 0;

  constructor(flags: RegexFlags) {
    this.flags = flags;
  }

  /** The states; the last is where a search begins. */
  compile(ast: Ast): readonly State[] {
    const start = this.emit(ast, this.add({ kind: 'match' }));
    this.add({ kind: 'split', next: start, other: start });
    return this.states;
  }

  private add(state: State): number {
    if (this.states.length >= MAX_STATES) throw this.tooBig();
    return this.states.push(state) - 1;
  }

  private tooBig = () => new RegexError(0, `an expression with more than ${MAX_STATES} states: repeat less`);

  /** Adds the states of a part. @returns where it begins @param next where it leads */
  private emit(ast: Ast, next: number): number {
    this.steps += 1;
    // Repetitions of nothing add no states.
    if (this.steps > 10 * MAX_STATES) throw this.tooBig();
    switch (ast.kind) {
      case 'set':
        return this.add({ kind: 'set', test: setTest(ast, this.flags.i), next });
      case 'assert':
        return this.add({ kind: 'assert', what: ast.what, next });
      case 'sequence':
        return ast.parts.reduceRight((after, part) => this.emit(part, after), next);
      case 'choice':
        return ast.options
          .map((option) => this.emit(option, next))
          .reduceRight((other, option) => this.add({ kind: 'split', next: option, other }));
      case 'repeat':
        return this.emitRepeat(ast, next);
    }
  }

  private emitRepeat({ part, min, max }: Ast & { kind: 'repeat' }, next: number): number {
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.add({ kind: 'split', next, other: next });
      this.states[loop] = { kind: 'split', next: this.emit(part, loop), other: next };
      start = loop;
    } else {
      for (let i = min; i < max; i += 1) start = this.add({ kind: 'split', next: this.emit(part, start), other: next });
    }
    for (let i = 0; i < min; i += 1) start = this.emit(part, start);
    return start;
  }
}

function setTest({ ranges, negated }: Ast & { kind: 'set' }, ignoreCase: boolean): (code: number) => boolean {
  const has = (code: number) => ranges.some(([from, to]) => code >= from && code <= to);
  if (!ignoreCase) return (code) => has(code) !== negated;
  return (code) => {
    const character = String.fromCodePoint(code);
    const isIn =
      has(code) || has(character.toLowerCase().codePointAt(0)!) || has(character.toUpperCase().codePointAt(0)!);
    return isIn !== negated;
  };
}

const isWord = (code: number | undefined) =>
  code !== undefined && WORD.some(([from, to]) => code >= from && code <= to);
const isLineBreak = (code: number | undefined) => code === 10 || code === 13 || code === 0x2028 || code === 0x2029;

function search(program: readonly State[], text: string, multiline: boolean): boolean {
  const marks = new Uint32Array(program.length);
  let round = 0;
  let current: number[] = [];
  let before: number | undefined;
  for (let at = 0; ; ) {
    const code = text.codePointAt(at);
    const holds = (what: '^' | '$' | 'b' | 'B'): boolean => {
      if (what === '^') return at === 0 || (multiline && isLineBreak(before));
      if (what === '$') return code === undefined || (multiline && isLineBreak(code));
      return (isWord(before) !== isWord(code)) === (what === 'b');
    };
    round += 1;
    const reached: number[] = [];
    const waiting = [program.length - 1, ...current];
    while (waiting.length > 0) {
      const index = waiting.pop()!;
      if (marks[index] === round) continue;
      marks[index] = round;
      const state = program[index]!;
      if (state.kind === 'match') return true;
      if (state.kind === 'set') reached.push(index);
      else if (state.kind === 'split') waiting.push(state.other, state.next);
      else if (holds(state.what)) waiting.push(state.next);
    }
    if (code === undefined) return false;
    current = [];
    for (const index of reached) {
      const state = program[index]!;
      if (state.kind === 'set' && state.test(code)) current.push(state.next);
    }
    before = code;
    at += code > 0xffff ? 2 : 1;
  }
}
