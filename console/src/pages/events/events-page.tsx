import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Toggle from '@cloudscape-design/components/toggle';
import { useMemo } from 'react';
import { Command } from '../../components/command.tsx';
import { Completeness } from '../../components/completeness.tsx';
import { DownloadMenu } from '../../components/download-menu.tsx';
import { Histogram } from '../../components/histogram.tsx';
import type { Narrow } from '../../components/value.tsx';
import { queryCommand } from '../../lib/command-line.ts';
import { excluding, including, questionOf } from '../../lib/criteria.ts';
import { apiPath } from '../../lib/paths.ts';
import { usePreferences, useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import type { Timeline } from '../../lib/timeline.ts';
import { useAnswer } from '../../lib/use-answer.ts';
import { useInterval } from '../../lib/use-interval.ts';
import { useEventPanel } from '../event/event-panel.tsx';
import { EventTable } from './event-table.tsx';
import { listPath } from './list-path.ts';
import { QuestionBar } from './question-bar.tsx';
import { SavedSearches } from './saved-searches.tsx';
import { useEventPages } from './use-event-pages.ts';

/** How often the live tail asks, in milliseconds. */
const LIVE_INTERVAL = 5_000;
/** A bar for each of about so many equal parts of the time. */
const BARS = '80';

/** The page of events: a question, its events over time, and a table of them. All of its state is in the address. */
export function EventsPage({ params }: { params: URLSearchParams }) {
  const { info } = useSession();
  const { preferences } = usePreferences();
  const times = useTimes();
  const question = useMemo(() => questionOf(params), [params]);
  const live = params.get('live') === 'true';
  const events = useEventPages(listPath(info, params, preferences.pageSize));
  useEventPanel(params, events.pages);
  // The table comes first: the store answers one question after the other.
  const isListed = events.pages.length > 0 || !events.loading;
  const bars = new URLSearchParams([...question, ['buckets', BARS]]);
  const timeline = useAnswer<Timeline>(isListed ? apiPath(info, '/timeline', bars) : undefined);
  const narrow = useMemo(
    (): Narrow => ({
      include: (criterion, value) => ask(including(params, criterion, value)),
      exclude: (criterion, value) => ask(excluding(params, criterion, value)),
    }),
    [params],
  );
  useInterval(live ? LIVE_INTERVAL : undefined, () => {
    events.reload();
    timeline.reload();
  });
  const counted = countOf(timeline.data);
  return (
    <SpaceBetween size="m">
      <Header
        variant="h1"
        counter={counted === '' ? '' : `(${counted})`}
        description={
          <>
            {countedUntil(timeline.data, times)}
            {events.completeness && <Completeness completeness={events.completeness} />}
          </>
        }
        actions={
          <SpaceBetween direction="horizontal" size="xs" alignItems="center">
            <Toggle
              checked={live}
              onChange={({ detail }) => ask(withParameter(params, 'live', detail.checked ? 'true' : undefined))}
            >
              Live
            </Toggle>
            <SavedSearches search={savedOf(params).toString()} onOpen={(search) => ask(new URLSearchParams(search))} />
            <DownloadMenu params={params} />
            <Button
              iconName="refresh"
              ariaLabel="Ask again"
              onClick={() => {
                events.reload();
                timeline.reload();
              }}
            />
          </SpaceBetween>
        }
      >
        Events
      </Header>
      <QuestionBar
        params={params}
        onChange={ask}
        countText={counted === '' ? '' : `${counted} events`}
        loading={events.loading}
      />
      <Command text={queryCommand(params, info)} />
      {timeline.data?.events === 0 ? undefined : timeline.data === undefined ? (
        <Container>
          <div className="histogram-placeholder">
            <StatusIndicator type={timeline.problem ? 'warning' : 'loading'}>
              {timeline.problem ? `Not counted: ${timeline.problem.message}` : 'Counting'}
            </StatusIndicator>
          </div>
        </Container>
      ) : (
        <Container>
          <Histogram
            timeline={timeline.data}
            onChoose={({ since, until }) => {
              const zoomed = new URLSearchParams(params);
              for (const name of ['around', 'within']) zoomed.delete(name);
              zoomed.set('since', since);
              zoomed.set('until', until);
              ask(zoomed);
            }}
          />
        </Container>
      )}
      <EventTable params={params} events={events} narrow={narrow} counted={counted} />
    </SpaceBetween>
  );
}

const ask = (params: URLSearchParams) => navigate(hrefOf([], params));

/** What is saved of a search: not the event that is open beside the list. */
function savedOf(params: URLSearchParams): URLSearchParams {
  return withParameter(withParameter(params, 'event', undefined), 'live', undefined);
}

function countOf(timeline: Timeline | undefined): string {
  if (timeline === undefined) return '';
  return `${timeline.events.toLocaleString('en-US')}${timeline.truncated ? '+' : ''}`;
}

function countedUntil(timeline: Timeline | undefined, times: ReturnType<typeof useTimes>): string {
  if (!timeline?.truncated) return '';
  return `The newest ${timeline.events.toLocaleString('en-US')} events are counted, back to ${times.full(timeline.countedSince)}.`;
}
