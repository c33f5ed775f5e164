import StatusIndicator from '@cloudscape-design/components/status-indicator';
import pLimit from 'p-limit';
import type { EnvironmentTimes } from '../../../shared/query/environments.ts';
import { fetchText } from '../lib/api.ts';
import { apiPath, eventsHref, parametersOf, type Question } from '../lib/paths.ts';
import { isRecent, RECENT, type Recent } from '../lib/recent.ts';
import { useSession } from '../lib/session.tsx';
import { failuresOf, type Timeline } from '../lib/timeline.ts';
import { useAnswer } from '../lib/use-answer.ts';
import { useVisible } from '../lib/use-visible.ts';
import { countedWith } from '../lib/words.ts';
import { Sparkline } from './sparkline.tsx';
import { PageLink } from './value.tsx';
import './environment-activity.css';

/** A few at a time: a page of environments must not keep other questions waiting. */
const CONCURRENT = 3;
const turns = pLimit(CONCURRENT);
const askInTurn: typeof fetchText = (...request) => turns(() => fetchText(...request));

/** The recent events of an environment. Nothing is asked before the row is seen, or if its last event is older. */
export function EnvironmentActivity({ environment, recent }: { environment: EnvironmentTimes; recent: Recent }) {
  const { info } = useSession();
  const { ref, wasVisible } = useVisible<HTMLSpanElement>();
  const isActive = isRecent(environment.lastEventTime, recent, Date.now());
  const criteria = [...criteriaOf(environment), ['since', recent] as const];
  const asked = parametersOf([...criteria, ['until', '0s'], ['buckets', '30']]);
  const path = wasVisible && isActive ? apiPath(info, '/timeline', asked) : undefined;
  const { data, problem, loading } = useAnswer<Timeline>(path, JSON.parse, askInTurn);
  return (
    <span ref={ref} className="activity">
      {!isActive && <span className="quiet">No events</span>}
      {loading && <StatusIndicator type="loading">Counting</StatusIndicator>}
      {problem && <StatusIndicator type="warning">{problem.message}</StatusIndicator>}
      {!loading && data && (
        <>
          <Sparkline timeline={data} label={`${labelOf(data)} in the ${RECENT[recent]}`} />
          <PageLink href={eventsHref(info, criteria)}>{countedWith(data, 'event')}</PageLink>
          {failuresOf(data) > 0 && (
            <PageLink href={eventsHref(info, [...criteria, ['outcome', 'denied'], ['outcome', 'failed']])}>
              {failuresOf(data).toLocaleString('en-US')} denied or failed
            </PageLink>
          )}
        </>
      )}
    </span>
  );
}

/** The criteria that mean an environment of one account and Region. */
function criteriaOf({ environment, accountId, region }: EnvironmentTimes): Question {
  return [
    ['environment', environment],
    ['account', accountId],
    ['region', region],
  ];
}

function labelOf(timeline: Timeline): string {
  return `${countedWith(timeline, 'event')}, ${failuresOf(timeline).toLocaleString('en-US')} of them denied or failed,`;
}
