import { answerFindings } from '../../alert/find-findings.ts';
import type { SeenFinding } from '../../alert/seen-finding.ts';
import { LEVELS } from '../../detect/level.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, type Writing } from '../operation.ts';
import { CRITERIA_PARAMETERS, count, optionalChoice, optionalList, PAGE_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

/** A finding as a row of CSV. */
const rowOf = ({ rule: { id, title, level }, eventIds, ...finding }: SeenFinding) => ({
  ...finding,
  ...{ rule: id, title, level, eventIds: eventIds.join(' ') },
});
const ROWS = flat<ReturnType<typeof rowOf>>([
  ...(['time', 'level', 'rule', 'title', 'environment', 'accountId', 'region', 'user', 'role', 'principal'] as const),
  ...(['action', 'target', 'outcome', 'errorCode', 'sourceIp', 'events', 'repeats', 'lastRepeat'] as const),
  ...(['delivery', 'reason', 'eventIds'] as const),
]);
const FINDINGS: Writing<SeenFinding> = {
  columns: ROWS.columns,
  json: (finding) => JSON.stringify(finding),
  csv: (finding) => ROWS.csv(rowOf(finding)),
};

export const listFindings = withTwin({
  id: 'listFindings',
  path: '/findings',
  summary: 'What the detection rules found, the newest first',
  description:
    'What the alert function found in new events; `origin` says whether it is on. A local store has no alert function: there, the ' +
    'rules are evaluated over the newest 20,000 events to answer. `since` and `until` are about the events with which findings ' +
    'began. The next page is at `cursor`, and in the Link header. Below an environment, findings with events of several are left out.',
  parameters: {
    since: CRITERIA_PARAMETERS.since,
    until: CRITERIA_PARAMETERS.until,
    level: optionalChoice('findings of this level or a higher one', LEVELS, LEVELS[0]),
    rule: optionalList('ID of a rule'),
    environment: CRITERIA_PARAMETERS.environment,
    account: CRITERIA_PARAMETERS.account,
    user: CRITERIA_PARAMETERS.user,
    event: optionalList('eventID of an event that the finding names'),
    limit: count('maximum number of findings; a page may have fewer if more would cost too much to find', 1, 100, 50),
    cursor: PAGE_PARAMETERS.cursor,
  },
  formats: ALL_FORMATS,
  schemas: { json: 'FindingPage', line: 'Finding' },
  columns: FINDINGS.columns,
  async answer({ limit, cursor, ...criteria }, deps) {
    const [page, completeness] = await Promise.all([
      answerFindings({ criteria, limit, cursor }, deps.findings, deps),
      deps.completeness({}),
    ]);
    const { findings, origin } = page;
    return {
      cursor: page.cursor,
      body: listOf(findings, FINDINGS, { findings, cursor: page.cursor, origin, completeness }),
    };
  },
});
