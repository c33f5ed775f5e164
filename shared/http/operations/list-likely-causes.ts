import { SlowAnswerError } from '../../query/ask.ts';
import { readCriteria } from '../../query/criteria.ts';
import { likelyCauses } from '../../query/likely-causes.ts';
import { onlyJson } from '../operation.ts';
import { CRITERIA_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

export const listLikelyCauses = withTwin({
  id: 'listLikelyCauses',
  path: '/likely-causes',
  summary: 'Why no event may meet the criteria',
  description:
    'For criteria that no event meets: values that no event has, with similar ones that there are; events at other times; events ' +
    'that a trail records only if configured to, or has not delivered yet.',
  parameters: CRITERIA_PARAMETERS,
  formats: ['json'],
  schemas: { json: 'LikelyCauseList', line: 'LikelyCauseList' },
  async answer(given, deps) {
    const causes = await likelyCauses(readCriteria(given, deps.now()), deps);
    // Pages that ended early prove nothing to be unknown.
    if (deps.time?.isSpent()) throw new SlowAnswerError();
    return { body: onlyJson(JSON.stringify({ causes })) };
  },
});
