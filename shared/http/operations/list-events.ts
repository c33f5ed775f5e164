import { answerQuestion, openQuestion } from '../../query/ask.ts';
import type { Criteria } from '../../query/criteria-table.ts';
import { eventCsv, LISTED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { ListedEvent } from '../../store/event-item.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { type Answer, type HttpDeps, listOf, operation, type Writing } from '../operation.ts';
import { CRITERIA_PARAMETERS, PAGE_PARAMETERS, type Values } from '../parameters.ts';
import { CRITERIA_IN_ENVIRONMENT, ENVIRONMENT_NAME } from './in-environment.ts';

const EVENTS = {
  description:
    'Criteria combine and match exactly; a repeated one means any of its values. Times are those of the events. The next ' +
    'page is at `cursor`, and in the Link header.',
  formats: ALL_FORMATS,
  schemas: { json: 'EventPage', line: 'ListedEvent' },
  columns: LISTED_COLUMNS,
} as const;

export const listEvents = operation({
  ...EVENTS,
  id: 'listEvents',
  path: '/events',
  summary: 'Events that meet all criteria',
  parameters: { ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS },
  answer: ({ limit, order, cursor, ...criteria }, deps) => eventPage(criteria, { limit, order, cursor }, deps),
});

export const listEventsOfEnvironment = operation({
  ...EVENTS,
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

async function eventPage(criteria: Criteria, page: Values<typeof PAGE_PARAMETERS>, deps: HttpDeps): Promise<Answer> {
  const question = openQuestion({ criteria, ...page }, deps.now());
  const [{ events, cursor }, completeness] = await Promise.all([
    answerQuestion(question, deps),
    deps.completeness(question.page.criteria),
  ]);
  return { cursor, body: listOf(events, LISTED, { events, cursor, completeness }) };
}
