import { Option } from 'commander';
import { defined } from '../../shared/defined.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { type Flag, UsageError, type Values } from './command.ts';

/** The forms of a time; an example of an age follows. */
export const SINCE = 'ISO 8601, in UTC unless it has an offset, or an age such as';

/** For commands that take or show times. */
export const ZONE = {
  local: {
    options: (flag) => [
      new Option(flag, 'read and show times in the local time zone instead of UTC').conflicts('utc'),
      // Earlier versions showed local times on terminals.
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

/** The zone in which times are both read and shown. */
export function zoneOf({ local }: TimeOptions): string {
  if (!local) return 'UTC';
  const zone: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Node's answer if TZ names no zone; its clock shows UTC then.
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone;
}

/** Reads the time of a flag, to ISO 8601 in UTC. Returns undefined if it was not given. */
export function givenTime<T extends string | undefined>(
  name: string,
  given: T,
  now: number,
  options: TimeOptions,
): T | string {
  return given === undefined ? given : timeCriterion(name, given, now, zoneOf(options));
}

/** Reads `--since` and `--until`, to ISO 8601 in UTC. */
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
