import { answerQuestion, openQuestion } from '../../query/ask.ts';
import { eventCsv, LISTED_COLUMNS } from '../../render/csv.ts';
import { eventJson } from '../../render/json.ts';
import type { ListedEvent } from '../../store/event-item.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { listOf, type Writing } from '../operation.ts';
import { CRITERIA_PARAMETERS, PAGE_PARAMETERS } from '../parameters.ts';
import { withTwin } from './twin.ts';

const LISTED: Writing<ListedEvent> = {
  json: eventJson,
  columns: LISTED_COLUMNS,
  csv: (event) => eventCsv(event, LISTED_COLUMNS),
};

export const listEvents = withTwin({
  id: 'listEvents',
  path: '/events',
  summary: 'Events that meet all criteria',
  description:
    'Criteria combine and match exactly; a repeated one means any of its values. Times are those of the events. The next ' +
    'page is at `cursor`, and in the Link header.',
  parameters: { ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS },
  formats: ALL_FORMATS,
  schemas: { json: 'EventPage', line: 'ListedEvent' },
  columns: LISTED_COLUMNS,
  async answer({ limit, order, cursor, ...criteria }, deps) {
    const question = openQuestion({ criteria, limit, order, cursor }, deps.now());
    const [page, completeness] = await Promise.all([
      answerQuestion(question, deps),
      deps.completeness(question.page.criteria),
    ]);
    const { events } = page;
    return { cursor: page.cursor, body: listOf(events, LISTED, { events, cursor: page.cursor, completeness }) };
  },
});
