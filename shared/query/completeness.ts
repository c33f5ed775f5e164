import { type LogFileProblem, listProblems, listWatermarks, type Watermark } from '../store/ledger.ts';
import type { QueryDeps } from './read-page.ts';

/** How far an answer can be trusted to be whole. */
export interface Completeness {
  /** The newest log file that was ingested, for each account and Region. */
  newestLogFiles: Watermark[];
  /** Log files delivered in the time asked about, of which something is missing. */
  problems: LogFileProblem[];
  /** There are more problems than are listed. */
  problemsTruncated: boolean;
}

const MAX_PROBLEMS = 100;
/** An event can stand in a log file that is delivered on a later day: mostly minutes, at most about a day, later. */
const DAY_MS = 24 * 3600 * 1000;

/** @param range times of events: ISO 8601 in UTC, since inclusive, until exclusive */
export async function readCompleteness(
  range: { since?: string | undefined; until?: string | undefined },
  { dynamo, tables }: QueryDeps,
): Promise<Completeness> {
  const days = {
    from: range.since?.slice(0, 10),
    to: range.until === undefined ? undefined : dayAfter(range.until),
  };
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

/** Nothing, as nothing comes after, for the last day that sorts as text. */
function dayAfter(time: string): string | undefined {
  return time.startsWith('9999-12-31') ? undefined : new Date(Date.parse(time) + DAY_MS).toISOString().slice(0, 10);
}
