/** What somebody sees of a list that is here as a whole: filtered, sorted, a page of it. */
export interface ListState {
  filter: string;
  sort: { column: string; descending: boolean } | undefined;
  /** From 1. */
  page: number;
}

export const WHOLE_LIST: ListState = { filter: '', sort: undefined, page: 1 };

/** A column of a list, as far as sorting and filtering need it. */
export interface ListValues<T> {
  id: string;
  /** What the column shows; undefined comes last. The filter looks into texts. */
  value(item: T): string | number | undefined;
}

/** The state that the address of a page has: `filter=prod&sort=-last&page=2`. */
export function readListState(params: URLSearchParams): ListState {
  const [, minus, column] = /^(-?)(.+)$/.exec(params.get('sort') ?? '') ?? [];
  const page = Number(params.get('page') ?? 1);
  return {
    filter: params.get('filter') ?? '',
    sort: column === undefined ? undefined : { column, descending: minus === '-' },
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The parameters with another state. The inverse of `readListState`. */
export function withListState(params: URLSearchParams, { filter, sort, page }: ListState): URLSearchParams {
  const changed = new URLSearchParams(params);
  for (const name of ['filter', 'sort', 'page']) changed.delete(name);
  if (filter !== '') changed.set('filter', filter);
  if (sort) changed.set('sort', `${sort.descending ? '-' : ''}${sort.column}`);
  if (page > 1) changed.set('page', String(page));
  return changed;
}

/** A page of a list. */
export interface ShownItems<T> {
  items: T[];
  /** How many meet the filter, on all pages. */
  matching: number;
  page: number;
  pages: number;
}

/** What a list shows. A page after the last one is the last one. */
export function shownItems<T>(
  items: readonly T[],
  columns: readonly ListValues<T>[],
  { filter, sort, page }: ListState,
  pageSize: number,
): ShownItems<T> {
  const wanted = filter.trim().toLowerCase();
  const matching = items.filter((item) =>
    columns.some((column) => {
      const value = column.value(item);
      return wanted === '' || (typeof value === 'string' && value.toLowerCase().includes(wanted));
    }),
  );
  const column = columns.find(({ id }) => id === sort?.column);
  if (column) matching.sort((a, b) => compare(column.value(a), column.value(b), sort?.descending ?? false));
  const pages = Math.max(1, Math.ceil(matching.length / pageSize));
  const current = Math.min(page, pages);
  const start = (current - 1) * pageSize;
  return { items: matching.slice(start, start + pageSize), matching: matching.length, page: current, pages };
}

type Value = string | number | undefined;

function compare(a: Value, b: Value, descending: boolean): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
  return descending ? -order : order;
}
