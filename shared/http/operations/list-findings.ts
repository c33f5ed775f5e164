import { answerFindings } from '../../alert/find-findings.ts';
import type { SeenFinding } from '../../alert/seen-finding.ts';
import { LEVELS } from '../../detect/level.ts';
import { csvRow } from '../../render/csv.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { listOf, type Writing } from '../operation.ts';
import { CRITERIA_PARAMETERS, count, optionalChoice, optionalList, PAGE_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

/** The columns of CSV. */
const COLUMNS: Readonly<Record<string, (finding: SeenFinding) => string | number | undefined>> = {
  time: ({ time }) => time,
  level: ({ rule }) => rule.level,
  rule: ({ rule }) => rule.id,
  title: ({ rule }) => rule.title,
  environment: ({ environment }) => environment,
  accountId: ({ accountId }) => accountId,
  region: ({ region }) => region,
  user: ({ user }) => user,
  role: ({ role }) => role,
  principal: ({ principal }) => principal,
  action: ({ action }) => action,
  target: ({ target }) => target,
  outcome: ({ outcome }) => outcome,
  errorCode: ({ errorCode }) => errorCode,
  sourceIp: ({ sourceIp }) => sourceIp,
  events: ({ events }) => events,
  repeats: ({ repeats }) => repeats,
  lastRepeat: ({ lastRepeat }) => lastRepeat,
  delivery: ({ delivery }) => delivery,
  reason: ({ reason }) => reason,
  eventIds: ({ eventIds }) => eventIds.join(' '),
};

const FINDINGS: Writing<SeenFinding> = {
  json: (finding) => JSON.stringify(finding),
  columns: Object.keys(COLUMNS),
  csv: (finding) => csvRow(Object.values(COLUMNS).map((cellOf) => String(cellOf(finding) ?? ''))),
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
