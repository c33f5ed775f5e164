import { styleText } from 'node:util';
import { COLUMN_GAP, type Column, fitColumns } from './columns.ts';
import { displayText } from './display.ts';
import { cutMiddle, cutToWidth, textWidth, wrapToWidth } from './text-width.ts';
import type { Style, View } from './view.ts';

/** A text or a number, plain or in a style. */
export type Cell = string | number | { text: string | number; style: Style };

type TableView = Pick<View, 'width' | 'colour'>;

const PLAIN: TableView = { colour: false };

/** Rows under column headings, aligned; columns of numbers to the right. No line break at the end. */
export function textTable(
  columns: readonly (string | Column)[],
  rows: readonly (readonly Cell[])[],
  view: TableView = PLAIN,
): string {
  return new TextTable(columns, view).add(rows).trimEnd();
}

/**
 * A table of any length, made in pieces. Nothing but two spaces stands between columns, so that lines can be copied and
 * grepped. The first piece decides which columns there are; they grow when a later one needs more.
 */
export class TextTable {
  private readonly columns: readonly Column[];
  private readonly view: TableView;
  private natural: number[] = [];
  /** Of each column, 0 when it is left out; absent until there are rows. */
  private widths: number[] | undefined;

  constructor(columns: readonly (string | Column)[], view: TableView) {
    this.columns = columns.map((column) => (typeof column === 'string' ? { heading: column } : column));
    this.view = view;
  }

  /** The lines of more rows; the first time, those of the headings before them. */
  add(cells: readonly (readonly Cell[])[]): string {
    const aligns = this.columns.map((_, i) =>
      cells.length > 0 && cells.every((row) => isNumber(row[i]!)) ? ('right' as const) : ('left' as const),
    );
    const rows = cells.map((row) => row.map(textOf));
    if (this.widths === undefined) rows.unshift(this.columns.map(({ heading }) => ({ text: heading })));
    this.fit(rows);
    return rows.flatMap((row) => this.lines(row, aligns)).join('');
  }

  private fit(rows: readonly Row[]): void {
    this.natural = this.columns.map((_, i) => {
      if (this.widths?.[i] === 0) return 0;
      return rows.reduce((widest, row) => Math.max(widest, textWidth(row[i]!.text)), this.natural[i] ?? 0);
    });
    this.widths = fitColumns(this.columns, this.natural, this.view.width);
  }

  private lines(row: Row, aligns: readonly Align[]): string[] {
    const pieces = row.map(({ text }, i) => FITTED[this.columns[i]!.tooWide ?? 'cut-end'](text, this.widths![i]!));
    const height = Math.max(...pieces.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => {
      const cells = row.flatMap(({ style }, i) =>
        this.widths![i] === 0 ? [] : this.padded(pieces[i]![line] ?? '', i, aligns[i]!, style),
      );
      return `${cells.join(' '.repeat(COLUMN_GAP)).trimEnd()}\n`;
    });
  }

  private padded(text: string, column: number, align: Align, style: Style | undefined): string {
    const spaces = ' '.repeat(Math.max(0, this.widths![column]! - textWidth(text)));
    const visible = style !== undefined && this.view.colour ? styled(style, text) : text;
    return align === 'right' ? spaces + visible : visible + spaces;
  }
}

const FITTED: Readonly<Record<NonNullable<Column['tooWide']>, (text: string, width: number) => string[]>> = {
  'cut-end': (text, width) => [cutToWidth(text, width)],
  'cut-middle': (text, width) => [cutMiddle(text, width)],
  wrap: wrapToWidth,
};

type Row = readonly { text: string; style?: Style }[];
type Align = 'left' | 'right';

/** Colours are the view's decision, not that of Node, which would look at its own standard output. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}

function isNumber(cell: Cell): boolean {
  return typeof (typeof cell === 'object' ? cell.text : cell) === 'number';
}

function textOf(cell: Cell): Row[number] {
  if (typeof cell === 'object') return { text: displayText(String(cell.text)), style: cell.style };
  return { text: displayText(String(cell)) };
}
