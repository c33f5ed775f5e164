/** When an event happened, in the forms that are stored. */
export interface EventTime {
  /** UTC with milliseconds: `2026-11-02T09:15:00.000Z`, one width, so that text order is time order. */
  normalised: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  flag?: 'invalid-event-time' | 'future-event-time';
}

/** Sorts before every real time. */
const INVALID: EventTime = {
  normalised: '0000-00-00T00:00:00.000Z',
  day: '0000-00-00',
  flag: 'invalid-event-time',
};

const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;
/** How far ahead of the reader's clock an event may be before it is flagged. */
const CLOCK_SKEW_MS = 24 * 3600 * 1000;

/** @param now the reader's clock, in milliseconds since 1970 */
export function readEventTime(eventTime: string | undefined, now: number): EventTime {
  const match = ISO_8601.exec(eventTime ?? '');
  const time = match ? Date.parse(eventTime!) : Number.NaN;
  if (Number.isNaN(time) || !isCalendarDay(match!)) return INVALID;
  const normalised = new Date(time).toISOString();
  // Years outside 0000-9999 are written wider.
  if (normalised.length !== INVALID.normalised.length) return INVALID;
  return {
    normalised,
    day: normalised.slice(0, 10),
    ...(time > now + CLOCK_SKEW_MS ? { flag: 'future-event-time' } : {}),
  };
}

/** Date.parse turns 30 February into 2 March. */
function isCalendarDay([, year, month, day]: RegExpExecArray): boolean {
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}
