import type { Seen } from '../query/seen.ts';
import { type Cell, type Column, cutToWidth, textTable, WHOLE } from './table.ts';
import { timeDisplay } from './times.ts';
import type { View } from './view.ts';

/** A column of a table, and what it shows of a line. */
export interface LineColumn<Line> extends Column {
  cellOf(line: Line): Cell;
}

/** What the columns show of a line. */
export const cellsOf = <Line>(columns: readonly LineColumn<Line>[], line: Line): Cell[] =>
  columns.map(({ cellOf }) => cellOf(line));

/** A table with a row for each line. No line break at the end. */
export const lineTable = <Line>(
  columns: readonly LineColumn<Line>[],
  lines: readonly Line[],
  view: Pick<View, 'width' | 'colour'>,
): string =>
  textTable(
    columns,
    lines.map((line) => cellsOf(columns, line)),
    view,
  );

/** A count of what is better 0. @param text of the count */
export const redCount = (count: number, text: string | number = count): Cell =>
  count === 0 ? text : { text, style: 'red' };

/** The first and the last time. The day says most of a time, so a narrow terminal has the days. */
export function timeColumns({ times }: View): LineColumn<Seen>[] {
  const { show } = timeDisplay(times);
  return [
    { heading: 'FIRST', widths: [0, DAY], narrow: narrowTime, cellOf: ({ first }) => show(first) },
    { heading: 'LAST', widths: [0, DAY], narrow: narrowTime, cellOf: ({ last }) => show(last) },
  ];
}

/** How wide a day is. */
const DAY = '2026-11-06'.length;

/** What makes a time its day where a terminal has no room for more. */
export const DAY_AT_LEAST = { widths: [DAY, DAY, DAY, WHOLE], narrow: narrowTime };

function narrowTime(time: string, width: number): string[] {
  return [cutToWidth(/^\d{4}-\d\d-\d\d /.test(time) ? time.slice(0, 10) : time, width)];
}
