import { type ListedEnvironment, listedEnvironments } from '../../query/environments.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';

const ENVIRONMENTS = flat<ListedEnvironment>([
  ...(['environment', 'accountId', 'region', 'firstEventTime', 'lastEventTime', 'status', 'statusSince'] as const),
]);

export const listEnvironments = operation({
  id: 'listEnvironments',
  path: '/environments',
  summary: 'The environments that events have named',
  description:
    'With the times of their first and last event, and the status that MWAA announced last, if such announcements are stored.',
  parameters: {},
  formats: ALL_FORMATS,
  schemas: { json: 'EnvironmentList', line: 'Environment' },
  columns: ENVIRONMENTS.columns,
  async answer(_values, deps) {
    const [environments, completeness] = await Promise.all([listedEnvironments(deps), deps.completeness({})]);
    return { body: listOf(environments, ENVIRONMENTS, { environments, completeness }) };
  },
});
