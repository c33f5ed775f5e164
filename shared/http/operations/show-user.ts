import { readCriteria } from '../../query/criteria.ts';
import { isPrefix } from '../../query/criteria-table.ts';
import { readPerson } from '../../query/person.ts';
import { MAX_COUNTED, onlyJson } from '../operation.ts';
import { CRITERIA_PARAMETERS, pathParameter } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { withTwin } from './twin.ts';

export const showUser = withTwin({
  id: 'showUser',
  path: '/users/{user}',
  summary: 'What a person or machine did, and where they were seen',
  description:
    `In whatever role: the newest ${MAX_COUNTED} events. \`actions\` and \`targets\` are of events that were ok, \`refusals\` of ` +
    'those that were denied or failed. In each list, changes come before reads, and then most events first.',
  parameters: {
    user: pathParameter('the user, as events have it; all of its name'),
    since: CRITERIA_PARAMETERS.since,
    until: CRITERIA_PARAMETERS.until,
  },
  formats: ['json'],
  schemas: { json: 'UserActivity', line: 'UserActivity' },
  async answer({ user, ...times }, deps) {
    if (isPrefix('user', user)) {
      throw new Problem('bad-parameter', 'user: expected a whole name; with a final *, ask /users?user=', 'user');
    }
    const criteria = readCriteria({ user: [user], ...times }, deps.now());
    const [person, completeness] = await Promise.all([
      readPerson(user, criteria, deps, MAX_COUNTED),
      deps.completeness(criteria),
    ]);
    return { body: onlyJson(JSON.stringify({ ...person, completeness })) };
  },
});
