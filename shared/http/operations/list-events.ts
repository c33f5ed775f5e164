import { askPage } from '../../query/ask.ts';
import { type RawCriteria, readCriteria } from '../../query/criteria.ts';
import { decodeCursor } from '../../query/cursor.ts';
import { eventCsv, LISTED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { ListedEvent } from '../../store/event-item.ts';
import type { Answer, HttpDeps, Operation } from '../operation.ts';
import {
  CRITERIA_IN_ENVIRONMENT,
  CRITERIA_PARAMETERS,
  criteriaIn,
  PAGE_PARAMETERS,
  pageIn,
  type Values,
} from '../parameters.ts';
import { jsonObject, listOf, type Writing } from '../representation.ts';
import { ENVIRONMENT_NAME, environmentIn } from './environment-name.ts';

const SAYS =
  'Criteria combine and match exactly; a repeated one means any of its values. Times are those of the events. The next ' +
  'page is at `cursor`, and in the Link header.';

const COMMON = {
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'EventPage', line: 'ListedEvent' },
  columns: LISTED_COLUMNS,
} as const;

export const listEvents: Operation = {
  ...COMMON,
  id: 'listEvents',
  path: '/events',
  summary: 'Events that meet all criteria',
  says: SAYS,
  parameters: [...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS],
  examples: [
    {
      name: 'deniedCalls',
      summary: 'What was denied, or failed, in a night, the newest two',
      url: '/events?errors=true&since=2026-11-06&until=2026-11-07&limit=2',
      status: 200,
    },
    {
      name: 'misspeltParameter',
      summary: 'A parameter that there is not',
      url: '/events?enviroment=prod-etl',
      status: 400,
    },
    {
      name: 'foreignCursor',
      summary: 'A cursor that no earlier answer gave',
      url: '/events?environment=prod-etl&cursor=bm90IGEgY3Vyc29y',
      status: 400,
    },
  ],
  answer: (values, deps) => eventPage(criteriaIn(values), values, deps),
};

export const listEventsOfEnvironment: Operation = {
  ...COMMON,
  id: 'listEventsOfEnvironment',
  path: '/environments/{name}/events',
  summary: 'Events of one environment',
  says: SAYS,
  parameters: [ENVIRONMENT_NAME, ...CRITERIA_IN_ENVIRONMENT, ...PAGE_PARAMETERS],
  examples: [
    {
      name: 'newest',
      summary: 'The newest event of an environment',
      url: '/environments/prod-etl/events?limit=1',
      status: 200,
    },
    {
      name: 'tooMany',
      summary: 'A page larger than there are',
      url: '/environments/prod-etl/events?limit=1000',
      status: 400,
    },
  ],
  answer: (values, deps) => eventPage({ ...criteriaIn(values), environment: environmentIn(values) }, values, deps),
};

const LISTED: Writing<ListedEvent> = {
  json: eventJson,
  columns: LISTED_COLUMNS,
  csv: (event) => eventCsv(event, LISTED_COLUMNS),
};

async function eventPage(criteria: RawCriteria, values: Values, deps: HttpDeps): Promise<Answer> {
  const question = { criteria, ...pageIn(values) };
  // A bad cursor is to cost no request, and a good one says what the time is for ages such as 7d.
  const asOf = question.cursor === undefined ? deps.now() : decodeCursor(question.cursor, question).asOf;
  const { since, until } = readCriteria(criteria, asOf);
  const [{ events, cursor }, completeness] = await Promise.all([
    askPage(question, deps),
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
