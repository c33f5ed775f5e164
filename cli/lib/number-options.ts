import { InvalidArgumentError } from 'commander';
import parseDuration from 'parse-duration';

/** A whole number from 1, as an option's value. */
export function readCount(value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(value);
}

/** A length of time such as `30s` or `1h30m`, in milliseconds, as an option's value. */
export function readDuration(value: string): number {
  const ms = /^\s*\d/.test(value) && /[a-z]\s*$/i.test(value) ? parseDuration(value) : null;
  if (ms === null || !(ms >= 1_000 && ms <= LONGEST_MS)) {
    throw new InvalidArgumentError('Expected a length of time from 1s to 24d, such as 30s or 1h30m.');
  }
  return ms;
}

/** A timer's longest wait is little more. */
const LONGEST_MS = 24 * 24 * 3600 * 1000;
