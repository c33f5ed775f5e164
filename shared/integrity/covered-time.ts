import type { Interval } from './chain.ts';
import { earlier, later } from './time-range.ts';

/** The times in which an account and Region was logged, by the chains of digests of all its trails together. */
export class CoveredTime {
  private readonly spans: readonly Interval[];

  constructor(spans: readonly Interval[]) {
    this.spans = [...spans].sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  has(time: string): boolean {
    return this.spans.some(({ from, to }) => time > from && time <= to);
  }

  /** The parts of a time that no chain covers, in order. */
  uncovered(from: string, to: string): Interval[] {
    const open: Interval[] = [];
    let at = from;
    for (const span of this.spans) {
      if (span.from > at) open.push({ from: at, to: earlier(span.from, to) });
      at = later(at, span.to);
      if (at >= to) break;
    }
    if (at < to) open.push({ from: at, to });
    return open.filter((part) => part.from < part.to);
  }
}
