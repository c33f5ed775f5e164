import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../lib/command.ts';
import type { Tally } from './tally.ts';

export interface BackfillProgress {
  stop(): void;
}

/** How often the bar moves, and how often a line is written where there is no terminal. */
const BAR_MS = 200;
const LINE_MS = 10_000;

/** Tells how far a backfill is: a bar on a terminal, else a line now and then. */
export function showProgress(tally: Tally, doing: string, output: Output, lineMs = LINE_MS): BackfillProgress {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  return output.isTTY ? showBar(tally, doing, seconds, output) : writeLines(tally, doing, seconds, output, lineMs);
}

function showBar(tally: Tally, doing: string, seconds: () => number, output: Output): BackfillProgress {
  const bar = new SingleBar(
    {
      format: `${doing} {bar} {progress}`,
      stream: output,
      clearOnComplete: true,
      barsize: 20,
      hideCursor: true,
      // Ctrl-C is ours.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  const update = () => {
    bar.setTotal(Math.max(tally.listed.bytes, 1));
    bar.update(tally.listingDone ? tally.done.bytes : 0, { progress: progressText(tally, seconds()) });
  };
  bar.start(1, 0, { progress: '' });
  const timer = setInterval(update, BAR_MS);
  return {
    // A bar that is not stopped keeps the process alive.
    stop() {
      clearInterval(timer);
      bar.stop();
    },
  };
}

function writeLines(
  tally: Tally,
  doing: string,
  seconds: () => number,
  output: Output,
  lineMs: number,
): BackfillProgress {
  const timer = setInterval(() => output.write(`${doing}: ${progressText(tally, seconds())}\n`), lineMs);
  return { stop: () => clearInterval(timer) };
}

/** `1,200/20,000 files, 12.0/310.2 MB, 345 new events, 310 files/s, 1m 2s left`; while files are still found, of how many is not known. */
export function progressText({ done, listed, listingDone, eventsStored, selected }: Tally, seconds: number): string {
  const rate = seconds > 0 ? done.files / seconds : 0;
  return [
    `${whole(done.files)}/${whole(selected)} files${listingDone ? '' : ' found so far'}`,
    `${megabytes(done.bytes)}/${megabytes(listed.bytes)} MB`,
    `${whole(eventsStored)} new events`,
    `${whole(rate)} files/s`,
    listingDone ? timeLeft(done.bytes, listed.bytes, seconds) : 'still listing: time left not known',
  ].join(', ');
}

function timeLeft(done: number, all: number, seconds: number): string {
  if (done === 0) return 'time left not known';
  const left = Math.ceil(((all - done) * seconds) / done);
  if (left < 60) return `${left}s left`;
  const minutes = Math.floor(left / 60);
  return minutes < 60 ? `${minutes}m ${left % 60}s left` : `${Math.floor(minutes / 60)}h ${minutes % 60}m left`;
}

const whole = (n: number) => Math.round(n).toLocaleString('en-US');
const megabytes = (bytes: number) => (bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 });
