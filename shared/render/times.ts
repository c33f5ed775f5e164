import { parseEventTime } from '../audit-event/event-time.ts';
import { displayText } from './display.ts';

/** How people want to see times. */
export interface TimeStyle {
  kind: 'absolute' | 'relative';
  /** Name of the time zone, as in the IANA database; `UTC`. */
  zone: string;
  /** The clock, in milliseconds since 1970. */
  now: number;
}

/** Times in one style. */
export interface TimeDisplay {
  /** Heading of a column of times, with what they are to be read in: `TIME (UTC+01:00)`. */
  heading(label: string): string;
  /**
   * `2026-11-06 03:31:18` or `3h ago`, under that heading; the text itself when it is not a time as CloudTrail writes it, or
   * there is no such time; `-` when there is no text.
   */
  show(time: string | undefined): string;
  /** A time that stands alone, whatever the style: `2026-11-06 03:31:18 UTC+01:00`; other texts as `show`. */
  full(time: string | undefined): string;
}

/** @returns the functions that show times in a style */
export function timeDisplay({ kind, zone, now }: TimeStyle): TimeDisplay {
  const clock = clockOf(zone);
  const headingOffset = clock(now).offset;
  const absolute = (time: number) => {
    const { wallTime, offset } = clock(time);
    // Summer and winter differ: a time in another offset than the heading's says its own.
    return offset === headingOffset ? wallTime : `${wallTime} ${offset.replace(/^UTC(?=[+-])/, '')}`;
  };
  const show = kind === 'relative' ? (time: number) => relativeTime(time, now) : absolute;
  const full = (time: number) => {
    const { wallTime, offset } = clock(time);
    return `${wallTime} ${offset}`;
  };
  return {
    heading: (label) => (kind === 'relative' ? label : `${label} (${headingOffset})`),
    show: (time) => whenValid(time, show),
    full: (time) => whenValid(time, full),
  };
}

/** `2026-11-06 02:31:18`, UTC; what `TimeDisplay.show` shows of other texts. */
export function utcTime(time: string | undefined): string {
  return timeDisplay({ kind: 'absolute', zone: 'UTC', now: 0 }).show(time);
}

/** Times are written by others: one that does not exist, such as 30 February or a leap second, is shown as it is written. */
function whenValid(time: string | undefined, show: (time: number) => string): string {
  if (time === undefined) return '-';
  const instant = time.endsWith('Z') ? parseEventTime(time) : undefined;
  return instant === undefined ? displayText(time) : show(instant);
}

/** `3h ago`, `in 5m`: the largest unit of which there is at least one, rounded down. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(now - time);
  const [unit, length] = UNITS.find(([, ms]) => distance >= ms) ?? UNITS.at(-1)!;
  const text = `${Math.floor(distance / length)}${unit}`;
  return time <= now ? `${text} ago` : `in ${text}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * DAY],
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
];

interface ZonedTime {
  /** `2026-11-06 03:31:18` */
  wallTime: string;
  /** `UTC`, `UTC+01:00` */
  offset: string;
}

function clockOf(zone: string): (time: number) => ZonedTime {
  const offsetAt = offsetsOf(zone);
  return (time) => {
    const offset = offsetAt(time);
    const [, sign, hours, minutes = 0, seconds = 0] = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(offset) ?? [];
    const ahead =
      sign === undefined
        ? 0
        : Number(`${sign}1`) * (Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND);
    return {
      wallTime: new Date(time + ahead)
        .toISOString()
        .replace(/\.\d+Z$/, '')
        .replace('T', ' '),
      offset,
    };
  };
}

/** The offset of a zone at a time: `UTC`, `UTC+01:00`, long ago with seconds: `UTC-03:30:52`. */
function offsetsOf(zone: string): (time: number) => string {
  if (zone === 'UTC') return () => 'UTC';
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    // What Node makes of an empty TZ, `Etc/Unknown`, is no zone to it either.
    return () => 'UTC';
  }
  return (time) => {
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')!.value;
    return name.replace('GMT', 'UTC');
  };
}
