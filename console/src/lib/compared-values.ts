/** A value beside the first one: what they have in common at both ends, and what differs between. */
export interface ComparedValue {
  before: string;
  /** Empty: the values are the same, or this one lacks something. */
  changed: string;
  after: string;
}

/** Characters of what is the same that are shown at each side of what differs. */
const CONTEXT = 60;

/** Compares a text with another; what is the same and far from what differs is left out of the middle. */
export function comparedWith(other: string, text: string): ComparedValue {
  const shorter = Math.min(other.length, text.length);
  let start = 0;
  while (start < shorter && other[start] === text[start]) start += 1;
  // A character is marked as a whole.
  if (isWithinCharacter(text, start) || isWithinCharacter(other, start)) start -= 1;
  let end = 0;
  while (end < shorter - start && other.at(-1 - end) === text.at(-1 - end)) end += 1;
  if (isWithinCharacter(text, text.length - end) || isWithinCharacter(other, other.length - end)) end -= 1;
  const before = text.slice(0, start);
  const after = text.slice(text.length - end);
  return {
    before: before.length > 2 * CONTEXT ? `… ${before.slice(-CONTEXT)}` : before,
    changed: text.slice(start, text.length - end),
    after: after.length > 2 * CONTEXT ? `${after.slice(0, CONTEXT)} …` : after,
  };
}

/** Whether an offset is between the two halves of a character. */
function isWithinCharacter(text: string, offset: number): boolean {
  return (text.codePointAt(offset - 1) ?? 0) > 0xffff;
}
