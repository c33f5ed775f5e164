import { Option } from 'commander';
import { defined } from '../../shared/defined.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { type Flag, UsageError, type Values } from './command.ts';

/** What a time may be; an age follows. */
export const SINCE = 'ISO 8601, in UTC unless it has an offset, or an age such as';

/** For commands that take or show times. */
export const ZONE = {
  local: {
    options: (flag) => [
      new Option(flag, 'read and show times in the local time zone instead of UTC').conflicts('utc'),
      // From when a terminal showed local times.
      new Option('--utc', 'UTC, as without it').hideHelp(),
    ],
  } as Flag<true | undefined>,
};

/** For commands with columns of times. */
export const TIMES = {
  ...ZONE,
  relative: { options: (flag) => [new Option(flag, 'show times as ages')] } as Flag<true | undefined>,
};
export type TimeOptions = Values<typeof TIMES>;

/** The zone that times are read and shown in, so that a time that is copied from an answer means the same in a question. */
export function zoneOf({ local }: TimeOptions): string {
  if (!local) return 'UTC';
  const zone: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  // What Node says when TZ names no zone; its clock shows UTC then.
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone;
}

/** A time that was given, in ISO 8601 in UTC; undefined if none was. @param name of its flag */
export function givenTime<T extends string | undefined>(
  name: string,
  given: T,
  now: number,
  options: TimeOptions,
): T | string {
  return given === undefined ? given : timeCriterion(name, given, now, zoneOf(options));
}

/** The times that `--since` and `--until` give, in ISO 8601 in UTC. */
export function readPeriod(
  options: { since?: string; until?: string } & TimeOptions,
  now: number,
): { since?: string; until?: string } {
  const since = givenTime('since', options.since, now, options);
  const until = givenTime('until', options.until, now, options);
  if (since !== undefined && until !== undefined && since >= until)
    throw new UsageError('--since: expected a time before --until');
  return defined({ since, until });
}
