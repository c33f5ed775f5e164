import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from './cli.ts';

/** A process that stays until it is told to end. */
export interface BackgroundProcess {
  pid: number;
  /** Waits until it has said a text.
   * @returns all that it has said, on both streams
   */
  says(text: string): Promise<string>;
  /** @returns its exit code, or null if a signal ended it */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  ended: Promise<number | null>;
}

/** Listens to what a process says. */
export function follow(child: ChildProcessByStdio<null, Readable, Readable>): BackgroundProcess {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    pid: child.pid!,
    ended,
    says: async (text) => {
      for (const deadline = Date.now() + 60_000; !said.includes(text); await setTimeout(20)) {
        if (child.exitCode !== null || Date.now() > deadline) throw new Error(`expected "${text}", found: ${said}`);
      }
      return said;
    },
    end: (signal = 'SIGINT') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Starts what `npm run local` runs, over the store in a folder, on free ports. */
export function startLocal(
  folder: string,
  env: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): BackgroundProcess {
  mkdirSync(folder, { recursive: true });
  const args = [join(ROOT, 'local', 'main.ts'), '--dynamodb-port', '0', '--s3-port', '0', ...options];
  const surroundings = { cwd: folder, env: { ...process.env, ...env } };
  return follow(spawn(process.execPath, args, { ...surroundings, stdio: ['ignore', 'pipe', 'pipe'] }));
}
