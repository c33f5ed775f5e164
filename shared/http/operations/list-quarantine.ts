import { isoTime } from '../../cloudtrail/times.ts';
import { readCriteria } from '../../query/criteria.ts';
import { type ProblemFile, readProblemFiles } from '../../query/quarantine.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';
import { A_TIME, timeParameter } from '../parameters.ts';

const MAX_LISTED = 500;

const LOG_FILES = flat<ProblemFile>([
  ...(['deliveryDay', 'account', 'region', 'state', 'reason', 'detail', 'recordsQuarantined'] as const),
  ...(['logFile', 'path'] as const),
]);

export const listQuarantine = operation({
  id: 'listQuarantine',
  path: '/quarantine',
  summary: 'Log files that are in quarantine, failed, or not as CloudTrail signed them',
  description:
    `From the ledger, without any content: the ${MAX_LISTED} that were delivered last in this time; \`truncated\` says that ` +
    'there are more, older ones. `mwaa-trail quarantine` shows and replays what is in quarantine.',
  parameters: {
    since: timeParameter(`delivered on this day or later: ${A_TIME}`),
    until: timeParameter('delivered before this time; its day counts if the time is past midnight'),
  },
  formats: ALL_FORMATS,
  schemas: { json: 'Quarantine', line: 'ProblemFile' },
  columns: LOG_FILES.columns,
  async answer(given, deps) {
    const { since, until } = readCriteria(given, deps.now());
    const lastMoment = until === undefined ? undefined : isoTime(Date.parse(until) - 1);
    const days = { from: since?.slice(0, 10), to: lastMoment?.slice(0, 10) };
    const found = await readProblemFiles(days, deps, MAX_LISTED);
    return { body: listOf(found.logFiles, LOG_FILES, found) };
  },
});
