import Table from 'cli-table3';
import type { ListedEvent } from '../store/event-item.ts';
import { displayText, displayTime } from './display.ts';

/** Nothing but two spaces between columns, so that lines can be copied and grepped. */
const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
};

/** Rows under column headings, aligned; columns of numbers to the right. */
export function textTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const colAligns = headings.map((_, column) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === 'number') ? ('right' as const) : ('left' as const),
  );
  const table = new Table({ ...PLAIN, head: [...headings], colAligns });
  table.push(...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? String(cell) : displayText(cell)))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const EVENT_HEADINGS = ['TIME (UTC)', 'EVENT', 'ENVIRONMENT', 'WHO', 'FROM', 'RESULT'];

/** Events, one line each: when, what, where, who, from where, and how it ended. */
export function eventTable(events: readonly ListedEvent[]): string {
  return textTable(
    EVENT_HEADINGS,
    events.map((event) => [
      displayTime(event.eventTime),
      event.eventName ?? '-',
      event.environment ?? '-',
      event.principal ?? '-',
      event.sourceIp ?? '-',
      resultOf(event),
    ]),
  );
}

function resultOf({ errorCode, errorMessage }: ListedEvent): string {
  if (errorCode === undefined) return 'ok';
  return errorMessage === undefined ? errorCode : `${errorCode}: ${errorMessage}`;
}
