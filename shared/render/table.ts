import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { displayText } from './display.ts';
import type { Style, View } from './view.ts';

/** A column of a table. */
export interface Column {
  heading: string;
  /**
   * The widths that it gets one after the other, as far as the terminal has room; in each round, columns on the left come first.
   * It always has the first; with 0 it waits, and is left out if no later round has room for it. Absent: as wide as its widest
   * cell. What is left after the last round is shared.
   */
  widths?: readonly number[];
  /** Returns what is shown of a cell that is too wide, in lines of at most `width`; absent: its beginning. */
  narrow?(text: string, width: number): readonly string[];
  /** If there is no room for it, its cells are lines of their own, below their rows: as `narrow` has them, or else whole. */
  below?: boolean;
}

/** In `widths`: as wide as its widest cell. */
export const WHOLE = Number.POSITIVE_INFINITY;

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
  /** Of each column, 0 if it is left out, or empty; undefined until there are rows. */
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
    const isThere = this.columns.map((_, i) => !this.isLeftOut(i));
    this.natural = this.columns.map((_, i) =>
      rows.reduce((widest, row) => Math.max(widest, textWidth(row[i]!.text)), this.natural[i] ?? 0),
    );
    const needed = this.natural.map((wide, i) => (isThere[i] ? wide : 0));
    const widths = fitColumns(this.columns, needed, this.view.width, this.widths);
    this.widths = widths;
    return rows.flatMap((row) => this.lines(row, widths, aligns)).join('');
  }

  /** Whether rows have the cells of a column, in it or below. */
  shows(column: number): boolean {
    return this.columns[column]?.below === true || !this.isLeftOut(column);
  }

  /** There was no room for it; a column that was only empty may still come. */
  private isLeftOut(column: number): boolean {
    return this.widths?.[column] === 0 && this.natural[column] !== 0;
  }

  private lines(row: Row, widths: readonly number[], aligns: readonly Align[]): string[] {
    const pieces = row.map(({ text }, i) => {
      const [width = 0, { narrow = cutEnd }] = [widths[i], this.columns[i]!];
      return width === 0 || textWidth(text) <= width ? [text] : narrow(text, width);
    });
    const height = Math.max(...pieces.map(({ length }) => length));
    const below = row.flatMap(({ text }, i) =>
      widths[i] === 0 && this.columns[i]!.below ? this.linesBelow(text, this.columns[i]!) : [],
    );
    const lines = Array.from({ length: height }, (_, line) => {
      const cells = row.flatMap(({ style }, i) =>
        widths[i] === 0 ? [] : this.padded(pieces[i]![line] ?? '', widths[i]!, aligns[i]!, style),
      );
      return `${cells.join(' '.repeat(COLUMN_GAP)).trimEnd()}\n`;
    });
    return [...lines, ...below];
  }

  private linesBelow(text: string, { narrow }: Column): string[] {
    const width = (this.view.width ?? WHOLE) - COLUMN_GAP;
    const lines = narrow && textWidth(text) > width ? narrow(text, width) : [text];
    return lines.map((line) => `${' '.repeat(COLUMN_GAP)}${line}\n`);
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

/** The lines of a title in a style; those after the first are indented. */
export function titleLines(lines: readonly string[], indent: string, style: Style, { colour }: View): string[] {
  const indented = lines.map((line, i) => (i === 0 ? line : indent + line));
  return colour ? indented.map((line) => styled(style, line)) : indented;
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
 * @param before what each column has already; absent: nothing yet
 * @returns the width of each column, 0 for those that are left out
 */
export function fitColumns(
  columns: readonly Column[],
  natural: readonly number[],
  width?: number,
  before?: readonly number[],
): number[] {
  if (width === undefined || lineWidth(natural) <= width) return [...natural];
  const asks = columns.map(({ widths = [WHOLE] }, i) => widths.map((wide) => Math.min(wide, natural[i]!)));
  const widths = before ? [...before] : asks.map(([first = 0]) => first);
  const rounds = Math.max(...asks.map(({ length }) => length));
  for (let round = 1; round < rounds; round += 1) {
    for (const [i, { [round]: wide = 0 }] of asks.entries()) {
      const has = widths[i]!;
      const room = width - lineWidth(widths) - (has === 0 ? COLUMN_GAP : 0);
      // A column is there with what it asks for, or not at all; it may grow by less.
      if (has === 0 && wide <= room) widths[i] = wide;
      if (has > 0 && wide > has) widths[i] = has + Math.min(wide - has, Math.max(0, room));
    }
  }
  return shareOut(widths, natural, Math.max(0, width - lineWidth(widths)));
}

/** Shares spare width equally among the columns that need more. */
function shareOut(given: readonly number[], natural: readonly number[], spare: number): number[] {
  const widths = [...given];
  const needs = given.flatMap((wide, i) => (wide > 0 ? [{ i, need: natural[i]! - wide }] : []));
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

/** How many columns of a terminal a text occupies. */
export const textWidth = (text: string) => (isPrintableAscii(text) ? text.length : stringWidth(text));

const isPrintableAscii = (text: string) => /^[ -~]*$/.test(text);

/** The text, or its beginning and `…` if it is wider than `width`. */
export function cutToWidth(text: string, width: number): string {
  return textWidth(text) <= width ? text : `${fitting(charactersOf(text), width - 1).join('')}…`;
}

/** A cell that is cut at the end, as `narrow` of a column. */
const cutEnd = (text: string, width: number) => [cutToWidth(text, width)];

/** The text, or its beginning, `…`, and its end if it is wider than `width`. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const end = fitting([...charactersOf(text)].reverse(), Math.floor((width - 1) / 2))
    .reverse()
    .join('');
  return `${fitting(charactersOf(text), width - 1 - textWidth(end)).join('')}…${end}`;
}

/**
 * The text in lines that are at most `width` wide: broken at spaces, which are left out there, or else after what separates the
 * parts of names and paths, or else anywhere. A line has at least one character, even if that is wider.
 */
export function wrapToWidth(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const character of charactersOf(text)) {
    // A space that does not fit is at the end of its line.
    while (line !== '' && character !== ' ' && textWidth(line) + textWidth(character) > width) {
      const end = lastBreak(line);
      lines.push(line.slice(0, end).trimEnd());
      line = line.slice(end);
    }
    line += character;
  }
  return [...lines, line.trimEnd()];
}

/** The text in lines broken only at spaces: a word that is wider stays whole, so that it can be copied. */
export function wrapWords(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  for (const word of text.split(/ +/)) {
    const joined = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(joined) <= width) lines[lines.length - 1] = joined;
    else if (word !== '') lines.push(word);
  }
  return lines;
}

function lastBreak(line: string): number {
  const [before] = /^.*\S +/.exec(line) ?? /^.*\w[./_,:=-]+/.exec(line) ?? [line];
  return before.length;
}

let segmenter: Intl.Segmenter | undefined;

function* charactersOf(text: string): Generator<string> {
  if (isPrintableAscii(text)) return yield* text;
  // To make it takes 12 ms.
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text)) yield segment;
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
