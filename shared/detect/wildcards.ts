/** A pattern with Sigma's wildcards: literal text, `?` (one character) and `*` (any number). */
export type Pattern = readonly (string | typeof ONE | typeof ANY)[];

export const ONE = Symbol('?');
export const ANY = Symbol('*');

/**
 * Reads a text of a rule. A backslash before `*`, `?` or a backslash takes their meaning; before anything else it is itself.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#escape-character
 */
export function readPattern(text: string): Pattern {
  const parts: (string | typeof ONE | typeof ANY)[] = [];
  let literal = '';
  const wildcard = (kind: typeof ONE | typeof ANY) => {
    if (literal !== '') parts.push(literal);
    literal = '';
    if (kind === ONE || parts.at(-1) !== ANY) parts.push(kind);
  };
  for (let i = 0; i < text.length; i += 1) {
    const [character = '', next] = [text[i], text[i + 1]];
    if (character === '\\' && (next === '\\' || next === '*' || next === '?')) {
      literal += next;
      i += 1;
    } else if (character === '*') wildcard(ANY);
    else if (character === '?') wildcard(ONE);
    else literal += character;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** Returns the text that a pattern without wildcards is; undefined if it has some. */
function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return '';
  const [only] = pattern;
  return pattern.length === 1 && typeof only === 'string' ? only : undefined;
}

/**
 * Makes the test whether a whole text has the form of a pattern. It never backtracks over more than one `*`, so it takes at
 * most time in proportion to the length of the text times that of the pattern.
 */
export function patternTest(pattern: Pattern, cased: boolean): (text: string) => boolean {
  const fold = cased ? (text: string) => text : (text: string) => text.toLowerCase();
  const literal = literalOf(pattern);
  if (literal !== undefined) {
    const wanted = fold(literal);
    return (text) => fold(text) === wanted;
  }
  const pieces = piecesOf(pattern, fold);
  const [first = [], ...rest] = pieces;
  const last = rest.pop();
  return (given) => {
    const text = fold(given);
    const start = matchAt(first, text, 0);
    if (start === undefined) return false;
    if (last === undefined) return start === text.length;
    let from = start;
    for (const piece of rest) {
      const end = findFrom(piece, text, from);
      if (end === undefined) return false;
      from = end;
    }
    return endsWith(last, text, from);
  };
}

/** What stands between two `*`: literal texts and single characters. */
type Piece = readonly (string | typeof ONE)[];

function piecesOf(pattern: Pattern, fold: (text: string) => string): Piece[] {
  const pieces: (string | typeof ONE)[][] = [[]];
  for (const part of pattern) {
    if (part === ANY) pieces.push([]);
    else pieces.at(-1)!.push(part === ONE ? ONE : fold(part));
  }
  return pieces;
}

/** Where a piece that begins at `from` ends; undefined if it does not match there. */
function matchAt(piece: Piece, text: string, from: number): number | undefined {
  let at = from;
  for (const part of piece) {
    if (part === ONE) {
      if (at >= text.length) return undefined;
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    } else {
      if (!text.startsWith(part, at)) return undefined;
      at += part.length;
    }
  }
  return at;
}

/** Where the first match of a piece at or after `from` ends. The first is always right: what follows it is longest. */
function findFrom(piece: Piece, text: string, from: number): number | undefined {
  const [first] = piece;
  if (first === undefined) return from;
  for (let at = from; at <= text.length; at += 1) {
    if (typeof first === 'string') {
      at = text.indexOf(first, at);
      if (at < 0) return undefined;
    }
    const end = matchAt(piece, text, at);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** Whether a piece matches at the end of the text, not before `from`. */
function endsWith(piece: Piece, text: string, from: number): boolean {
  if (piece.length === 0) return true;
  const [only] = piece;
  if (piece.length === 1 && typeof only === 'string') return text.length - only.length >= from && text.endsWith(only);
  const length = piece.reduce((sum, part) => sum + (part === ONE ? 1 : part.length), 0);
  // A character takes one or two units.
  const ones = piece.filter((part) => part === ONE).length;
  for (let start = text.length - length; start >= Math.max(from, text.length - length - ones); start -= 1) {
    if (matchAt(piece, text, start) === text.length) return true;
  }
  return false;
}
