import { RE2JS, RE2JSSyntaxException } from 're2js';

export const REGEX_FLAGS = ['i', 'm', 's'] as const;
export type RegexFlag = (typeof REGEX_FLAGS)[number];
const BITS = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const;

/** Why an expression is refused. */
export class RegexError extends Error {}

const MAX_STATES = 1_000;
/** Texts are searched up to here, in UTF-16 units. */
const MAX_SEARCHED = 16_384;

/**
 * Compiles an expression of RE2, the syntax without lookaround and backreferences: a search takes at most the length of the
 * text times the number of states, and both are bounded. https://github.com/google/re2/wiki/Syntax
 *
 * @returns whether a text has a match anywhere, in its first 16,384 units
 * @throws {RegexError}
 */
export function compileRegex(source: string, flags: readonly RegexFlag[]): (text: string) => boolean {
  const bits = flags.reduce((all, flag) => all | BITS[flag], 0);
  const regex = parse(source, bits);
  if (regex.programSize() > MAX_STATES)
    throw new RegexError(`expected at most ${MAX_STATES} states: shorten it, or repeat less`);
  return (text) => regex.test(text.length > MAX_SEARCHED ? text.slice(0, MAX_SEARCHED) : text);
}

function parse(source: string, bits: number): RE2JS {
  try {
    return RE2JS.compile(source, bits);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const place = error.getPattern();
    throw new RegexError(`${error.getDescription()}${place ? `: ${place}` : ''}`);
  }
}
