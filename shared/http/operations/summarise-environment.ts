import { readCriteria } from '../../query/criteria.ts';
import { type Summary, summarise, type Tally } from '../../query/summary.ts';
import type { Operation } from '../operation.ts';
import { CRITERIA_IN_ENVIRONMENT, criteriaIn } from '../parameters.ts';
import { flat, jsonObject, listOf } from '../representation.ts';
import { ENVIRONMENT_NAME, environmentIn } from './environment-name.ts';

/** Each is read, some 300 bytes of index, within the half minute that API Gateway waits. */
const MAX_EVENTS = 10_000;

/** A tally as a line of its own. */
type TallyLine = { by: string } & Tally;

const TALLIES = flat<TallyLine>(['by', 'name', 'events', 'errors']);

export const summariseEnvironment: Operation = {
  id: 'summariseEnvironment',
  path: '/environments/{name}/summary',
  summary: 'What happened in one environment, counted',
  says: `By action, principal, error and day: the newest ${MAX_EVENTS} events that meet the criteria; \`truncated\` says that there are more.`,
  parameters: [ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT],
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Summary', line: 'TallyLine' },
  columns: TALLIES.columns,
  examples: [
    {
      name: 'incidentNight',
      summary: 'The changes of one night',
      url: '/environments/prod-etl/summary?readOnly=false&since=2026-11-06T02:00:00Z&until=2026-11-06T04:00:00Z',
      status: 200,
    },
    {
      name: 'environmentTwice',
      summary: 'The path has named the environment',
      url: '/environments/prod-etl/summary?environment=staging-etl',
      status: 400,
    },
  ],
  async answer(values, deps) {
    const environment = environmentIn(values);
    const criteria = readCriteria({ ...criteriaIn(values), environment }, deps.now());
    const [summary, completeness] = await Promise.all([
      summarise(criteria, deps, MAX_EVENTS),
      deps.completeness({ since: criteria.since, until: criteria.until }),
    ]);
    return {
      body: {
        ...listOf(tallyLines(summary), TALLIES, String),
        json: () =>
          jsonObject({
            environment: JSON.stringify(environment[0]),
            ...texts(summary),
            completeness: JSON.stringify(completeness),
          }),
      },
    };
  },
};

function tallyLines({ byAction, byPrincipal, byError, byDay }: Summary): TallyLine[] {
  return Object.entries({ action: byAction, principal: byPrincipal, error: byError, day: byDay }).flatMap(
    ([by, tallies]) => tallies.map((tally) => ({ by, ...tally })),
  );
}

function texts(object: object): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]));
}
