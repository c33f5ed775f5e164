import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { TableProps } from '@cloudscape-design/components/table';
import { attributeOf, attributesWhere } from '../../../../shared/audit-event/attributes.ts';
import type { UserAliases } from '../../../../shared/query/user-aliases.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { resultOf, whatOf, whoOf } from '../../../../shared/render/event-words.ts';
import type { TimeDisplay } from '../../../../shared/render/times.ts';
import type { ListedEvent } from '../../../../shared/store/event-item.ts';
import { type Narrow, PageLink, Value } from '../../components/value.tsx';
import { criterionOf, labelOf } from '../../lib/criteria.ts';
import { hrefOf } from '../../lib/route.ts';

type Column = TableProps.ColumnDefinition<ListedEvent> & { id: string; label: string };

/** What columns need beside the event. */
export interface ColumnContext {
  times: TimeDisplay;
  aliases: UserAliases;
  narrow: Narrow;
  /** Whether long texts go on in the next line, or are cut. */
  wrapLines: boolean;
  /** The event that is open beside the list; null: none is. */
  openEvent: string | null;
  /** The address that opens an event beside the list. */
  hrefOfEvent(eventId: string): string;
}

/** IDs of the columns that are shown unless somebody has chosen others, in order. */
const USUAL = ['eventTime', 'user', 'action', 'environment', 'outcome', 'sourceIp'];

/** Attributes that tables show as they are: all that lists have, but for those that the columns in words show. */
const PLAIN = attributesWhere(({ shown }) => shown === 'list').filter(
  (name) => !['eventTime', 'user', 'action', 'outcome', 'environment'].includes(name),
);

/** The columns of a table of events: who did what, where, with which result, in words; then each attribute of a list. */
export function eventColumns({ times, aliases, narrow, wrapLines, openEvent, hrefOfEvent }: ColumnContext): Column[] {
  const worded: Omit<Column, 'header'>[] = [
    {
      id: 'eventTime',
      label: times.heading('Time'),
      width: 175,
      sortingField: 'eventTime',
      cell: ({ eventTime }) => <span className="nowrap">{times.show(eventTime)}</span>,
    },
    {
      id: 'user',
      label: 'Who',
      width: 190,
      cell: (event) => {
        const who = displayText(whoOf(event, { aliases }));
        if (event.user === undefined) {
          return <Value criterion="principal" value={event.principal} {...narrow} />;
        }
        return (
          <Value criterion="user" value={event.user} {...narrow}>
            <PageLink href={hrefOf(['users', event.user])}>{who}</PageLink>
          </Value>
        );
      },
    },
    {
      id: 'action',
      label: 'What',
      width: 330,
      isRowHeader: true,
      cell: (event) => (
        <Value criterion="action" value={event.action} {...narrow}>
          <span aria-current={event.eventId === openEvent || undefined}>
            <PageLink href={hrefOfEvent(event.eventId)}>{displayText(whatOf(event))}</PageLink>
          </span>
        </Value>
      ),
    },
    {
      id: 'environment',
      label: 'Environment',
      width: 150,
      cell: ({ environment }) => (
        <Value criterion="environment" value={environment} {...narrow}>
          {environment !== undefined && (
            <PageLink href={hrefOf(['environments', environment])}>{displayText(environment)}</PageLink>
          )}
        </Value>
      ),
    },
    {
      id: 'outcome',
      label: 'Result',
      width: 220,
      cell: (event) => (
        <Value criterion="outcome" value={event.outcome} {...narrow}>
          <Result event={event} wrapText={wrapLines} />
        </Value>
      ),
    },
  ];
  const plain = PLAIN.map((name): Omit<Column, 'header'> => {
    const criterion = criterionOf(name);
    const label = labelOf(criterion ?? name);
    return {
      id: name,
      label,
      width: 170,
      cell: (event) => {
        const value = attributeOf(event, name);
        if (value === undefined) return '-';
        if (criterion === undefined || typeof value !== 'string') return displayText(String(value));
        return <Value criterion={criterion} value={value} {...narrow} />;
      },
    };
  });
  return [...worded, ...plain].map((column) => ({ ...column, header: column.label }));
}

/** As much of a reason as a list shows; AWS writes up to 1,024 characters. */
const LONGEST_REASON = 200;

/** How an event ended, with the reason. */
export function Result({ event, wrapText = true }: { event: ListedEvent; wrapText?: boolean }) {
  const text = displayText(resultOf(event));
  if (event.outcome === 'ok') return <>{text}</>;
  const isLong = text.length > LONGEST_REASON;
  return (
    <StatusIndicator type={event.outcome === 'denied' ? 'warning' : 'error'} wrapText={wrapText}>
      <span className="words" title={wrapText && !isLong ? undefined : text}>
        {isLong ? `${text.slice(0, LONGEST_REASON).toWellFormed()}…` : text}
      </span>
    </StatusIndicator>
  );
}

/** The columns that are shown, in order, and those that could be. @param chosen by somebody; undefined: the usual ones */
export function columnDisplay(
  columns: readonly Column[],
  chosen: readonly { id: string; visible: boolean }[] | undefined,
): { id: string; visible: boolean }[] {
  const known = new Set(columns.map(({ id }) => id));
  const before = (chosen ?? USUAL.map((id) => ({ id, visible: true }))).filter(({ id }) => known.has(id));
  const others = columns.filter(({ id }) => !before.some((column) => column.id === id));
  return [...before, ...others.map(({ id }) => ({ id, visible: false }))];
}
