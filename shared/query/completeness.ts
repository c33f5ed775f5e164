import { type LogFileProblem, listProblems, listWatermarks, type Watermark } from '../store/ledger.ts';
import type { QueryDeps } from './ask.ts';
import type { Criteria } from './criteria-table.ts';

/** How complete the events of an answer are. */
export interface Completeness {
  /** The newest log file that was ingested, for each account and Region. */
  newestLogFiles: Watermark[];
  /** Log files, delivered in the time of the question, that are not stored completely. */
  problems: LogFileProblem[];
  /** There are more problems than are listed. */
  problemsTruncated: boolean;
}

const MAX_PROBLEMS = 100;
/** An event's log file may be delivered on a later day: minutes later, at most about a day. */
const DAY_MS = 24 * 3600 * 1000;

/** Reads how complete the ledger is for events between times, as `readCriteria` returns them. */
export async function readCompleteness(
  { since, until }: Pick<Criteria, 'since' | 'until'>,
  { dynamo, tables }: QueryDeps,
): Promise<Completeness> {
  const days = { from: since?.slice(0, 10), to: until === undefined ? undefined : dayAfter(until) };
  const [newestLogFiles, problems] = await Promise.all([
    listWatermarks(dynamo, tables.logFilesTable),
    listProblems(dynamo, tables.logFilesTable, days, MAX_PROBLEMS + 1),
  ]);
  return {
    newestLogFiles,
    problems: problems.slice(0, MAX_PROBLEMS),
    problemsTruncated: problems.length > MAX_PROBLEMS,
  };
}

/** Returns undefined for the last day that sorts as text: none comes after it. */
function dayAfter(time: string): string | undefined {
  return time.startsWith('9999-12-31') ? undefined : new Date(Date.parse(time) + DAY_MS).toISOString().slice(0, 10);
}

const LIFETIME_MS = 60_000;
/** Pairs of days in the cache. */
const MAX_ENTRIES = 100;

/** `readCompleteness` with a cache: an answer is valid for a minute, and for all times of the same days. */
export function rememberedCompleteness(deps: QueryDeps) {
  const entries = new Map<string, { until: number; answer: Promise<Completeness> }>();
  return (range: Pick<Criteria, 'since' | 'until'>): Promise<Completeness> => {
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
