import { apiPath, eventsHref, parametersOf, type Question } from '../lib/paths.ts';
import { navigate } from '../lib/route.ts';
import { useSession } from '../lib/session.tsx';
import type { Timeline } from '../lib/timeline.ts';
import { useAnswer } from '../lib/use-answer.ts';
import { countedWith, newestOnly } from '../lib/words.ts';
import { Histogram } from './histogram.tsx';
import { Part } from './part.tsx';
import { PageLink } from './value.tsx';

/** The events of a question over time. Bars that are chosen open the page of events. */
export function TimelinePart({ question }: { question: Question }) {
  const { info } = useSession();
  const asked = parametersOf([...question, ['buckets', '80']]);
  const answer = useAnswer<Timeline>(apiPath(info, '/timeline', asked));
  const others = question.filter(([name]) => name !== 'since' && name !== 'until');
  return (
    <Part
      title="Events over time"
      description={answer.data && newestOnly(answer.data)}
      actions={
        answer.data && <PageLink href={eventsHref(info, question)}>{countedWith(answer.data, 'event')}</PageLink>
      }
      answer={answer}
    >
      {(timeline) =>
        timeline.events === 0 ? (
          'No events in this time.'
        ) : (
          <Histogram
            timeline={timeline}
            onChoose={({ since, until }) => navigate(eventsHref(info, [...others, ['since', since], ['until', until]]))}
          />
        )
      }
    </Part>
  );
}
