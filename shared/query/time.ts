import parseDuration from 'parse-duration';
import { DAY_MS } from '../cloudtrail/times.ts';

const ISO_8601 =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(?<zone>Z|UTC|(?:UTC)?[+-]\d{2}:?\d{2})?)?$/i;
const AGE = /^(\d+(\.\d+)?\s*[a-zµ]+\s*)+$/i;
const AGE_PART = /[\d.]+\s*[a-zµ]+/gi;

/** The expectation if `readTime` does not understand a time. */
export const TIME_EXPECTATION =
  'expected an ISO 8601 time such as 2026-11-06 or 2026-11-06T02:30:00Z, or an age such as 7d';

/** Which of two instants is meant: in autumn, clocks show an hour twice. */
type Repeated = 'first' | 'last';

/**
 * A time as people give it: ISO 8601, date only or without an offset meaning that of `zone`; a time as our tables and texts
 * print it, `2026-11-06 02:30:00 UTC+01:00`; or an age such as `7d` or `1h30m`.
 * @param now in milliseconds since 1970
 * @param zone name of a time zone, as in the IANA database; `UTC`
 * @returns ISO 8601 in UTC with milliseconds, a width that sorts as text; undefined if it is no time
 */
export function readTime(value: string, now: number, zone = 'UTC', repeated: Repeated = 'first'): string | undefined {
  const text = value.trim();
  const time = AGE.test(text) ? now - ageOf(text) : parseIso(text, zone, repeated);
  // Years outside 0 to 9999 are written wider and would not sort.
  if (Number.isNaN(time) || time < Date.UTC(0) - 1e14 || time > 253_402_300_799_999) return undefined;
  const iso = new Date(time).toISOString();
  return iso.length === 24 ? iso : undefined;
}

/** Reads a length of time such as `10m` or `1h30m`, up to 1,000 days, in milliseconds; undefined if it is none. */
export function readAge(value: string): number | undefined {
  const text = value.trim();
  const age = AGE.test(text) ? ageOf(text) : Number.NaN;
  return age >= 0 && age <= 1000 * DAY_MS ? age : undefined;
}

/** In milliseconds. Each part must be valid: the parser would take only the first of `7d6x`. */
function ageOf(text: string): number {
  const parts = text.match(AGE_PART)?.map((part) => parseDuration(part) ?? Number.NaN) ?? [];
  return parts.reduce((sum, part) => sum + part, 0);
}

function parseIso(text: string, zone: string, repeated: Repeated): number {
  const parts = ISO_8601.exec(text)?.groups;
  if (!parts) return Number.NaN;
  const { day, clock = '00:00', zone: offset } = parts;
  // Date.parse turns 30 February into 2 March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day!)) return Number.NaN;
  if (offset === undefined) return instantOf(Date.parse(`${day}T${clock}Z`), zone, repeated);
  const isoOffset = offset
    .toUpperCase()
    .replace(/^UTC(?=[+-])/, '')
    .replace('UTC', 'Z');
  return Date.parse(`${day}T${clock}${isoOffset}`);
}

/**
 * When the clocks of a zone show a time.
 * @param wallTime what they show, as if it were UTC, in milliseconds since 1970
 * @returns milliseconds since 1970; for a time that the clocks skip, the instant as far after the change
 */
function instantOf(wallTime: number, zone: string, repeated: Repeated): number {
  if (zone === 'UTC' || Number.isNaN(wallTime)) return wallTime;
  const offsetAt = offsetsOf(zone);
  const before = wallTime - offsetAt(wallTime - DAY_MS).milliseconds;
  const after = wallTime - offsetAt(wallTime + DAY_MS).milliseconds;
  const candidates = repeated === 'first' ? [before, after] : [after, before];
  return candidates.find((instant) => instant + offsetAt(instant).milliseconds === wallTime) ?? before;
}

/** How far the clocks of a zone are ahead of UTC. */
export interface Offset {
  /** `UTC`, `UTC+01:00`; of long ago also with seconds: `UTC-03:30:52`. */
  name: string;
  milliseconds: number;
}

const NO_OFFSET: Offset = { name: 'UTC', milliseconds: 0 };

/**
 * The offset of a zone at an instant, in milliseconds since 1970.
 * @throws {RangeError} if there is no such zone
 */
export function offsetsOf(zone: string): (instant: number) => Offset {
  if (zone === 'UTC') return () => NO_OFFSET;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (instant) => {
    const gmt = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(gmt) ?? [];
    const ahead = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return { name: gmt.replace('GMT', 'UTC'), milliseconds: (sign === '-' ? -1 : 1) * ahead * 1000 };
  };
}
