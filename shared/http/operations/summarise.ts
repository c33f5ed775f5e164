import { defined } from '../../defined.ts';
import { readCriteria } from '../../query/criteria.ts';
import { fixedAttributes } from '../../query/criteria-table.ts';
import { summarise as readSummary, TALLY_GROUPS, wordOf } from '../../query/summary.ts';
import type { Tally } from '../../query/tally.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, MAX_COUNTED } from '../operation.ts';
import { CRITERIA_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

const TALLIES = flat<{ by: string } & Tally>(['by', 'name', 'events', 'errors', 'first', 'last']);

export const summarise = withTwin({
  id: 'summarise',
  path: '/summary',
  summary: 'What happened, counted',
  description:
    `By ${TALLY_GROUPS.map(wordOf).join(', ')}: the newest ${MAX_COUNTED} events that meet the criteria; \`truncated\` says ` +
    'that there are more. `errors` are those that were denied or failed, also if only Airflow refused them; `first` and `last` are times of events.',
  parameters: CRITERIA_PARAMETERS,
  formats: ALL_FORMATS,
  schemas: { json: 'Summary', line: 'TallyLine' },
  columns: TALLIES.columns,
  async answer(given, deps) {
    const criteria = readCriteria(given, deps.now());
    const [summary, completeness] = await Promise.all([
      readSummary(criteria, deps, MAX_COUNTED),
      deps.completeness(criteria),
    ]);
    const lines = TALLY_GROUPS.flatMap((group) => summary[group].map((tally) => ({ by: wordOf(group), ...tally })));
    const { environment } = fixedAttributes(criteria);
    const json = () => JSON.stringify(defined({ environment, ...summary, completeness }));
    return { body: { ...listOf(lines, TALLIES, {}), json } };
  },
});
