import { type Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import type { View } from '../../shared/render/view.ts';

/** In which zone times are read and shown, and how. */
export interface TimeOptions {
  local?: true;
  relative?: true;
}

/** For commands that take or show times. */
export function addZoneOption(command: Command): Command {
  return (
    command
      .addOption(
        new Option('--local', 'read and show times in the time zone of this machine instead of UTC').conflicts('utc'),
      )
      // From when a terminal showed local times.
      .addOption(new Option('--utc', 'UTC, as without it').hideHelp())
  );
}

/** For commands with columns of times. */
export function addTimeOptions(command: Command): Command {
  return addZoneOption(command).option('--relative', 'show how long ago');
}

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>;

/** What the reader of a stream sees: a terminal's width and colours, or everything, plain. */
export function viewOf(output: Output, env: Environment, options: TimeOptions, now: number): View {
  return {
    ...(output.isTTY && output.columns > 0 ? { width: output.columns } : {}),
    colour: hasColours(output, env),
    times: { kind: options.relative ? 'relative' : 'absolute', zone: zoneOf(options), now },
  };
}

/** The zone that times are read and shown in, whatever reads them: what is copied from an answer means the same in a question. */
export function zoneOf({ local }: TimeOptions): string {
  return local ? machineZone() : 'UTC';
}

function machineZone(): string {
  const zone: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  // What Node says when TZ names no zone; its clock shows UTC then.
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone;
}

/** https://no-color.org, https://force-color.org; whoever forces colours wins. */
function hasColours(output: Output, env: Environment): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return output.isTTY === true && output.hasColors({ ...env });
}
