import { type LogFileProblem, listProblems, listWatermarks, type Watermark } from '../store/ledger.ts';
import type { QueryDeps } from './ask.ts';
import type { Criteria } from './criteria.ts';

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

/** Times of events, as `readCriteria` returns them. */
export type CompletenessRange = Pick<Criteria, 'since' | 'until'>;

/** How complete the ledger is for events in a range of time. */
export async function readCompleteness(
  { since, until }: CompletenessRange,
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
