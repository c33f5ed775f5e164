import { phraseOf } from '../audit-event/actions.ts';
import type { AttributeName } from '../audit-event/attributes.ts';
import type { FieldComparison } from '../query/compare.ts';
import { nameOf } from '../query/user-aliases.ts';
import type { ListedEvent, StoredEvent } from '../store/event-item.ts';
import { type Cell, type Column, TextTable, textTable } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

export interface EventTableOptions {
  /** Whether eventIDs are shown even where that leaves no room for other columns. */
  withIds: boolean;
  /** The attributes that have one value in all events: their columns are left out. */
  fixed: readonly AttributeName[];
}

/** A table of events, made in pieces: when, who, what, where, the result, from where. */
export class EventTable {
  private readonly columns: readonly EventColumn[];
  private readonly table: TextTable;

  constructor(view: View, { withIds, fixed }: EventTableOptions) {
    this.columns = eventColumns(view, withIds).filter(({ of }) => !of || !fixed.includes(of));
    this.table = new TextTable(this.columns, view);
  }

  /** The lines of more events; the first time, that of the headings before them. */
  add(events: readonly ListedEvent[]): string {
    return this.table.add(events.map((event) => this.columns.map(({ cellOf }) => cellOf(event))));
  }
}

interface EventColumn extends Column {
  /** The attribute that it shows; absent: it says more than one. */
  of?: AttributeName;
  cellOf(event: ListedEvent): Cell;
}

/** A terminal of 80 columns has the first four and the result. */
function eventColumns(view: View, withIds: boolean): EventColumn[] {
  const times = timeDisplay(view.times);
  return [
    { heading: times.heading('TIME'), cellOf: ({ eventTime }) => times.show(eventTime) },
    { heading: 'WHO', of: 'user', least: 11, rank: 7, tooWide: 'cut-middle', cellOf: (event) => whoOf(event, view) },
    { heading: 'WHAT', least: 23, cellOf: whatOf },
    { heading: 'ENVIRONMENT', of: 'environment', least: 11, rank: 6, cellOf: ({ environment = '-' }) => environment },
    { heading: 'FROM', of: 'sourceIp', least: 15, rank: 5, cellOf: ({ sourceIp = '-' }) => sourceIp },
    { heading: 'ROLE', of: 'role', least: 16, rank: 3, tooWide: 'cut-middle', cellOf: ({ role = '-' }) => role },
    { heading: 'ACCOUNT', of: 'accountId', rank: 2, cellOf: ({ accountId = '-' }) => accountId },
    { heading: 'REGION', of: 'region', rank: 1, cellOf: ({ region = '-' }) => region },
    { heading: 'EVENT ID', ...(withIds ? {} : { rank: 4 }), cellOf: ({ eventId }) => eventId },
    { heading: 'RESULT', least: 8, cellOf: resultOf },
  ];
}

/** The person or machine behind an event; if that is not known, who signed the request. */
export function whoOf(
  { user, principal = '-' }: Pick<ListedEvent, 'user' | 'principal'>,
  { aliases }: Pick<View, 'aliases'>,
): string {
  return nameOf(aliases, user ?? principal);
}

/** What was done, and to what: `DAG run triggered: orders_daily`. */
export function whatOf({ action, target }: Pick<ListedEvent, 'action' | 'target'>): string {
  return target === undefined ? phraseOf(action) : `${phraseOf(action)}: ${target}`;
}

/** The result of a call: `ok`, or why not, in one line. The message comes last, because it may be cut off. */
function resultOf(event: ListedEvent): Cell {
  const { outcome, provisional } = event;
  const text = `${outcome}${provisional ? ' (provisional)' : ''}`;
  const reason = reasonOf(event);
  if (outcome === 'ok') return text;
  return { text: reason === '' ? text : `${text}: ${reason}`, style: 'red' };
}

/** Why a call did not succeed: the status of Airflow, or the error code of AWS, and the message; empty if it did. */
export function reasonOf({
  outcome,
  errorCode,
  errorMessage,
  statusCode,
}: Pick<ListedEvent, 'outcome' | 'errorCode' | 'errorMessage' | 'statusCode'>): string {
  if (outcome === 'ok') return '';
  const code = statusCode === undefined ? errorCode : `${statusCode} from Airflow`;
  return [code, errorMessage].filter((part) => part !== undefined).join(': ');
}

/** The events that are compared, then their fields side by side. On a terminal, long values wrap. */
export function comparisonText(events: readonly StoredEvent[], fields: readonly FieldComparison[], view: View): string {
  const legend = new EventTable(view, { withIds: true, fixed: [] }).add(events);
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
