import { DAY_MS, MINUTE_MS, shifted } from '../cloudtrail/times.ts';
import { type LogFileProblem, listProblems, listWatermarks, type Watermark } from '../store/ledger.ts';
import { AnswerCache } from './answer-cache.ts';
import type { QueryDeps } from './ask.ts';
import type { Period } from './criteria-table.ts';

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

/** Reads how complete the ledger is for events between times, as `readCriteria` returns them. */
export async function readCompleteness({ since, until }: Period, { dynamo, tables }: QueryDeps): Promise<Completeness> {
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

/**
 * Returns the day on which the log files of events up to a time are delivered at the latest: minutes later, at most about a day.
 * Returns undefined for the last day that sorts as text, because none comes after it.
 */
function dayAfter(time: string): string | undefined {
  return time.startsWith('9999-12-31') ? undefined : shifted(time, DAY_MS).slice(0, 10);
}

/** `readCompleteness` with a cache: an answer is valid for a minute, and for all times of the same days. */
export function rememberedCompleteness(deps: QueryDeps) {
  const cache = new AnswerCache<Completeness>({ lifetimeMs: MINUTE_MS, maxEntries: 100 }, deps);
  return (period: Period): Promise<Completeness> => {
    const key = JSON.stringify([period.since?.slice(0, 10), period.until?.slice(0, 10)]);
    return cache.get(key, () => readCompleteness(period, deps));
  };
}
