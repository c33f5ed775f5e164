import type { EventFlag } from './audit-event.ts';

/** When an event happened, in the forms that are stored. */
interface EventTime {
  /** UTC with milliseconds: `2026-11-02T09:15:00.000Z`, one width, so that text order is time order. */
  normalized: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  flags: readonly EventFlag[];
}

/** Stands for the day of events without a usable time. */
export const NO_DAY = '0000-00-00';

/** Sorts before every real time. */
const INVALID: EventTime = { normalized: `${NO_DAY}T00:00:00.000Z`, day: NO_DAY, flags: ['invalid-event-time'] };

const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;
/** How far ahead of the reader's clock an event may be before it is flagged. */
const CLOCK_SKEW_MS = 24 * 3600 * 1000;

/** @param now the reader's clock, in milliseconds since 1970 */
export function readEventTime(eventTime: string | undefined, now: number): EventTime {
  const time = parseEventTime(eventTime);
  if (time === undefined) return INVALID;
  const normalized = new Date(time).toISOString();
  return { normalized, day: normalized.slice(0, 10), flags: time > now + CLOCK_SKEW_MS ? ['future-event-time'] : [] };
}

/**
 * Returns the milliseconds since 1970 of an ISO 8601 time with a zone, in the years 0000 to 9999; undefined for other
 * texts, and for times that do not exist, such as 30 February. JavaScript has no leap seconds.
 */
export function parseEventTime(eventTime: string | undefined): number | undefined {
  const match = ISO_8601.exec(eventTime ?? '');
  if (!match || !isCalendarDay(match)) return undefined;
  const time = Date.parse(match[0]);
  return time >= YEAR_0 && time < YEAR_10000 ? time : undefined;
}

const YEAR_0 = Date.parse('0000-01-01T00:00:00Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00Z');

/** Date.parse turns 30 February into 2 March. */
function isCalendarDay([, year, month, day]: RegExpExecArray): boolean {
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** The normalized eventTime in a timeKey, which is that, `#` and the eventID. */
export const timeOf = (timeKey: string) => timeKey.slice(0, timeKey.indexOf('#'));
