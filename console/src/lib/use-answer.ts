import { useCallback, useEffect, useState } from 'react';
import { ApiProblem, fetchText } from './api.ts';
import { useSession } from './session.tsx';

/** How far a question has come. While it is asked again, `data` is still the last answer to it. */
export interface Answer<T> {
  data: T | undefined;
  problem: ApiProblem | undefined;
  loading: boolean;
  /** Asks again. */
  reload(): void;
}

/**
 * Asks the HTTP API, and asks again when the path changes. An answer that is no longer wanted is canceled.
 * @param path undefined: there is nothing to ask yet
 * @param read makes data of the text; a function that stays the same
 * @param ask sends the request, perhaps later; a function that stays the same
 */
export function useAnswer<T>(
  path: string | undefined,
  read: (text: string) => T = JSON.parse,
  ask: typeof fetchText = fetchText,
): Answer<T> {
  const { caller } = useSession();
  const [attempt, setAttempt] = useState(0);
  const [settled, setSettled] = useState<Settled<T>>({
    path: undefined,
    attempt: 0,
    data: undefined,
    problem: undefined,
  });
  useEffect(() => {
    if (path === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const settle = async () => {
      try {
        const { text } = await ask(path, caller, { signal });
        const data = read(text);
        if (!signal.aborted) setSettled({ path, attempt, data, problem: undefined });
      } catch (error) {
        if (signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, { detail: 'The page failed to ask.' });
        setSettled({ path, attempt, data: undefined, problem });
      }
    };
    void settle();
    return () => controller.abort();
  }, [path, attempt, caller, read, ask]);
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  const loading = path !== undefined && (settled.path !== path || settled.attempt !== attempt);
  const data = settled.path === path ? settled.data : undefined;
  return { data, problem: loading ? undefined : settled.problem, loading, reload };
}

interface Settled<T> {
  path: string | undefined;
  attempt: number;
  data: T | undefined;
  problem: ApiProblem | undefined;
}
