import { compareEvents as compareFields, type FieldComparison, provisionalOf } from '../../query/compare.ts';
import { csvRow } from '../../render/csv.ts';
import { operation } from '../operation.ts';
import { requiredList } from '../parameters.ts';
import { jsonObject, listOf, type Writing } from '../representation.ts';
import { findEvent } from './get-event.ts';

export const compareEvents = operation({
  id: 'compareEvents',
  path: '/compare',
  summary: 'The records of two or more events, field by field',
  description: 'A value is the JSON text in the record, so that no digit is lost; null: the event has no such field.',
  parameters: { id: requiredList("CloudTrail's eventIDs, 2 to 10", 2, 10) },
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Comparison', line: 'FieldComparison' },
  async answer({ id: ids }, deps) {
    const events = await Promise.all(ids.map((id) => findEvent(id, 'id', deps)));
    return {
      body: listOf(compareFields(events), comparisonOf(ids), (items) =>
        jsonObject({
          eventIds: JSON.stringify(ids),
          provisional: JSON.stringify(provisionalOf(events)),
          fields: items,
        }),
      ),
    };
  },
});

/** In CSV each event is a column, headed by its eventID. */
function comparisonOf(ids: readonly string[]): Writing<FieldComparison> {
  return {
    // An absent value becomes null in JSON: the JSON text `null` is a string of four letters.
    json: ({ path, same, values }) => JSON.stringify({ path, same, values }),
    columns: ['path', 'same', ...ids],
    csv: ({ path, same, values }) => csvRow([path, String(same), ...values.map((value) => value ?? '')]),
  };
}
