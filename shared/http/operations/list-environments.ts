import { type EnvironmentTimes, environmentTimes } from '../../query/environment-times.ts';
import { operation } from '../operation.ts';
import { flat, jsonObject, listOf } from '../representation.ts';

const ENVIRONMENTS = flat<EnvironmentTimes>(['environment', 'accountId', 'region', 'firstEventTime', 'lastEventTime']);

export const listEnvironments = operation({
  id: 'listEnvironments',
  path: '/environments',
  summary: 'The environments that events have named',
  description: 'With the times of their first and last event.',
  parameters: {},
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'EnvironmentList', line: 'Environment' },
  columns: ENVIRONMENTS.columns,
  async answer(_values, deps) {
    const [environments, completeness] = await Promise.all([environmentTimes(deps), deps.completeness({})]);
    return {
      body: listOf(environments, ENVIRONMENTS, (items) =>
        jsonObject({ environments: items, completeness: JSON.stringify(completeness) }),
      ),
    };
  },
});
