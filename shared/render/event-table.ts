import type { FieldComparison } from '../query/compare.ts';
import type { ListedEvent, StoredEvent } from '../store/event-item.ts';
import { type Cell, type Column, TextTable, textTable } from './table.ts';
import { type TimeDisplay, timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A table of events, made in pieces: when, what, where, who, from where, and the result. */
export class EventTable {
  private readonly columns: readonly EventColumn[];
  private readonly table: TextTable;

  /** @param withIds whether eventIDs are shown even where that leaves no room for other columns */
  constructor(view: View, withIds: boolean) {
    this.columns = eventColumns(timeDisplay(view.times), withIds);
    this.table = new TextTable(this.columns, view);
  }

  /** The lines of more events; the first time, that of the headings before them. */
  add(events: readonly ListedEvent[]): string {
    return this.table.add(events.map((event) => this.columns.map(({ cellOf }) => cellOf(event))));
  }
}

interface EventColumn extends Column {
  cellOf(event: ListedEvent): Cell;
}

function eventColumns(times: TimeDisplay, withIds: boolean): EventColumn[] {
  return [
    { heading: times.heading('TIME'), cellOf: ({ eventTime }) => times.show(eventTime) },
    // Room for the longest of MWAA's own operations.
    { heading: 'EVENT', least: 19, cellOf: ({ eventName = '-' }) => eventName },
    { heading: 'ENVIRONMENT', least: 11, rank: 3, cellOf: ({ environment = '-' }) => environment },
    // The end, a role's session, tells who it was.
    { heading: 'WHO', least: 16, rank: 4, tooWide: 'cut-middle', cellOf: ({ principal = '-' }) => principal },
    { heading: 'FROM', least: 15, rank: 2, cellOf: ({ sourceIp = '-' }) => sourceIp },
    { heading: 'EVENT ID', ...(withIds ? {} : { rank: 1 }), cellOf: ({ eventId }) => eventId },
    { heading: 'RESULT', least: 18, cellOf: resultOf },
  ];
}

/** The result of a call: `ok`, or its error in one line. The message comes last, because it may be cut off. */
function resultOf({ errorCode, errorMessage, provisional }: ListedEvent): Cell {
  const text = `${errorCode ?? 'ok'}${provisional ? ' (provisional)' : ''}`;
  if (errorCode === undefined) return text;
  return { text: errorMessage === undefined ? text : `${text}: ${errorMessage}`, style: 'red' };
}

/** The events that are compared, then their fields side by side. On a terminal, long values wrap. */
export function comparisonText(events: readonly StoredEvent[], fields: readonly FieldComparison[], view: View): string {
  const legend = new EventTable(view, true).add(events);
  if (fields.length === 0) return legend;
  const column = (heading: string, least: number) => ({ heading, least, tooWide: 'wrap' as const });
  // Numbered as in the list above.
  const columns = [column('FIELD', 24), ...events.map((_, i) => column(`EVENT ${i + 1}`, 16))];
  return `${legend}\n${textTable(columns, fields.map(fieldRow), view)}\n`;
}

function fieldRow({ path, values, same }: FieldComparison): Cell[] {
  const cells = values.map((value) => value ?? '-');
  return [path, ...(same ? cells.map((text) => ({ text, style: 'dim' as const })) : cells)];
}
