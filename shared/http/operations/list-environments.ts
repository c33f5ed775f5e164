import { type EnvironmentTimes, environmentTimes } from '../../query/environments.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';

const ENVIRONMENTS = flat<EnvironmentTimes>(['environment', 'accountId', 'region', 'firstEventTime', 'lastEventTime']);

export const listEnvironments = operation({
  id: 'listEnvironments',
  path: '/environments',
  summary: 'The environments that events have named',
  description: 'With the times of their first and last event.',
  parameters: {},
  formats: ALL_FORMATS,
  schemas: { json: 'EnvironmentList', line: 'Environment' },
  columns: ENVIRONMENTS.columns,
  async answer(_values, deps) {
    const [environments, completeness] = await Promise.all([environmentTimes(deps), deps.completeness({})]);
    return { body: listOf(environments, ENVIRONMENTS, { environments, completeness }) };
  },
});
