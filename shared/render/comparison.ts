import type { FieldComparison } from '../query/compare.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { EventTable } from './event-table.ts';
import { type Cell, textTable, wrapToWidth } from './table.ts';
import type { View } from './view.ts';

/** The events that are compared, then their fields side by side. On a terminal, long values wrap. */
export function comparisonText(events: readonly StoredEvent[], fields: readonly FieldComparison[], view: View): string {
  const legend = new EventTable(view, { withIds: true, fixed: {} }).add(events);
  if (fields.length === 0) return legend;
  const column = (heading: string, least: number) => ({ heading, widths: [least], narrow: wrapToWidth });
  // Numbered as in the list above.
  const columns = [column('FIELD', 24), ...events.map((_, i) => column(`EVENT ${i + 1}`, 16))];
  return `${legend}\n${textTable(columns, fields.map(fieldRow), view)}\n`;
}

function fieldRow({ path, values, same }: FieldComparison): Cell[] {
  const cells = values.map((value) => value ?? '-');
  return [path, ...(same ? cells.map((text) => ({ text, style: 'dim' as const })) : cells)];
}

/** What people look at first comes first: what was requested, what came of it, who did it, from where. */
const PARTS = ['requestParameters', 'errorCode', 'errorMessage', 'responseElements', 'userIdentity', 'sourceIPAddress'];

/** The fields that differ, then those that are the same, each by the part of the record that they are in. */
export function forPeople(fields: readonly FieldComparison[]): FieldComparison[] {
  const partOf = ({ path }: FieldComparison) => {
    const part = PARTS.indexOf(/^[^.[]*/.exec(path)?.[0] ?? '');
    return part < 0 ? PARTS.length : part;
  };
  return fields.toSorted((a, b) => Number(a.same) - Number(b.same) || partOf(a) - partOf(b));
}

/** Names of what differs in any two events, and tells nothing about what was done. */
const IDENTIFIERS =
  /(?:^|\.)(?:eventID|eventTime|requestID|requestId|sharedEventID|originalEventID|originalRequestID|principalId|accessKeyId|creationDate|x-amz-id-2)$/;

/** Whether a field only identifies the event, the credentials or the request; parameters of the request never do. */
export function isIdentifier({ path }: FieldComparison): boolean {
  return !path.startsWith('requestParameters') && IDENTIFIERS.test(path);
}
