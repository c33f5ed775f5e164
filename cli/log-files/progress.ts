import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../lib/command.ts';
import type { Tally } from './tally.ts';

/** Progress of work. */
export interface ProgressState {
  done: number;
  /** 0 while it is not known. */
  total: number;
  text: string;
}

/** How often the bar moves, and how often a line is written where there is no terminal. */
const BAR_MS = 200;
const LINE_MS = 10_000;

/**
 * Shows progress: a bar on a terminal, otherwise a line from time to time.
 * @param state called with the seconds since the beginning
 * @returns a function that ends it; until then a bar keeps the process alive
 */
export function showProgress(
  doing: string,
  state: (seconds: number) => ProgressState,
  output: Output,
  lineMs = LINE_MS,
): () => void {
  const started = performance.now();
  const now = () => state((performance.now() - started) / 1000);
  if (!output.isTTY) {
    const timer = setInterval(() => output.write(`${doing}: ${now().text}\n`), lineMs);
    return () => clearInterval(timer);
  }
  const bar = new SingleBar(
    {
      format: `${doing} {bar} {text}`,
      stream: output,
      clearOnComplete: true,
      barsize: 20,
      // It would handle Ctrl-C.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { text: '' });
  const timer = setInterval(() => {
    const { done, total, text } = now();
    bar.setTotal(Math.max(total, 1));
    bar.update(total === 0 ? 0 : done, { text });
  }, BAR_MS);
  return () => {
    clearInterval(timer);
    bar.stop();
  };
}

/** Shows progress while log files are processed. */
export async function withProgress<T>(doing: string, tally: Tally, output: Output, work: () => Promise<T>): Promise<T> {
  const stop = showProgress(doing, (seconds) => progressOf(tally, seconds), output);
  return work().finally(stop);
}

/**
 * Progress by bytes, because they take the time. Its text: `1,200/20,000 files, 12/310.2 MB, 345 new events, 310 files/s, 1m 2s left`;
 * the total is not known while files are still being found.
 */
export function progressOf({ done, listed, listingDone, selected }: Tally, seconds: number): ProgressState {
  const rate = seconds > 0 ? done.files / seconds : 0;
  const text = [
    `${whole(done.files)}/${whole(selected)} files${listingDone ? '' : ' found so far'}`,
    `${megabytes(done.bytes)}/${megabytes(listed.bytes)} MB`,
    `${whole(done.eventsStored)} new events`,
    `${whole(rate)} files/s`,
    listingDone ? timeLeft(done.bytes, listed.bytes, seconds) : 'still listing: time left not known',
  ].join(', ');
  return { done: done.bytes, total: listingDone ? listed.bytes : 0, text };
}

function timeLeft(done: number, all: number, seconds: number): string {
  if (done === 0) return 'time left not known';
  const left = Math.ceil(((all - done) * seconds) / done);
  if (left < 60) return `${left}s left`;
  const minutes = Math.floor(left / 60);
  return minutes < 60 ? `${minutes}m ${left % 60}s left` : `${Math.floor(minutes / 60)}h ${minutes % 60}m left`;
}

const whole = (n: number) => Math.round(n).toLocaleString('en-US');
export const megabytes = (bytes: number) => (bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 });
