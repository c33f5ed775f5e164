import { useState } from 'react';
import { WHOLE_LIST } from '../lib/list-state.ts';
import { ListTable, type ListTableProps } from './list-table.tsx';

type ShortListProps<T> = Omit<ListTableProps<T>, 'state' | 'onStateChange' | 'variant' | 'pageSize'> & {
  pageSize?: number;
};

/** A list in a part of a page: some rows at once. What is seen of it is not in the address. */
export function ShortList<T>({ pageSize = 10, ...props }: ShortListProps<T>) {
  const [state, setState] = useState(WHOLE_LIST);
  return <ListTable {...props} variant="embedded" pageSize={pageSize} state={state} onStateChange={setState} />;
}
