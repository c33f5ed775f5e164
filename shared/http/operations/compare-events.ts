import { compareEvents as compareFields, type FieldComparison, provisionalOf } from '../../query/compare.ts';
import { readEvent } from '../../query/verified-event.ts';
import { csvRow } from '../../render/csv.ts';

import { ALL_FORMATS } from '../negotiate.ts';
import { listOf, type Writing } from '../operation.ts';
import { requiredList } from '../parameters.ts';
import { found } from './found.ts';
import { withTwin } from './twin.ts';

export const compareEvents = withTwin({
  id: 'compareEvents',
  path: '/compare',
  summary: 'The records of two or more events, field by field',
  description: 'A value is the JSON text in the record, so that no digit is lost; null: the event has no such field.',
  parameters: { id: requiredList("CloudTrail's eventIDs, 2 to 10", 2, 10) },
  formats: ALL_FORMATS,
  schemas: { json: 'Comparison', line: 'FieldComparison' },
  async answer({ id: ids }, deps) {
    const events = await Promise.all(ids.map(async (id) => found(await readEvent(id, deps), 'id')));
    const provisional = provisionalOf(events);
    const fields = compareFields(events);
    return { body: listOf(fields, comparisonOf(ids, provisional), { eventIds: ids, provisional, fields }) };
  },
});

/** In CSV each event is a column, headed by its eventID. Each line, and that heading, says which events are provisional. */
function comparisonOf(ids: readonly string[], provisional: readonly string[]): Writing<FieldComparison> {
  const marks = provisional.length === 0 ? {} : { provisional };
  return {
    // An absent value becomes null in JSON: the JSON text `null` is a string of four letters.
    json: ({ path, same, values }) => JSON.stringify({ path, same, values, ...marks }),
    columns: ['path', 'same', ...ids.map((id) => (provisional.includes(id) ? `${id} (provisional)` : id))],
    csv: ({ path, same, values }) => csvRow([path, String(same), ...values.map((value) => value ?? '')]),
  };
}
