import { pMapIterable } from 'p-map';
import { countsOf, type FileResult, type ListedFile } from './file-result.ts';
import type { Tally } from './tally.ts';

/** A log file and its result. */
export interface Done<F extends ListedFile = ListedFile> {
  file: F;
  result: FileResult;
}

interface Processing<D extends Done> {
  concurrency: number;
  tally: Tally;
  /** Writes the ledger entries of a window, and returns the results that are final. Absent: all results are. */
  endWindow?(window: D[]): D[] | Promise<D[]>;
}

/** Files in a window, and how long a window stays open. */
const WINDOW = 1_000;
const WINDOW_MS = 5_000;

/**
 * Processes many log files, some at the same time. Results are collected into windows; while one ends, work on other files goes
 * on. Memory holds the results of two windows.
 * @param items files, or batches of them
 * @throws the first error of `items` or `work`. After an error no more items are taken, and those in progress are finished.
 */
export async function processFiles<T, D extends Done>(
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<D[]>,
  { concurrency, tally, endWindow = (window) => window }: Processing<D>,
): Promise<void> {
  // On an error, pMapIterable would drop results.
  const errors: unknown[] = [];
  async function* untilError() {
    try {
      for await (const item of items) {
        if (errors.length > 0) return;
        yield item;
      }
    } catch (error) {
      errors.push(error);
    }
  }
  const workAndAdvance = async (item: T): Promise<D[]> => {
    try {
      const done = await work(item);
      for (const { file, result } of done) tally.advance(file, countsOf(result).eventsStored);
      return done;
    } catch (error) {
      errors.push(error);
      return [];
    }
  };
  const options = { concurrency, backpressure: WINDOW + concurrency, preserveOrder: false };
  for await (const window of windowsOf(pMapIterable(untilError(), workAndAdvance, options))) {
    for (const { file, result } of await endWindow(window)) tally.add(file, result);
  }
  if (errors.length > 0) throw errors[0];
}

/** Collects results into windows. One ends when it is full, or some seconds after its first result, even if no other follows. */
async function* windowsOf<D>(results: AsyncIterable<D[]>): AsyncGenerator<D[]> {
  const iterator = results[Symbol.asyncIterator]();
  let window: D[] = [];
  const never = new Promise<undefined>(() => {});
  let due = never;
  for (let next = iterator.next(); ; ) {
    const result = await Promise.race([next, due]);
    if (result?.done) break;
    if (result) {
      if (window.length === 0) due = new Promise((resolve) => setTimeout(() => resolve(undefined), WINDOW_MS).unref());
      window.push(...result.value);
      next = iterator.next();
      if (window.length < WINDOW) continue;
    }
    if (window.length > 0) yield window;
    window = [];
    due = never;
  }
  if (window.length > 0) yield window;
}

/** Limits the bytes in progress, first come, first served. One item always runs, however big. */
export class ByteBudget {
  private readonly bytes: number;
  private taken = 0;
  private readonly waiting: { bytes: number; begin: () => void }[] = [];

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ bytes, begin });
      this.beginNext();
    });
    try {
      return await work();
    } finally {
      this.taken -= bytes;
      this.beginNext();
    }
  }

  private beginNext(): void {
    for (let [next] = this.waiting; next; [next] = this.waiting) {
      if (this.taken > 0 && this.taken + next.bytes > this.bytes) return;
      this.waiting.shift();
      this.taken += next.bytes;
      next.begin();
    }
  }
}
