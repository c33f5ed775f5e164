import { compareEvents as compareFields, type FieldComparison, provisionalOf } from '../../query/compare.ts';
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
      name: 'deniedAndDone',
      summary: 'A change that was denied, and the one that was made three minutes later',
      url: '/compare?id=016455be-b954-4c42-8c9c-49b594f86248&id=4b9d2a64-cef8-4d6c-ad8f-94797d7c823c',
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
        jsonObject({
          eventIds: JSON.stringify(ids),
          provisional: JSON.stringify(provisionalOf(events)),
          fields: items,
        }),
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
