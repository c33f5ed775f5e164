import { parseEventTime } from '../audit-event/event-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../cloudtrail/times.ts';
import { type Offset, offsetsOf } from '../query/time.ts';
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
   * `2026-11-06 03:31:18` or `3h ago`, under that heading; the text itself if it is not a valid time as CloudTrail writes it;
   * `-` if there is none.
   */
  show(time: string | undefined): string;
  /** A time without a heading, in any style: `2026-11-06 03:31:18 UTC+01:00`; other texts as `show`. */
  full(time: string | undefined): string;
}

export function timeDisplay({ kind, zone, now }: TimeStyle): TimeDisplay {
  const offsetAt = knownOffsets(zone);
  const heading = offsetAt(now).name;
  const full = (time: number) => `${wallTime(time, offsetAt(time))} ${offsetAt(time).name}`;
  const absolute = (time: number) => {
    const offset = offsetAt(time);
    // Summer and winter differ: a time with another offset than the heading's has its own.
    const ownOffset = offset.name === heading ? '' : ` ${offset.name.replace(/^UTC(?=[+-])/, '')}`;
    return wallTime(time, offset) + ownOffset;
  };
  const relative = (time: number) => relativeTime(time, now);
  return {
    heading: (label) => (kind === 'relative' ? label : `${label} (${heading})`),
    show: (time) => whenValid(time, kind === 'relative' ? relative : absolute),
    full: (time) => whenValid(time, full),
  };
}

function knownOffsets(zone: string): (time: number) => Offset {
  try {
    return offsetsOf(zone);
  } catch {
    // For an empty TZ, Node has the zone `Etc/Unknown`, which it does not accept itself.
    return offsetsOf('UTC');
  }
}

/** `2026-11-06 03:31:18` */
function wallTime(time: number, { milliseconds }: Offset): string {
  return new Date(time + milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace('T', ' ');
}

/** Shows times that do not exist, such as 30 February or a leap second, as they are written. */
function whenValid(time: string | undefined, show: (time: number) => string): string {
  if (time === undefined) return '-';
  const instant = time.endsWith('Z') ? parseEventTime(time) : undefined;
  return instant === undefined ? displayText(time) : show(instant);
}

/** `3h ago`, `in 5m`: in the largest unit that fits, rounded down. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(now - time);
  const [unit, length] = UNITS.find(([, ms]) => distance >= ms) ?? UNITS.at(-1)!;
  const text = `${Math.floor(distance / length)}${unit}`;
  return time <= now ? `${text} ago` : `in ${text}`;
}

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * DAY_MS],
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', 1000],
];
