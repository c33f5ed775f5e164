import { type Command, Option } from 'commander';
import type { Environment } from '../shared/config.ts';
import type { View } from '../shared/render/view.ts';

/** How times are to be shown. */
export interface TimeOptions {
  utc?: true;
  relative?: true;
}

/** For commands that show times in full. */
export function addZoneOption(command: Command): Command {
  return command.option('--utc', 'show times in UTC; without it they are local on a terminal, and UTC elsewhere');
}

/** For commands with columns of times. */
export function addTimeOptions(command: Command): Command {
  return addZoneOption(command).addOption(new Option('--relative', 'show how long ago').conflicts('utc'));
}

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>;

/** What the reader of a stream sees: a terminal's width, colours and local time, or everything, plain and in UTC. */
export function viewOf(output: Output, env: Environment, { utc, relative }: TimeOptions, now: number): View {
  return {
    ...(output.isTTY && output.columns > 0 ? { width: output.columns } : {}),
    colour: hasColours(output, env),
    times: {
      kind: relative ? 'relative' : 'absolute',
      zone: output.isTTY && !utc ? localZone() : 'UTC',
      now,
    },
  };
}

/** https://no-color.org, https://force-color.org; whoever forces colours wins. */
function hasColours(output: Output, env: Environment): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return output.isTTY === true && output.hasColors({ ...env });
}

function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
