import { type EventAnswer, readEventAnswer } from '../../lib/event-answer.ts';
import { apiPath } from '../../lib/paths.ts';
import { useSession } from '../../lib/session.tsx';
import { type Answer, useAnswer } from '../../lib/use-answer.ts';

/** Asks for an event. While another one is loading, there is no data. */
export function useEvent(eventId: string): Answer<EventAnswer> {
  const { info } = useSession();
  const asked = useAnswer(apiPath(info, `/events/${encodeURIComponent(eventId)}`), readEventAnswer);
  return asked.loading && asked.data?.event.eventId !== eventId ? { ...asked, data: undefined } : asked;
}
