/** Times of delivery, ISO 8601 with milliseconds: since inclusive, absent when there is no first; until exclusive. */
export interface TimeRange {
  since?: string | undefined;
  until: string;
}

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A time that is so much later, or earlier. */
export function shifted(time: string, milliseconds: number): string {
  return new Date(Date.parse(time) + milliseconds).toISOString();
}

/** All days, `YYYY-MM-DD`, from that of one time to that of another. */
export function daysBetween(from: string, to: string): string[] {
  const first = Date.parse(from.slice(0, 10));
  const count = Math.floor((Date.parse(to.slice(0, 10)) - first) / DAY_MS) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => new Date(first + i * DAY_MS).toISOString().slice(0, 10));
}

/** Whether a digest is of a range: what is delivered at the very start of its time is named by the one before. */
export function overlaps({ since, until }: TimeRange, from: string, to: string): boolean {
  return (since === undefined || to >= since) && from < until;
}

export function contains({ since, until }: TimeRange, time: string): boolean {
  return (since === undefined || time >= since) && time < until;
}

export const earlier = (a: string, b: string): string => (a < b ? a : b);
export const later = (a: string, b: string): string => (a > b ? a : b);
