import { useState } from 'react';
import { WHOLE_LIST } from '../lib/list-state.ts';
import { ListTable, type ListTableProps } from './list-table.tsx';

/** A list in a part of a page: some rows at once. What is seen of it is not in the address. */
export function ShortList<T>(props: Omit<ListTableProps<T>, 'state' | 'onStateChange' | 'variant' | 'pageSize'>) {
  const [state, setState] = useState(WHOLE_LIST);
  return <ListTable {...props} variant="embedded" pageSize={10} state={state} onStateChange={setState} />;
}
