import parseDuration from 'parse-duration';

const ISO_8601 =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<hours>\d{2}:\d{2})(?<seconds>:\d{2}(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/i;
const AGE = /^(\d+(\.\d+)?\s*[a-zµ]+\s*)+$/i;
const AGE_PART = /[\d.]+\s*[a-zµ]+/gi;

/**
 * A time as people give it: ISO 8601, date only or without a zone meaning UTC, or an age such as `7d` or `1h30m`.
 * @param now in milliseconds since 1970
 * @returns ISO 8601 in UTC with milliseconds, a width that sorts as text; nothing when it is no time
 */
export function readTime(value: string, now: number): string | undefined {
  const text = value.trim();
  const time = AGE.test(text) ? now - ageOf(text) : parseIso(text);
  // Years outside 0 to 9999 are written wider and would not sort.
  if (Number.isNaN(time) || time < Date.UTC(0) - 1e14 || time > 253_402_300_799_999) return undefined;
  const iso = new Date(time).toISOString();
  return iso.length === 24 ? iso : undefined;
}

/** In milliseconds. Each part must be understood: of `7d6x` the parser would take the first alone. */
function ageOf(text: string): number {
  const parts = text.match(AGE_PART)?.map((part) => parseDuration(part) ?? Number.NaN) ?? [];
  return parts.reduce((sum, part) => sum + part, 0);
}

function parseIso(text: string): number {
  const parts = ISO_8601.exec(text)?.groups;
  if (!parts) return Number.NaN;
  const { day, hours = '00:00', seconds = ':00', zone = 'Z' } = parts;
  const time = Date.parse(`${day}T${hours}${seconds}${zone.toUpperCase()}`);
  // Date.parse turns 30 February into 2 March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight)) return Number.NaN;
  return new Date(midnight).toISOString().startsWith(day!) ? time : Number.NaN;
}
