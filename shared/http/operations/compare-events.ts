import { compareEvents as compareFields, type FieldComparison } from '../../query/compare.ts';
import { csvRow } from '../../render/csv.ts';
import type { Operation } from '../operation.ts';
import { jsonObject, listOf, type Writing } from '../representation.ts';
import { findEvent } from './get-event.ts';

export const compareEvents: Operation = {
  id: 'compareEvents',
  path: '/compare',
  summary: 'The records of two or more events, field by field',
  says: 'A value is the JSON text in the record, so that no digit is lost; null: the event has no such field.',
  parameters: [
    {
      name: 'id',
      in: 'query',
      says: "CloudTrail's eventIDs, 2 to 10",
      schema: { type: 'string', minLength: 1 },
      repeatable: { min: 2, max: 10 },
    },
  ],
  formats: ['json', 'ndjson', 'csv'],
  schemas: { json: 'Comparison', line: 'FieldComparison' },
  examples: [
    {
      name: 'beforeAndAfter',
      summary: 'Two calls of the same operation',
      url: '/compare?id=9c84a5ad-6f60-4c3f-9f1a-a4b21d2b3f5c&id=9c84a5ad-6f60-4c3f-9f1a-a4b21d2b3f5c',
      status: 200,
    },
    { name: 'onlyOne', summary: 'Nothing to compare with', url: '/compare?id=one', status: 400 },
    { name: 'unknown', summary: 'An eventID that is not stored', url: '/compare?id=one&id=two', status: 404 },
  ],
  async answer(values, deps) {
    const ids = values.get('id') ?? [];
    const events = await Promise.all(ids.map((id) => findEvent(id, 'id', deps)));
    return {
      body: listOf(compareFields(events), comparisonOf(ids), (items) =>
        jsonObject({ eventIds: JSON.stringify(ids), fields: items }),
      ),
    };
  },
};

/** In CSV each event is a column, headed by its eventID. */
function comparisonOf(ids: readonly string[]): Writing<FieldComparison> {
  return {
    // An absent value becomes null in JSON: the JSON text `null` is a string of four letters.
    json: ({ path, same, values }) => JSON.stringify({ path, same, values }),
    columns: ['path', 'same', ...ids],
    csv: ({ path, same, values }) => csvRow([path, String(same), ...values.map((value) => value ?? '')]),
  };
}
