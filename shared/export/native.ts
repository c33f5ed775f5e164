import { type AttributeName, attributeNamed, attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import { parseEventTime, timeOf } from '../audit-event/event-time.ts';
import type { StoredEvent } from '../store/event-item.ts';
import type { EventVerification } from '../store/ledger-entry.ts';
import type { Field, FieldType, Row, RowValue } from './fields.ts';

/** An event with everything that an export says of it. */
export type ExportedEvent = StoredEvent & EventVerification;

/** Every attribute of an event is a column of its name, in the order of the table. */
export const NATIVE_FIELDS: readonly Field[] = attributesWhere(() => true).map((name) => ({
  name,
  type: typeOf(name),
}));

function typeOf(name: AttributeName): FieldType {
  const { type, time } = attributeNamed(name);
  if (time) return 'time';
  if (type === 'mark') return 'boolean';
  if (type === 'record' || type === 'versions') return 'json';
  return type ?? 'text';
}

/** An event as a row. What the store does not have is absent, except marks, which are false. */
export function nativeRow(event: ExportedEvent): Row {
  return Object.fromEntries(NATIVE_FIELDS.map(({ name }) => [name, columnValue(event, name as AttributeName)]));
}

function columnValue(event: ExportedEvent, name: AttributeName): RowValue {
  const { type, time } = attributeNamed(name);
  const value = attributeOf(event, name);
  if (type === 'mark') return value === true;
  if (type === 'versions') return value === undefined ? undefined : JSON.stringify(value);
  if (!time) return value;
  // The text of eventTime is CloudTrail's; the key has the instant that it means, or none that is valid.
  return name === 'eventTime' ? eventTimeOf(event) : parseEventTime(`${value ?? ''}`);
}

/** When an event happened, in milliseconds since 1970; undefined if its time is invalid. */
export const eventTimeOf = ({ timeKey }: ExportedEvent): number | undefined => parseEventTime(timeOf(timeKey));
