import { readCriteria } from '../../query/criteria.ts';
import { summarise, TALLY_GROUPS, type Tally, wordOf } from '../../query/summary.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';
import { CRITERIA_IN_ENVIRONMENT, ENVIRONMENT_NAME } from './in-environment.ts';

/** Each is read, some 300 bytes of index, within the half minute that API Gateway waits. */
const MAX_SUMMARISED = 10_000;

const TALLIES = flat<{ by: string } & Tally>(['by', 'name', 'events', 'errors', 'first', 'last']);

export const summariseEnvironment = operation({
  id: 'summariseEnvironment',
  path: '/environments/{name}/summary',
  summary: 'What happened in one environment, counted',
  description:
    `By ${TALLY_GROUPS.map(wordOf).join(', ')}: the newest ${MAX_SUMMARISED} events that meet the criteria; \`truncated\` says ` +
    'that there are more. `errors` are those that were denied or failed, also if only Airflow refused them; `first` and `last` are times of events.',
  parameters: { name: ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT },
  formats: ALL_FORMATS,
  schemas: { json: 'Summary', line: 'TallyLine' },
  columns: TALLIES.columns,
  async answer({ name, ...others }, deps) {
    const criteria = readCriteria({ ...others, environment: [name] }, deps.now());
    const [summary, completeness] = await Promise.all([
      summarise(criteria, deps, MAX_SUMMARISED),
      deps.completeness(criteria),
    ]);
    const lines = TALLY_GROUPS.flatMap((group) => summary[group].map((tally) => ({ by: wordOf(group), ...tally })));
    const json = () => JSON.stringify({ environment: name, ...summary, completeness });
    return { body: { ...listOf(lines, TALLIES, {}), json } };
  },
});
