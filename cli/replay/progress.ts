import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** So many more files are done. */
  advance(files: number): void;
  stop(): void;
}

/** A bar on standard error while it is a terminal; nothing otherwise. */
export function createProgress(total: number): Progress {
  if (!process.stderr.isTTY) return { advance() {}, stop() {} };
  const bar = new SingleBar(
    {
      format: 'Replaying {bar} {value}/{total} files, {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: (files) => bar.increment(files), stop: () => bar.stop() };
}
