import { DAY_MS } from '../../cloudtrail/times.ts';
import { defined } from '../../defined.ts';
import { type Coverage, deliveryDays, LEDGER_COUNTS, readCoverage } from '../../query/coverage.ts';
import { CriteriaError, readCriteria } from '../../query/criteria.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';
import { A_TIME, CRITERIA_PARAMETERS, timeParameter } from '../parameters.ts';

const USUAL_SINCE = '30d';
const MAX_DAYS = 400;

const COVERAGE = flat<Coverage>(['account', 'region', 'day', ...LEDGER_COUNTS]);

export const showCoverage = operation({
  id: 'showCoverage',
  path: '/coverage',
  summary: 'The ingestion status of the log files of each account, Region and day of delivery',
  description:
    'From the ledger: it counts log files. A day without any is left out. What CloudTrail delivered and nobody announced is not ' +
    'known here: `mwaa-trail coverage --bucket` compares with the bucket.',
  parameters: {
    since: timeParameter(
      `from this day on: ${A_TIME}; ${USUAL_SINCE} if absent, at most ${MAX_DAYS} days before until`,
    ),
    until: timeParameter('before this time; its day counts if the time is past midnight'),
    account: CRITERIA_PARAMETERS.account,
    region: CRITERIA_PARAMETERS.region,
  },
  formats: ALL_FORMATS,
  schemas: { json: 'CoverageList', line: 'Coverage' },
  columns: COVERAGE.columns,
  async answer({ since: given = USUAL_SINCE, until: end, account: accounts, region: regions }, deps) {
    const { since = '', until } = readCriteria({ since: given, until: end }, deps.now());
    const length = (until === undefined ? deps.now() : Date.parse(until)) - Date.parse(since);
    if (length > MAX_DAYS * DAY_MS) {
      throw new CriteriaError('since', `expected a time at most ${MAX_DAYS} days before until`);
    }
    const days = deliveryDays(since, until, deps.now());
    const [rowsByDay, completeness] = await Promise.all([
      Array.fromAsync(readCoverage(days, defined({ accounts, regions }), deps)),
      deps.completeness({ since, until }),
    ]);
    const coverage = rowsByDay.flat();
    return { body: listOf(coverage, COVERAGE, { coverage, completeness }) };
  },
});
