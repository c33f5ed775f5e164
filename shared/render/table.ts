import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { displayText } from './display.ts';
import type { Style, View } from './view.ts';

/** A column of a table. */
export interface Column {
  heading: string;
  /** If the table is too wide, its cells may be cut to this width; absent: they are never cut. */
  least?: number;
  /** If that is not enough, the column with the lowest rank is left out first; absent: it always stays. */
  rank?: number;
  /** How cells that are too wide are fitted. */
  tooWide?: keyof typeof FITTED;
}

/** A text or a number, plain or in a style. */
export type Cell = string | number | { text: string | number; style: Style };

type TableView = Pick<View, 'width' | 'colour'>;

const PLAIN: TableView = { colour: false };
/** Spaces between columns. */
const COLUMN_GAP = 2;

/** Rows under column headings, if there are any, aligned; columns of numbers to the right. No line break at the end. */
export function textTable(
  columns: readonly (string | Column)[],
  rows: readonly (readonly Cell[])[],
  view: TableView = PLAIN,
): string {
  return new TextTable(columns, view).add(rows).trimEnd();
}

type Row = readonly { text: string; style?: Style }[];
type Align = 'left' | 'right';

/**
 * A table of any length, made in pieces. Only spaces separate columns, so that lines can be copied and grepped. The first piece
 * decides which columns are shown; they grow if a later one needs more.
 */
export class TextTable {
  private readonly columns: readonly Column[];
  private readonly view: TableView;
  private natural: number[] = [];
  /** Of each column, 0 if it is left out; undefined until there are rows. */
  private widths: number[] | undefined;

  constructor(columns: readonly (string | Column)[], view: TableView) {
    this.columns = columns.map((column) => (typeof column === 'string' ? { heading: column } : column));
    this.view = view;
  }

  /** Returns the lines of more rows, the first time with headings, unless all are empty. */
  add(cells: readonly (readonly Cell[])[]): string {
    const aligns = this.columns.map((_, i) =>
      cells.length > 0 && cells.every((row) => isNumber(row[i]!)) ? ('right' as const) : ('left' as const),
    );
    const rows = cells.map((row) => row.map(textOf));
    const hasHeadings = this.columns.some(({ heading }) => heading !== '');
    if (this.widths === undefined && hasHeadings) rows.unshift(this.columns.map(({ heading }) => ({ text: heading })));
    this.natural = this.columns.map((_, i) => {
      if (this.widths?.[i] === 0) return 0;
      return rows.reduce((widest, row) => Math.max(widest, textWidth(row[i]!.text)), this.natural[i] ?? 0);
    });
    const widths = fitColumns(this.columns, this.natural, this.view.width);
    this.widths = widths;
    return rows.flatMap((row) => this.lines(row, widths, aligns)).join('');
  }

  private lines(row: Row, widths: readonly number[], aligns: readonly Align[]): string[] {
    const pieces = row.map(({ text }, i) => FITTED[this.columns[i]!.tooWide ?? 'cut-end'](text, widths[i]!));
    const height = Math.max(...pieces.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => {
      const cells = row.flatMap(({ style }, i) =>
        widths[i] === 0 ? [] : this.padded(pieces[i]![line] ?? '', widths[i]!, aligns[i]!, style),
      );
      return `${cells.join(' '.repeat(COLUMN_GAP)).trimEnd()}\n`;
    });
  }

  private padded(text: string, width: number, align: Align, style: Style | undefined): string {
    const spaces = ' '.repeat(Math.max(0, width - textWidth(text)));
    const visible = style !== undefined && this.view.colour ? styled(style, text) : text;
    return align === 'right' ? spaces + visible : visible + spaces;
  }
}

/** Without Node's check of its own standard output: the view decides about colours. */
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

/**
 * Fits columns into a width.
 * @param natural width of each column's widest cell
 * @param width of the terminal; absent: no bound
 * @returns the width of each column, 0 for those that are left out
 */
export function fitColumns(columns: readonly Column[], natural: readonly number[], width?: number): number[] {
  if (width === undefined || lineWidth(natural) <= width) return [...natural];
  const least = natural.map((wide, i) => Math.min(wide, columns[i]!.least ?? wide));
  const ranked = columns.flatMap(({ rank }, i) => (rank === undefined ? [] : [{ rank, i }]));
  for (const { i } of ranked.sort((a, b) => a.rank - b.rank)) {
    if (lineWidth(least) <= width) break;
    least[i] = 0;
  }
  return shareOut(least, natural, Math.max(0, width - lineWidth(least)));
}

/** Shares spare width equally among the columns that need more. */
function shareOut(least: readonly number[], natural: readonly number[], spare: number): number[] {
  const widths = [...least];
  const needs = least.flatMap((wide, i) => (wide > 0 ? [{ i, need: natural[i]! - wide }] : []));
  let left = spare;
  for (const [done, { i, need }] of needs.sort((a, b) => a.need - b.need).entries()) {
    const share = Math.min(need, Math.floor(left / (needs.length - done)));
    widths[i]! += share;
    left -= share;
  }
  return widths;
}

/** The width of a line with these columns; columns of width 0 are left out. */
function lineWidth(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, 0) + COLUMN_GAP * Math.max(0, shown.length - 1);
}

const FITTED = {
  'cut-end': (text: string, width: number) => [cutToWidth(text, width)],
  'cut-middle': (text: string, width: number) => [cutMiddle(text, width)],
  wrap: wrapToWidth,
} as const;

/** How many columns of a terminal a text occupies. */
export const textWidth = (text: string) => stringWidth(text);

/** The text, or its beginning and `…` if it is wider than `width`. */
export function cutToWidth(text: string, width: number): string {
  return textWidth(text) <= width ? text : `${fitting(charactersOf(text), width - 1).join('')}…`;
}

/** The text, or its beginning, `…`, and its end if it is wider than `width`. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const end = fitting([...charactersOf(text)].reverse(), Math.floor((width - 1) / 2))
    .reverse()
    .join('');
  return `${fitting(charactersOf(text), width - 1 - textWidth(end)).join('')}…${end}`;
}

/** The text in pieces that are at most `width` wide; a piece has at least one character, even if that is wider. */
export function wrapToWidth(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const character of charactersOf(text)) {
    if (line !== '' && textWidth(line) + textWidth(character) > width) {
      lines.push(line);
      line = '';
    }
    line += character;
  }
  return [...lines, line];
}

const CHARACTERS = new Intl.Segmenter();

function* charactersOf(text: string): Generator<string> {
  for (const { segment } of CHARACTERS.segment(text)) yield segment;
}

/** As many of the first characters as fit. */
function fitting(characters: Iterable<string>, width: number): string[] {
  const fits: string[] = [];
  let taken = 0;
  for (const character of characters) {
    taken += textWidth(character);
    if (taken > width) break;
    fits.push(character);
  }
  return fits;
}
