import { readCriteria } from '../../query/criteria.ts';
import { type Bucket, readTimeline } from '../../query/timeline.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, MAX_COUNTED } from '../operation.ts';
import { CRITERIA_PARAMETERS, count } from '../parameters.ts';
import { withTwin } from './twin.ts';

const BUCKETS = flat<Bucket>(['start', 'reads', 'writes', 'failures']);

export const showTimeline = withTwin({
  id: 'showTimeline',
  path: '/timeline',
  summary: 'Events counted over time',
  description:
    `The newest ${MAX_COUNTED} events that meet the criteria, in buckets of one length: seconds to hours, or 1, 7, 30, 90 or ` +
    '365 days, at full ones since 1970 in UTC. Empty buckets are left out. `failures` were denied or failed; `reads` and `writes` are the others.',
  parameters: {
    ...CRITERIA_PARAMETERS,
    buckets: count('the length of a bucket is the shortest of which the time has at most so many', 1, 200, 60),
  },
  formats: ALL_FORMATS,
  schemas: { json: 'Timeline', line: 'Bucket' },
  columns: BUCKETS.columns,
  async answer({ buckets: maxBuckets, ...given }, deps) {
    const criteria = readCriteria(given, deps.now());
    const [timeline, completeness] = await Promise.all([
      readTimeline(criteria, maxBuckets, deps, MAX_COUNTED),
      deps.completeness(criteria),
    ]);
    return { body: listOf(timeline.buckets, BUCKETS, { ...timeline, completeness }) };
  },
});
