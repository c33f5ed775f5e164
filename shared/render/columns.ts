/** A column of a table. */
export interface Column {
  heading: string;
  /** Where the table would be too wide, its cells may be cut to so many characters; absent: they are never cut. */
  least?: number;
  /** Where that is not enough, the column with the lowest rank is left out first; absent: it always stays. */
  rank?: number;
  /** What is done with cells that are too wide: their end is cut off, their middle, or they go on in the next line. */
  tooWide?: 'cut-end' | 'cut-middle' | 'wrap';
}

/** Spaces between columns. */
export const COLUMN_GAP = 2;

/**
 * Fits columns into a width.
 * @param natural width of each column's widest cell
 * @param width of the terminal; absent: no bound
 * @returns the width of each column, 0 for those that are left out
 */
export function fitColumns(columns: readonly Column[], natural: readonly number[], width?: number): number[] {
  if (width === undefined || total(natural) <= width) return [...natural];
  const least = natural.map((wide, i) => Math.min(wide, columns[i]!.least ?? wide));
  for (const left of byRank(columns)) {
    if (total(least) <= width) break;
    least[left] = 0;
  }
  return shareOut(least, natural, width - total(least));
}

/** The columns that may be left out, the least important first. */
function byRank(columns: readonly Column[]): number[] {
  const rank = (i: number) => columns[i]!.rank!;
  return [...columns.keys()].filter((i) => columns[i]!.rank !== undefined).sort((a, b) => rank(a) - rank(b));
}

/** Gives what is left to the columns that need more, equally, until none does. */
function shareOut(least: readonly number[], natural: readonly number[], spare: number): number[] {
  const widths = [...least];
  const needy = [...least.keys()].filter((i) => least[i]! > 0).sort((a, b) => need(a) - need(b));
  function need(i: number): number {
    return natural[i]! - least[i]!;
  }
  let left = Math.max(0, spare);
  for (const [done, i] of needy.entries()) {
    const share = Math.min(need(i), Math.floor(left / (needy.length - done)));
    widths[i]! += share;
    left -= share;
  }
  return widths;
}

/** Of a line with these columns; those of width 0 are not in it. */
function total(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, 0) + COLUMN_GAP * Math.max(0, shown.length - 1);
}
