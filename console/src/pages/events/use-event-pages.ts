import { useCallback, useEffect, useRef, useState } from 'react';
import type { Completeness } from '../../../../shared/query/completeness.ts';
import type { ListedEvent } from '../../../../shared/store/event-item.ts';
import { ApiProblem, fetchText } from '../../lib/api.ts';
import { useSession } from '../../lib/session.tsx';

/** A page of events, as the HTTP API answers it. */
interface EventPage {
  events: ListedEvent[];
  cursor?: string;
  completeness: Completeness;
}

/** The pages of a question that have been read so far. */
export interface EventPages {
  /** Without those that have no events: a page of the API may be empty because finding more would cost too much. */
  pages: readonly (readonly ListedEvent[])[];
  /** There are more pages. */
  hasMore: boolean;
  completeness: Completeness | undefined;
  problem: ApiProblem | undefined;
  loading: boolean;
  loadMore(): void;
  /** Begins again with the first page. */
  reload(): void;
}

interface Read {
  path: string;
  attempt: number;
  pages: readonly (readonly ListedEvent[])[];
  cursor: string | undefined;
  completeness: Completeness | undefined;
  problem: ApiProblem | undefined;
}

/**
 * Reads the events of a question, a page after the other.
 * @param path of the first page, with its query
 */
export function useEventPages(path: string): EventPages {
  const { caller, early } = useSession();
  const [attempt, setAttempt] = useState(0);
  const [read, setRead] = useState<Read>();
  const [busy, setBusy] = useState(true);
  const request = useRef<AbortController>(undefined);

  const readPage = useCallback(
    async (before: Omit<Read, 'problem'>) => {
      request.current?.abort();
      const controller = new AbortController();
      request.current = controller;
      setBusy(true);
      try {
        const page = await firstWithEvents(before, (pagePath) => {
          const asked = early.get(pagePath);
          early.delete(pagePath);
          return asked ?? fetchText(pagePath, caller, controller);
        });
        // What was asked early goes on when it is no longer wanted.
        if (controller.signal.aborted) return;
        setRead({
          ...before,
          pages: page.events.length > 0 ? [...before.pages, page.events] : before.pages,
          cursor: page.cursor,
          completeness: page.completeness,
          problem: undefined,
        });
      } catch (error) {
        if (controller.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, { detail: 'The page failed to ask.' });
        setRead({ ...before, problem });
      }
      if (!controller.signal.aborted) setBusy(false);
    },
    [caller, early],
  );

  useEffect(() => {
    void readPage({ path, attempt, pages: [], cursor: undefined, completeness: undefined });
    return () => request.current?.abort();
  }, [path, attempt, readPage]);

  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  const loadMore = useCallback(() => {
    if (read?.cursor !== undefined) void readPage(read);
  }, [read, readPage]);
  // What was read for another question is not shown under this one.
  const current = read?.path === path ? read : undefined;
  return {
    pages: current?.pages ?? [],
    hasMore: current?.cursor !== undefined,
    completeness: current?.completeness,
    problem: current?.problem,
    loading: busy || current === undefined,
    loadMore,
    reload,
  };
}

/** Reads on until a page has events, or there are no more. */
async function firstWithEvents(
  { path, cursor }: Pick<Read, 'path' | 'cursor'>,
  fetchPage: (path: string) => Promise<{ text: string }>,
): Promise<EventPage> {
  let next = cursor;
  for (;;) {
    const { text } = await fetchPage(next === undefined ? path : `${path}&cursor=${encodeURIComponent(next)}`);
    const page: EventPage = JSON.parse(text);
    if (page.events.length > 0 || page.cursor === undefined) return page;
    next = page.cursor;
  }
}
