import type { QueryDeps } from './ask.ts';

interface CacheLimits {
  lifetimeMs: number;
  maxEntries: number;
}

/** Answers that several callers share for a time. One that failed is asked for again. */
export class AnswerCache<Answer> {
  private readonly entries = new Map<string, { until: number; answer: Promise<Answer> }>();
  private readonly limits: CacheLimits;
  private readonly clock: Pick<QueryDeps, 'now'>;

  constructor(limits: CacheLimits, clock: Pick<QueryDeps, 'now'>) {
    this.limits = limits;
    this.clock = clock;
  }

  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const entry = this.entries.get(key);
    if (entry && this.clock.now() < entry.until) return entry.answer;
    const answer = ask();
    this.entries.delete(key);
    this.entries.set(key, { until: this.clock.now() + this.limits.lifetimeMs, answer });
    const [oldest = key] = this.entries.keys();
    if (this.entries.size > this.limits.maxEntries) this.entries.delete(oldest);
    answer.catch(() => {
      if (this.entries.get(key)?.answer === answer) this.entries.delete(key);
    });
    return answer;
  }
}
