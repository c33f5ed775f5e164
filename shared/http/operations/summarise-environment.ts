import { readCriteria } from '../../query/criteria.ts';
import { type Summary, summarise, type Tally } from '../../query/summary.ts';
import { operation } from '../operation.ts';
import { flat, jsonObject, listOf } from '../representation.ts';
import { CRITERIA_IN_ENVIRONMENT, ENVIRONMENT_NAME } from './environment-name.ts';

/** Each is read, some 300 bytes of index, within the half minute that API Gateway waits. */
const MAX_EVENTS = 10_000;

/** A tally as a line of its own. */
type TallyLine = { by: string } & Tally;

const TALLIES = flat<TallyLine>(['by', 'name', 'events', 'errors']);

export const summariseEnvironment = operation({
  id: 'summariseEnvironment',
  path: '/environments/{name}/summary',
  summary: 'What happened in one environment, counted',
  description: `By action, principal, error and day: the newest ${MAX_EVENTS} events that meet the criteria; \`truncated\` says that there are more.`,
  parameters: { name: ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT },
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Summary', line: 'TallyLine' },
  columns: TALLIES.columns,
  async answer({ name, ...others }, deps) {
    const criteria = readCriteria({ ...others, environment: [name] }, deps.now());
    const [summary, completeness] = await Promise.all([
      summarise(criteria, deps, MAX_EVENTS),
      deps.completeness({ since: criteria.since, until: criteria.until }),
    ]);
    return {
      body: {
        ...listOf(tallyLines(summary), TALLIES, String),
        json: () =>
          jsonObject({
            environment: JSON.stringify(name),
            ...texts(summary),
            completeness: JSON.stringify(completeness),
          }),
      },
    };
  },
});

function tallyLines({ byAction, byPrincipal, byError, byDay }: Summary): TallyLine[] {
  return Object.entries({ action: byAction, principal: byPrincipal, error: byError, day: byDay }).flatMap(
    ([by, tallies]) => tallies.map((tally) => ({ by, ...tally })),
  );
}

function texts(object: object): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]));
}
