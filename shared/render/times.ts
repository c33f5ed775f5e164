import { displayText, displayTime } from './display.ts';

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
  /** `2026-11-06 03:31:18` or `3h ago`, under that heading; the text itself when it is not a time as CloudTrail writes it. */
  show(time: string | undefined): string;
  /** A time that stands alone, whatever the style: `2026-11-06 03:31:18 UTC+01:00`. */
  full(time: string): string;
}

const CLOUDTRAIL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** @returns the functions that show times in a style */
export function timeDisplay({ kind, zone, now }: TimeStyle): TimeDisplay {
  const clock = zone === 'UTC' ? utcClock : zoneClock(zone);
  const headingOffset = clock(new Date(now).toISOString()).offset;
  const absolute = (time: string) => {
    const { wallTime, offset } = clock(time);
    // Summer and winter differ: a time in another offset than the heading's says its own.
    return offset === headingOffset ? wallTime : `${wallTime} ${offset.replace('UTC+', '+').replace('UTC-', '-')}`;
  };
  const show = kind === 'relative' ? (time: string) => relativeTime(Date.parse(time), now) : absolute;
  return {
    heading: (label) => (kind === 'relative' ? label : `${label} (${headingOffset})`),
    show: (time = '') => (CLOUDTRAIL_TIME.test(time) ? show(time) : displayText(time)),
    full(time) {
      if (!CLOUDTRAIL_TIME.test(time)) return displayText(time);
      const { wallTime, offset } = clock(time);
      return `${wallTime} ${offset}`;
    },
  };
}

/** `2026-11-06 02:31:18`, UTC; the text itself when it is not a time as CloudTrail writes it. */
export function utcTime(time: string | undefined): string {
  return timeDisplay({ kind: 'absolute', zone: 'UTC', now: 0 }).show(time);
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

function utcClock(time: string): ZonedTime {
  return { wallTime: displayTime(time), offset: 'UTC' };
}

function zoneClock(zone: string): (time: string) => ZonedTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(Date.parse(time)).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, second, timeZoneName } = parts;
    return {
      wallTime: `${year!.padStart(4, '0')}-${month}-${day} ${hour}:${minute}:${second}`,
      offset: timeZoneName!.replace('GMT', 'UTC'),
    };
  };
}
