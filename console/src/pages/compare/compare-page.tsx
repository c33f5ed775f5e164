import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { recordOmitted } from '../../../../shared/render/event-facts.ts';
import { Command } from '../../components/command.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { PageLink } from '../../components/value.tsx';
import { compareCommand } from '../../lib/event-commands.ts';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { ComparisonTable } from './comparison-table.tsx';
import { type AskedEvent, useEvents } from './use-events.ts';

/** As many as the HTTP API compares. */
const MOST = 10;

/** Events side by side, field by field. The parameters `id` name them, in order; `all`: with the fields that are the same. */
export function ComparePage({ params }: { params: URLSearchParams }) {
  const { info } = useSession();
  const ids = params.getAll('id').join('\n');
  const eventIds = useMemo(() => [...new Set(ids.split('\n'))].filter((id) => id !== '').slice(0, MOST), [ids]);
  const { events, reload } = useEvents(eventIds);
  const showsAll = params.get('all') === 'true';
  const show = (shown: readonly string[], all = showsAll) => {
    const pairs = shown.map((id) => ['id', id]);
    navigate(hrefOf(['compare'], new URLSearchParams(all ? [...pairs, ['all', 'true']] : pairs)));
  };
  const without = (eventId: string) => show(eventIds.filter((id) => id !== eventId));
  const found = events?.flatMap(({ answer }) => (answer?.event.record === undefined ? [] : [answer.event])) ?? [];
  return (
    <ContentLayout header={<Header variant="h1">Compare events</Header>}>
      {eventIds.length < 2 ? (
        <HowToCompare />
      ) : events === undefined ? (
        <div role="status">
          <Spinner /> Loading {eventIds.length} events
        </div>
      ) : (
        <SpaceBetween size="m">
          {events.map((asked) => (
            <Missing key={asked.eventId} asked={asked} reload={reload} remove={() => without(asked.eventId)} />
          ))}
          {found.length > 1 && (
            <>
              <ComparisonTable
                events={found}
                showsAll={showsAll}
                onShowAll={(all) => show(eventIds, all)}
                onRemove={({ eventId }) => without(eventId)}
                onMoveFirst={({ eventId }) => show([eventId, ...eventIds.filter((id) => id !== eventId)])}
              />
              <Command text={compareCommand(eventIds, showsAll, info)} />
            </>
          )}
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}

/** An event that cannot be compared, and why. */
function Missing({ asked, reload, remove }: { asked: AskedEvent; reload(): void; remove(): void }) {
  const { eventId, answer, problem } = asked;
  if (answer?.event.record !== undefined) return null;
  return (
    <SpaceBetween size="xs">
      {problem && problem.status !== 404 ? (
        <ProblemAlert problem={problem} retry={reload} />
      ) : (
        <Alert type="warning" action={<Button onClick={remove}>Remove</Button>}>
          {displayText(
            answer === undefined
              ? `There is no event ${eventId} in the store.`
              : `Event ${eventId} has no record to compare. ${recordOmitted(answer.event)}`,
          )}
        </Alert>
      )}
    </SpaceBetween>
  );
}

function HowToCompare() {
  return (
    <Box textAlign="center" padding="xl">
      <b>Choose two events or more</b>
      <Box variant="p">
        In the list of events, select 2 to {MOST} events, and press Compare. Such a pair shows what a change did: the
        same operation before and after, or a call that failed beside one that did not.
      </Box>
      <PageLink href={hrefOf([])}>Show all events</PageLink>
    </Box>
  );
}
