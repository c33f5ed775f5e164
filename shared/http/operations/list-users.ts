import { readCriteria } from '../../query/criteria.ts';
import { type People, readPeople } from '../../query/person.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, MAX_COUNTED } from '../operation.ts';
import { CRITERIA_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

const USERS = flat<People['people'][number]>(['name', 'events', 'changes', 'denied', 'failed', 'first', 'last']);
const EVERYBODY = ['*'];

export const listUsers = withTwin({
  id: 'listUsers',
  path: '/users',
  summary: 'People and machines, with what they did counted',
  description: `In the newest ${MAX_COUNTED} events; those with most events come first.`,
  parameters: {
    user: CRITERIA_PARAMETERS.user,
    since: CRITERIA_PARAMETERS.since,
    until: CRITERIA_PARAMETERS.until,
  },
  formats: ALL_FORMATS,
  schemas: { json: 'UserList', line: 'User' },
  columns: USERS.columns,
  async answer({ user = EVERYBODY, ...times }, deps) {
    const criteria = readCriteria({ user, ...times }, deps.now());
    const [{ people, ...counts }, completeness] = await Promise.all([
      readPeople(criteria, deps, MAX_COUNTED),
      deps.completeness(criteria),
    ]);
    return { body: listOf(people, USERS, { people, ...counts, completeness }) };
  },
});
