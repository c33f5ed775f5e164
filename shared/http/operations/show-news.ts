import { readCriteria } from '../../query/criteria.ts';
import { newsLines, readNews } from '../../query/news.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, MAX_COUNTED, operation } from '../operation.ts';
import { A_TIME, timeParameter } from '../parameters.ts';

const USUAL_SINCE = '7d';

/** Each value is a request, of some milliseconds. */
const LIMITS = { events: MAX_COUNTED, values: 1_000 };

const LINES = flat<ReturnType<typeof newsLines>[number]>(['of', 'name', 'first', 'events']);

export const showNews = operation({
  id: 'showNews',
  path: '/news',
  summary: 'What was seen for the first time',
  description:
    'Users, roles, environments, access keys, operations and error codes of which the store has no earlier event, the newest ' +
    `first. The newest ${LIMITS.events} events since then are looked at, and ${LIMITS.values} values of each kind; \`truncated\` says ` +
    'that there are more. Access keys of sessions (`ASIA...`) are left out: each session has a new one.',
  parameters: { since: timeParameter(`from this time on: ${A_TIME}; ${USUAL_SINCE} if absent`) },
  formats: ALL_FORMATS,
  schemas: { json: 'News', line: 'NewsLine' },
  columns: LINES.columns,
  async answer({ since: given = USUAL_SINCE }, deps) {
    const { since = '' } = readCriteria({ since: given }, deps.now());
    const [news, completeness] = await Promise.all([readNews(since, deps, LIMITS), deps.completeness({ since })]);
    const json = () => JSON.stringify({ since, ...news, completeness });
    return { body: { ...listOf(newsLines(news), LINES, {}), json } };
  },
});
