import type { FieldComparison } from '../query/compare.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { EventTable } from './event-table.ts';
import { type Cell, textTable } from './table.ts';
import type { View } from './view.ts';

/** Which events are compared, and their fields side by side; long values go on in the next line on a terminal. */
export function comparisonText(events: readonly StoredEvent[], fields: readonly FieldComparison[], view: View): string {
  const legend = new EventTable(view, true).add(events);
  if (fields.length === 0) return legend;
  const columns = [{ heading: 'FIELD', least: 24, tooWide: 'wrap' as const }, ...events.map(valueColumn)];
  return `${legend}\n${textTable(columns, fields.map(row), view)}\n`;
}

/** Events are numbered in the order in which they were given, which is that of the list above the fields. */
function valueColumn(_: StoredEvent, i: number) {
  return { heading: `EVENT ${i + 1}`, least: 16, tooWide: 'wrap' as const };
}

function row({ path, values, same }: FieldComparison): Cell[] {
  const cells = values.map((value) => value ?? '-');
  return [path, ...(same ? cells.map((text) => ({ text, style: 'dim' as const })) : cells)];
}
