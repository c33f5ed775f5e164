import type { QueryDeps } from '../query/ask.ts';
import { type Completeness, readCompleteness } from '../query/completeness.ts';
import type { HttpDeps } from './operation.ts';

const LIFETIME_MS = 60_000;
/** Pairs of days that are remembered. */
const MAX_ENTRIES = 100;

/** `readCompleteness` that asks again only after a minute. It tells days apart, not times within one. */
export function rememberedCompleteness(deps: QueryDeps): HttpDeps['completeness'] {
  const entries = new Map<string, { until: number; answer: Promise<Completeness> }>();
  return (range) => {
    const key = JSON.stringify([range.since?.slice(0, 10), range.until?.slice(0, 10)]);
    const entry = entries.get(key);
    if (entry && deps.now() < entry.until) return entry.answer;
    const answer = readCompleteness(range, deps);
    entries.delete(key);
    entries.set(key, { until: deps.now() + LIFETIME_MS, answer });
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
    answer.catch(() => entries.delete(key));
    return answer;
  };
}
