import { distance } from 'fastest-levenshtein';

const MAX_NEAREST = 3;
/** Shorter names are parts of too many others. */
const MIN_PART_LENGTH = 3;

/**
 * Returns the known names that a wrong one may have meant: a few typing errors away, or one a part of the other. Those that
 * differ only in case come first, then the most similar.
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const wanted = name.trim().toLowerCase();
  const near = known.flatMap((candidate) => {
    const other = candidate.toLowerCase();
    const edits = distance(wanted, other);
    return isPart(wanted, other) || edits <= Math.max(1, Math.floor(wanted.length / 3)) ? [{ candidate, edits }] : [];
  });
  near.sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1));
  return near.slice(0, MAX_NEAREST).map(({ candidate }) => candidate);
}

function isPart(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= MIN_PART_LENGTH && long.includes(short);
}

/** Says what was expected instead of a value: `one of Management, Data; did you mean Data?` */
export function oneOf(allowed: readonly string[], wrong: string): string {
  const [nearest] = nearestNames(wrong, allowed);
  return `one of ${allowed.join(', ')}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}
