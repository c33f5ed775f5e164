import type { ListedEvent } from '../store/event-item.ts';
import type { Column } from './columns.ts';
import { type Cell, TextTable } from './table.ts';
import { type TimeDisplay, timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A table of events, one line each, made in pieces: when, what, where, who, from where, and how it ended. */
export class EventTable {
  private readonly table: TextTable;
  private readonly times: TimeDisplay;

  /** @param withIds whether eventIDs are shown even where that leaves no room for other columns */
  constructor(view: View, withIds: boolean) {
    this.times = timeDisplay(view.times);
    this.table = new TextTable(eventColumns(this.times, withIds), view);
  }

  /** The lines of more events; the first time, that of the headings before them. */
  add(events: readonly ListedEvent[]): string {
    return this.table.add(events.map((event) => this.row(event)));
  }

  private row(event: ListedEvent): Cell[] {
    const { eventTime, eventName = '-', environment = '-', principal = '-', sourceIp = '-', eventId } = event;
    const result = resultOf(event);
    return [
      this.times.show(eventTime),
      eventName,
      environment,
      principal,
      sourceIp,
      eventId,
      event.errorCode === undefined ? result : { text: result, style: 'red' },
    ];
  }
}

/** How a call ended: `ok`, or its error in one line. What may be cut off at the end of the line comes last. */
function resultOf({ errorCode, errorMessage, provisional }: ListedEvent): string {
  const code = `${errorCode ?? 'ok'}${provisional ? ' (provisional)' : ''}`;
  return errorCode === undefined || errorMessage === undefined ? code : `${code}: ${errorMessage}`;
}

function eventColumns(times: TimeDisplay, withIds: boolean): Column[] {
  return [
    { heading: times.heading('TIME') },
    // Room for the longest of MWAA's own operations.
    { heading: 'EVENT', least: 19 },
    { heading: 'ENVIRONMENT', least: 11, rank: 3 },
    // A role's session, at the end, tells who it was.
    { heading: 'WHO', least: 16, rank: 4, tooWide: 'cut-middle' },
    { heading: 'FROM', least: 15, rank: 2 },
    { heading: 'EVENT ID', ...(withIds ? {} : { rank: 1 }) },
    { heading: 'RESULT', least: 18 },
  ];
}
