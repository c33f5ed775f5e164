import type { Completeness } from '../query/completeness.ts';
import type { LogFileProblem } from '../store/ledger.ts';
import { displayText } from './display.ts';
import type { TimeDisplay } from './times.ts';

/** Returns how far the log files have been read, in one line; undefined if none has. */
export function freshnessLine({ newestLogFiles }: Completeness, times: TimeDisplay): string | undefined {
  const [newest, ...others] = newestLogFiles.toSorted((a, b) => (a.deliveredAt < b.deliveredAt ? 1 : -1));
  if (!newest) return undefined;
  const line = `Log files read up to ${times.full(newest.deliveredAt)}`;
  const last = others.at(-1);
  if (!last) return `${line}.`;
  // CloudTrail delivers nothing where nothing happens, so a Region that is behind may still be complete.
  const behind = displayText(`${last.account} ${last.region}`);
  return `${line} (${newestLogFiles.length} accounts and Regions; ${behind} up to ${times.full(last.deliveredAt)}).`;
}

/** Returns what is missing, a line for each kind of problem. */
export function problemLines({ problems, problemsTruncated }: Completeness): string[] {
  return Object.entries(PROBLEMS).flatMap(([state, what]) => {
    const files = problems.filter((problem) => problem.state === state);
    if (files.length === 0) return [];
    const named = files.slice(0, MAX_NAMED).map(problemText);
    const rest = files.length - named.length;
    const count = `${files.length}${problemsTruncated ? ' or more' : ''} log ${files.length === 1 ? 'file' : 'files'}`;
    return [`${what(count)}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`];
  });
}

const MAX_NAMED = 3;

const PROBLEMS: Readonly<Record<LogFileProblem['state'], (files: string) => string>> = {
  quarantined: (files) => `Incomplete: ${files} in quarantine`,
  'records-quarantined': (files) => `Incomplete: some records of ${files} in quarantine`,
  failed: (files) => `Incomplete: reading ${files} failed, and will be retried`,
  'not-as-signed': (files) => `Not trustworthy: CloudTrail signed other content for ${files}`,
};

function problemText({ logFile, path = `s3://${logFile}`, reason }: LogFileProblem): string {
  return displayText(reason === undefined ? path : `${path} (${reason})`);
}
