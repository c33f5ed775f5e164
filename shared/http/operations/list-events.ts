import { answerQuestion, openQuestion } from '../../query/ask.ts';
import type { RawCriteria } from '../../query/criteria.ts';
import { eventCsv, LISTED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { ListedEvent } from '../../store/event-item.ts';
import { type Answer, type HttpDeps, operation } from '../operation.ts';
import { CRITERIA_PARAMETERS, PAGE_PARAMETERS, type Values } from '../parameters.ts';
import { jsonObject, listOf, type Writing } from '../representation.ts';
import { CRITERIA_IN_ENVIRONMENT, ENVIRONMENT_NAME } from './environment-name.ts';

const COMMON = {
  description:
    'Criteria combine and match exactly; a repeated one means any of its values. Times are those of the events. The next ' +
    'page is at `cursor`, and in the Link header.',
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'EventPage', line: 'ListedEvent' },
  columns: LISTED_COLUMNS,
} as const;

export const listEvents = operation({
  ...COMMON,
  id: 'listEvents',
  path: '/events',
  summary: 'Events that meet all criteria',
  parameters: { ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS },
  answer: ({ limit, order, cursor, ...criteria }, deps) => eventPage(criteria, { limit, order, cursor }, deps),
});

export const listEventsOfEnvironment = operation({
  ...COMMON,
  id: 'listEventsOfEnvironment',
  path: '/environments/{name}/events',
  summary: 'Events of one environment',
  parameters: { name: ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT, ...PAGE_PARAMETERS },
  answer: ({ name, limit, order, cursor, ...criteria }, deps) =>
    eventPage({ ...criteria, environment: [name] }, { limit, order, cursor }, deps),
});

const LISTED: Writing<ListedEvent> = {
  json: eventJson,
  columns: LISTED_COLUMNS,
  csv: (event) => eventCsv(event, LISTED_COLUMNS),
};

async function eventPage(criteria: RawCriteria, page: Values<typeof PAGE_PARAMETERS>, deps: HttpDeps): Promise<Answer> {
  const question = openQuestion({ criteria, ...page }, deps.now());
  const { since, until } = question.criteria;
  const [{ events, cursor }, completeness] = await Promise.all([
    answerQuestion(question, deps),
    deps.completeness({ since, until }),
  ]);
  return {
    cursor,
    body: listOf(events, LISTED, (items) =>
      jsonObject({
        events: items,
        cursor: cursor && JSON.stringify(cursor),
        completeness: JSON.stringify(completeness),
      }),
    ),
  };
}
