import Pagination from '@cloudscape-design/components/pagination';
import { type ReactNode, useState } from 'react';

/** A page of a list that is here as a whole. */
interface Pages<T> {
  items: readonly T[];
  /** To choose another page; nothing if there is only one. */
  pagination: ReactNode;
  toFirst(): void;
}

/** Pages a list. If it becomes shorter, the last page that there still is stays. */
export function usePages<T>(all: readonly T[], perPage: number): Pages<T> {
  const [chosen, setChosen] = useState(1);
  const pages = Math.max(1, Math.ceil(all.length / perPage));
  const current = Math.min(chosen, pages);
  return {
    items: all.slice((current - 1) * perPage, current * perPage),
    pagination: pages > 1 && (
      <Pagination
        currentPageIndex={current}
        pagesCount={pages}
        onChange={({ detail }) => setChosen(detail.currentPageIndex)}
      />
    ),
    toFirst: () => setChosen(1),
  };
}
