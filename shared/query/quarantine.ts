import { objectRef, readLogFileKey } from '../cloudtrail/object-key.ts';
import { defined } from '../defined.ts';
import { type LogFileProblem, listProblems, readLedgerBatch } from '../store/ledger.ts';
import type { QueryDeps } from './ask.ts';

/** A log file that is not stored completely, or not as CloudTrail signed it. Nothing here is content of it. */
export type ProblemFile = LogFileProblem & {
  /** Absent if the key of the log file has none. */
  account?: string;
  region?: string;
  /** A sentence about the reason. */
  detail?: string;
  /** How many of its records are in quarantine; absent if none of it was ingested. */
  recordsQuarantined?: number;
};

/**
 * Lists what the ledger has in quarantine, failed, or not as CloudTrail signed it: the log files delivered last come first.
 * @param days of delivery, `YYYY-MM-DD`, inclusive
 * @param limit maximum number of log files
 */
export async function readProblemFiles(
  days: Partial<Record<'from' | 'to', string | undefined>>,
  { dynamo, tables }: QueryDeps,
  limit: number,
): Promise<{ logFiles: ProblemFile[]; truncated: boolean }> {
  const problems = await listProblems(dynamo, tables.logFilesTable, days, limit + 1);
  const listed = problems.slice(0, limit);
  const entries = await readLedgerBatch(
    dynamo,
    tables.logFilesTable,
    listed.map(({ logFile }) => objectRef(logFile)),
  );
  const logFiles = listed.map((problem) => {
    const { account, region } = readLogFileKey(objectRef(problem.logFile).key) ?? {};
    return { ...problem, ...defined({ account, region }), ...detailsOf(entries.get(problem.logFile)) };
  });
  return { logFiles, truncated: problems.length > limit };
}

type Entry = Awaited<ReturnType<typeof readLedgerBatch>> extends Map<string, infer E> ? E : never;

/** What the index does not have. A log file that was only tried has no entry. */
function detailsOf(entry: Entry | undefined): Pick<ProblemFile, 'path' | 'detail' | 'recordsQuarantined'> {
  if (entry === undefined || entry.state === 'failed') return {};
  const recordsQuarantined = entry.state === 'ingested' ? entry.recordsQuarantined : undefined;
  return defined({ path: entry.path, detail: entry.detail, recordsQuarantined });
}
