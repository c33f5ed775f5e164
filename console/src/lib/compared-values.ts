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
  const a = [...other];
  const b = [...text];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const before = b.slice(0, start);
  const after = b.slice(b.length - end);
  return {
    before: before.length > 2 * CONTEXT ? `… ${before.slice(-CONTEXT).join('')}` : before.join(''),
    changed: b.slice(start, b.length - end).join(''),
    after: after.length > 2 * CONTEXT ? `${after.slice(0, CONTEXT).join('')} …` : after.join(''),
  };
}
