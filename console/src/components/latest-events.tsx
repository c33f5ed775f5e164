import Box from '@cloudscape-design/components/box';
import type { TableProps } from '@cloudscape-design/components/table';
import Table from '@cloudscape-design/components/table';
import type { Completeness } from '../../../shared/query/completeness.ts';
import { displayText } from '../../../shared/render/display.ts';
import { whatOf, whoOf } from '../../../shared/render/event-words.ts';
import type { TimeDisplay } from '../../../shared/render/times.ts';
import type { ListedEvent } from '../../../shared/store/event-item.ts';
import { apiPath, eventsHref, parametersOf, type Question } from '../lib/paths.ts';
import { useTimes } from '../lib/preferences.tsx';
import { hrefOf } from '../lib/route.ts';
import { type Session, useSession } from '../lib/session.tsx';
import { useAnswer } from '../lib/use-answer.ts';
import { Result } from '../pages/events/event-columns.tsx';
import { Part } from './part.tsx';
import { PageLink } from './value.tsx';

interface LatestEventsProps {
  title: string;
  question: Question;
  /** How many, 1 to 100. */
  limit: number;
  /** What is said if there are none. */
  empty: string;
  /** The link to all of them. */
  all: string;
}

/** The newest events of a question, and a link to all. */
export function LatestEvents({ title, question, limit, empty, all }: LatestEventsProps) {
  const session = useSession();
  const times = useTimes();
  const asked = parametersOf([...question, ['limit', String(limit)]]);
  const answer = useAnswer<{ events: ListedEvent[]; completeness: Completeness }>(
    apiPath(session.info, '/events', asked),
  );
  return (
    <Part title={title} actions={<PageLink href={eventsHref(session.info, question)}>{all}</PageLink>} answer={answer}>
      {({ events }) => (
        <Table
          variant="embedded"
          items={events}
          trackBy="eventId"
          columnDefinitions={columnsOf(session, times).filter(({ id }) => !isSaid(question, id))}
          wrapLines
          enableKeyboardNavigation
          empty={
            <Box textAlign="center" color="inherit">
              {empty}
            </Box>
          }
          ariaLabels={{ tableLabel: title }}
        />
      )}
    </Part>
  );
}

/** Whether the question has a single answer to what a column says. */
function isSaid(question: Question, column: Column): boolean {
  const values = question.flatMap(([name, value]) => (name === column && value != null ? [value] : []));
  return values.length === 1 && (column !== 'outcome' || values.includes('ok'));
}

type Column = 'eventTime' | 'user' | 'action' | 'environment' | 'outcome';

function columnsOf(
  { aliases }: Session,
  times: TimeDisplay,
): (TableProps.ColumnDefinition<ListedEvent> & { id: Column })[] {
  return [
    {
      id: 'eventTime',
      header: times.heading('Time'),
      cell: ({ eventTime }) => <span className="nowrap">{times.show(eventTime)}</span>,
    },
    {
      id: 'user',
      header: 'Who',
      cell: (event) => {
        const who = displayText(whoOf(event, { aliases }));
        return event.user === undefined ? who : <PageLink href={hrefOf(['users', event.user])}>{who}</PageLink>;
      },
    },
    {
      id: 'action',
      header: 'What',
      minWidth: 200,
      isRowHeader: true,
      cell: (event) => <PageLink href={hrefOf(['events', event.eventId])}>{displayText(whatOf(event))}</PageLink>,
    },
    {
      id: 'environment',
      header: 'Environment',
      cell: ({ environment }) =>
        environment === undefined ? (
          '-'
        ) : (
          <PageLink href={hrefOf(['environments', environment])}>{displayText(environment)}</PageLink>
        ),
    },
    { id: 'outcome', header: 'Result', minWidth: 260, cell: (event) => <Result event={event} /> },
  ];
}
