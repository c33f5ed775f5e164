import { type KnownEnvironment, listEnvironments as readEnvironments } from '../../store/environments-table.ts';
import { operation } from '../operation.ts';
import { flat, jsonObject, listOf } from '../representation.ts';

const ENVIRONMENTS = flat<KnownEnvironment>(['environment', 'accountId', 'region', 'firstEventTime', 'lastEventTime']);

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
    const [environments, completeness] = await Promise.all([
      readEnvironments(deps.dynamo, deps.tables.environmentsTable),
      deps.completeness({}),
    ]);
    return {
      body: listOf(environments, ENVIRONMENTS, (items) =>
        jsonObject({ environments: items, completeness: JSON.stringify(completeness) }),
      ),
    };
  },
});
