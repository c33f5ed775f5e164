import Box from '@cloudscape-design/components/box';
import Pagination from '@cloudscape-design/components/pagination';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import type { ReactNode } from 'react';
import { type ListState, type ListValues, shownItems } from '../lib/list-state.ts';
import { usePreferences } from '../lib/preferences.tsx';

/** A column of a list that is here as a whole. */
export interface ListColumn<T> extends ListValues<T> {
  header: string;
  /** What is shown, if it is not the value. */
  cell?(item: T): ReactNode;
  isRowHeader?: boolean;
  /** Its values are not here, so that it cannot be sorted. */
  isUnsorted?: boolean;
  /** CSS. */
  minWidth?: string;
}

export interface ListTableProps<T> {
  /** Name of the table for those who do not see it. */
  label: string;
  items: readonly T[];
  columns: readonly ListColumn<T>[];
  keyOf(item: T): string;
  /** What a table without items says. */
  empty: ReactNode;
  state: ListState;
  onStateChange(state: ListState): void;
  header?: ReactNode;
  /** What the filter asks for; absent: there is no filter. */
  filterPlaceholder?: string;
  /** In a container or, `embedded`, in a part of a page. */
  variant?: TableProps.Variant;
  /** Rows of a page. */
  pageSize: number;
}

/** A list that is filtered, sorted and paged in the browser. */
export function ListTable<T>(props: ListTableProps<T>) {
  const { label, items, columns, keyOf, empty, state, onStateChange, header, filterPlaceholder, variant, pageSize } =
    props;
  const { preferences } = usePreferences();
  const shown = shownItems(items, columns, state, pageSize);
  const column = state.sort?.column;
  return (
    <Table<T>
      variant={variant ?? 'container'}
      items={shown.items}
      trackBy={keyOf}
      columnDefinitions={columns.map(
        ({ id, header: text, cell, value, isRowHeader = false, isUnsorted = false, minWidth = 'auto' }) => ({
          id,
          header: text,
          cell: (item) => (cell ? cell(item) : (value(item) ?? '-')),
          ...(!isUnsorted && { sortingField: id }),
          isRowHeader,
          minWidth,
        }),
      )}
      {...(column !== undefined && { sortingColumn: { sortingField: column } })}
      sortingDescending={state.sort?.descending ?? false}
      onSortingChange={({ detail: { sortingColumn, isDescending = false } }) =>
        onStateChange({
          ...state,
          page: 1,
          sort: { column: sortingColumn.sortingField ?? '', descending: isDescending },
        })
      }
      wrapLines={variant === 'embedded' || preferences.wrapLines}
      enableKeyboardNavigation
      header={header}
      filter={
        filterPlaceholder !== undefined && (
          <TextFilter
            filteringText={state.filter}
            filteringPlaceholder={filterPlaceholder}
            filteringAriaLabel={filterPlaceholder}
            countText={`${shown.matching.toLocaleString('en-US')} of ${items.length.toLocaleString('en-US')}`}
            onChange={({ detail }) => onStateChange({ ...state, page: 1, filter: detail.filteringText })}
          />
        )
      }
      empty={
        <Box textAlign="center" color="inherit">
          {items.length > 0 ? 'Nothing matches the filter.' : empty}
        </Box>
      }
      pagination={
        shown.pages > 1 && (
          <Pagination
            currentPageIndex={shown.page}
            pagesCount={shown.pages}
            onChange={({ detail }) => onStateChange({ ...state, page: detail.currentPageIndex })}
            ariaLabels={{ paginationLabel: `Pages of ${label}` }}
          />
        )
      }
      ariaLabels={{ tableLabel: label }}
    />
  );
}
