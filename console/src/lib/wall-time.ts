import { offsetsOf, readTime } from '../../../shared/query/time.ts';

/**
 * What the clocks of a zone show at a time: `['2026-11-06', '03:31:18']`; undefined if it is no time.
 * @param time as the HTTP API takes it
 * @param now in milliseconds since 1970
 */
export function wallTime(time: string, now: number, zone: string): [date: string, clock: string] | undefined {
  const iso = readTime(time, now, zone);
  if (iso === undefined) return undefined;
  const instant = Date.parse(iso);
  const shown = new Date(instant + offsetsOf(zone)(instant).milliseconds).toISOString();
  return [shown.slice(0, 10), shown.slice(11, 19)];
}
