import { useCallback, useEffect, useState } from 'react';
import { ApiProblem, fetchText } from '../../lib/api.ts';
import { type EventAnswer, readEventAnswer } from '../../lib/event-answer.ts';
import { apiPath } from '../../lib/paths.ts';
import { useSession } from '../../lib/session.tsx';

/** An event that was asked for, or why there is none. */
export interface AskedEvent {
  eventId: string;
  answer: EventAnswer | undefined;
  problem: ApiProblem | undefined;
}

/** Asks for several events at once. Undefined until all have an answer. @param eventIds a list that stays the same */
export function useEvents(eventIds: readonly string[]): { events: readonly AskedEvent[] | undefined; reload(): void } {
  const { caller, info } = useSession();
  const [attempt, setAttempt] = useState(0);
  const [asked, setAsked] = useState<{ of: unknown; attempt: number; events: readonly AskedEvent[] }>();
  useEffect(() => {
    const controller = new AbortController();
    const ask = async (eventId: string): Promise<AskedEvent> => {
      try {
        const path = apiPath(info, `/events/${encodeURIComponent(eventId)}`);
        const { text } = await fetchText(path, caller, { signal: controller.signal });
        return { eventId, answer: readEventAnswer(text), problem: undefined };
      } catch (error) {
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, { detail: 'The page failed to ask.' });
        return { eventId, answer: undefined, problem };
      }
    };
    void Promise.all(eventIds.map(ask)).then((events) => {
      if (!controller.signal.aborted) setAsked({ of: eventIds, attempt, events });
    });
    return () => controller.abort();
  }, [eventIds, attempt, caller, info]);
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  return { events: asked?.of === eventIds && asked.attempt === attempt ? asked.events : undefined, reload };
}
