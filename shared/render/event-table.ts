import type { AttributeName } from '../audit-event/attributes.ts';
import type { FixedAttributes } from '../query/criteria-table.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { reasonOf, resultOf, whatOf, whoOf } from './event-words.ts';
import { cellsOf, type LineColumn } from './line-table.ts';
import { narrowResult, narrowRole, narrowWhat, narrowWho } from './narrow.ts';
import { type Cell, type Column, TextTable, WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

export interface EventTableOptions {
  /** Whether eventIDs are shown in any case: on a narrow terminal, below their events. */
  withIds: boolean;
  /** The attributes that have one value in all events, with it: their columns are left out. */
  fixed: FixedAttributes;
}

/** A table of events, made in pieces: when, who, what, where, the result, from where. */
export class EventTable {
  private readonly columns: readonly EventColumn[];
  private readonly table: TextTable;
  /** Whether a row so far is of a provisional event. */
  hasProvisional = false;

  constructor(view: View, { withIds, fixed }: EventTableOptions) {
    const columns = eventColumns(view, withIds, fixed.outcome);
    this.columns = columns.filter(({ of }) => of === undefined || fixed[of] === undefined);
    this.table = new TextTable(this.columns, view);
  }

  /** The lines of more events; the first time, that of the headings before them. */
  add(events: readonly ListedEvent[]): string {
    this.hasProvisional ||= events.some(({ provisional }) => provisional);
    return this.table.add(events.map((event) => cellsOf(this.columns, event)));
  }

  /** Whether the rows so far have the eventIDs. */
  get showsIds(): boolean {
    return this.table.shows(this.columns.findIndex(({ of }) => of === 'eventId'));
  }
}

interface EventColumn extends LineColumn<ListedEvent> {
  /** The attribute that it shows; absent: it says more than one. */
  of?: AttributeName;
}

/**
 * A terminal of 80 columns has the first four and the result; one of 120 the source too, and the reason; one of 200 the
 * eventID. A column waits until those that say more have the width that they mostly need.
 */
function eventColumns(view: View, withIds: boolean, outcome: string | undefined): EventColumn[] {
  const times = timeDisplay(view.times);
  const whoIn = (event: ListedEvent) => whoOf(event, view);
  return [
    { heading: times.heading('TIME'), cellOf: ({ eventTime }) => times.show(eventTime) },
    { heading: 'WHO', of: 'user', widths: [0, 11, 11, 16, 16, 22], narrow: narrowWho, cellOf: whoIn },
    { heading: 'WHAT', widths: [23, 23, 34, 34, 44, 44, 44, 58], narrow: narrowWhat, cellOf: whatOf },
    attributeColumn('ENVIRONMENT', 'environment', { widths: [0, 11, 11, 11, 11, 24] }),
    attributeColumn('FROM', 'sourceIp', { widths: [0, 0, 0, 15, 15, 24] }),
    attributeColumn('ROLE', 'role', { widths: [0, 0, 0, 0, 0, 0, 0, 16, 16, 32], narrow: narrowRole }),
    attributeColumn('ACCOUNT', 'accountId', { widths: [0, 0, 0, 0, 0, 0, 0, 0, WHOLE] }),
    attributeColumn('REGION', 'region', { widths: [0, 0, 0, 0, 0, 0, 0, 0, WHOLE] }),
    attributeColumn('EVENT ID', 'eventId', {
      widths: withIds ? [0, 0, WHOLE] : [0, 0, 0, 0, 0, 0, WHOLE],
      below: withIds,
    }),
    resultColumn(outcome),
  ];
}

const attributeColumn = (
  heading: string,
  of: 'environment' | 'sourceIp' | 'role' | 'accountId' | 'region' | 'eventId',
  column: Omit<Column, 'heading'>,
): EventColumn => ({ heading, of, cellOf: ({ [of]: value = '-' }) => value, ...column });

/** @param outcome that of all events; undefined: it is not known */
function resultColumn(outcome: string | undefined): EventColumn {
  const more = [16, 16, 24, 24, 40];
  if (outcome === undefined) {
    const cellOf = (event: ListedEvent) => inRed(event, resultOf(event));
    return { heading: 'RESULT', widths: [6, 6, 6, ...more], narrow: narrowResult, cellOf };
  }
  const cellOf = (event: ListedEvent) =>
    inRed(event, [event.provisional ? '(provisional)' : '', reasonOf(event)].join(' ').trim());
  return { heading: outcome === 'ok' ? '' : 'REASON', widths: [0, 0, 0, ...more], cellOf };
}

function inRed({ outcome }: ListedEvent, text: string): Cell {
  return outcome === 'ok' ? text : { text, style: 'red' };
}
