import Spinner from '@cloudscape-design/components/spinner';
import type { ReactNode } from 'react';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import type { EventAnswer } from '../../lib/event-answer.ts';
import type { Answer } from '../../lib/use-answer.ts';

/** An event once it is there; until then, how far the question has come. */
export function EventState({
  asked: { data, problem, reload },
  children,
}: {
  asked: Answer<EventAnswer>;
  children(answer: EventAnswer): ReactNode;
}) {
  if (problem) return <ProblemAlert problem={problem} retry={reload} />;
  if (data) return children(data);
  return (
    <div role="status">
      <Spinner /> Loading the event
    </div>
  );
}
