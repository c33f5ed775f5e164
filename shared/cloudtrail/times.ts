/** Times of delivery, ISO 8601 with milliseconds: `since` inclusive, absent if there is no first; `until` exclusive. */
export interface TimeRange {
  since?: string | undefined;
  until: string;
}

/** A time that something covers, ISO 8601 with milliseconds: `from` exclusive, `to` inclusive. */
export interface Interval {
  from: string;
  to: string;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Returns the time that many milliseconds later; earlier if negative. */
export const shifted = (time: string, milliseconds: number): string => isoTime(Date.parse(time) + milliseconds);

/** The days, `YYYY-MM-DD`, from that of one time to that of another, both inclusive. */
export function daysBetween(from: string, to: string): string[] {
  const first = Date.parse(from.slice(0, 10));
  const count = Math.floor((Date.parse(to.slice(0, 10)) - first) / DAY_MS) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => isoTime(first + i * DAY_MS).slice(0, 10));
}

/** Whether a digest belongs to a range. Log files delivered exactly at its start are named by the digest before. */
export function overlaps({ since, until }: TimeRange, { from, to }: Interval): boolean {
  return (since === undefined || to >= since) && from < until;
}

export function contains({ since, until }: TimeRange, time: string): boolean {
  return (since === undefined || time >= since) && time < until;
}

export const earlier = (a: string, b: string): string => (a < b ? a : b);
export const later = (a: string, b: string): string => (a > b ? a : b);

/** Returns the parts of a time that no interval covers, in order. */
export function uncovered(intervals: readonly Interval[], { from, to }: Interval): Interval[] {
  const open: Interval[] = [];
  let at = from;
  for (const covered of [...intervals].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (covered.from > at) open.push({ from: at, to: earlier(covered.from, to) });
    at = later(at, covered.to);
    if (at >= to) break;
  }
  if (at < to) open.push({ from: at, to });
  return open.filter((part) => part.from < part.to);
}
