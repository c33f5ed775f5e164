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
