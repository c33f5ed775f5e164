import { readCriteria } from '../../query/criteria.ts';
import { TEXT_CRITERION_NAMES } from '../../query/criteria-table.ts';
import type { Tally } from '../../query/tally.ts';
import { readValueList } from '../../query/values.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, MAX_COUNTED } from '../operation.ts';
import { CRITERIA_PARAMETERS, requiredChoice } from '../parameters.ts';
import { withTwin } from './twin.ts';

const VALUES = flat<Tally>(['name', 'events', 'errors', 'first', 'last']);

export const listValues = withTwin({
  id: 'listValues',
  path: '/values',
  summary: 'The values of a criterion that events have',
  description:
    `In the newest ${MAX_COUNTED} events that meet the other criteria: what the question says of the criterion itself does not ` +
    'count, so that the values to choose from are seen. Those of most events come first.',
  parameters: { of: requiredChoice('the criterion', TEXT_CRITERION_NAMES), ...CRITERIA_PARAMETERS },
  formats: ALL_FORMATS,
  schemas: { json: 'ValueList', line: 'Tally' },
  columns: VALUES.columns,
  async answer({ of, ...given }, deps) {
    const criteria = readCriteria(given, deps.now());
    const list = await readValueList(of, criteria, deps, MAX_COUNTED);
    return { body: listOf(list.values, VALUES, list) };
  },
});
