import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../lib/command.ts';

export interface Progress {
  /** So many more files are done. */
  advance(files: number): void;
  stop(): void;
}

/**
 * A bar if the output is a terminal; nothing otherwise.
 * @param total of files; absent when it is not known beforehand
 */
export function createProgress(total: number | undefined, output: Output, doing = 'Replaying'): Progress {
  if (!output.isTTY) return { advance() {}, stop() {} };
  const bar = new SingleBar(
    {
      format:
        total === undefined ? `${doing}: {value} files` : `${doing} {bar} {value}/{total} files, {eta_formatted} left`,
      stream: output,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(total ?? 0, 0);
  return { advance: (files) => bar.increment(files), stop: () => bar.stop() };
}
