import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import Toggle from '@cloudscape-design/components/toggle';
import { useMemo } from 'react';
import { compareEvents, type FieldComparison } from '../../../../shared/query/compare.ts';
import { forPeople, isIdentifier } from '../../../../shared/render/compared-fields.ts';
import { displayText } from '../../../../shared/render/display.ts';
import type { ShownEvent } from '../../../../shared/render/event-facts.ts';
import { resultOf, whatOf, whoOf } from '../../../../shared/render/event-words.ts';
import { usePages } from '../../components/use-pages.tsx';
import { PageLink } from '../../components/value.tsx';
import { comparedWith } from '../../lib/compared-values.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { counted } from '../../lib/words.ts';
import './comparison-table.css';

const PAGE_SIZE = 100;

/** A row: a field, or the events themselves. */
type Row = FieldComparison | 'event';

interface ComparisonTableProps {
  /** Two or more, each with its record. */
  events: readonly ShownEvent[];
  /** With identifiers, and with the fields that are the same. */
  showsAll: boolean;
  onShowAll(all: boolean): void;
  onRemove(event: ShownEvent): void;
  onMoveFirst(event: ShownEvent): void;
}

/** The fields of events side by side: those that differ first, and of these what was requested before all others. */
export function ComparisonTable({ events, showsAll, onShowAll, onRemove, onMoveFirst }: ComparisonTableProps) {
  const fields = useMemo(() => forPeople(compareEvents(events)), [events]);
  const shown = showsAll ? fields : fields.filter((field) => !field.same && !isIdentifier(field));
  const { items, pagination } = usePages(shown, PAGE_SIZE);
  const columns: TableProps.ColumnDefinition<Row>[] = [
    {
      id: 'field',
      header: 'Field',
      isRowHeader: true,
      width: 260,
      verticalAlign: 'top',
      cell: (row) =>
        row === 'event' ? 'Event' : <span className={row.same ? 'code same' : 'code'}>{displayText(row.path)}</span>,
    },
    ...events.map((event, i) => ({
      id: event.eventId,
      header: <EventHeading event={event} />,
      minWidth: 240,
      verticalAlign: 'top' as const,
      cell: (row: Row) =>
        row === 'event' ? (
          <EventActions
            eventId={event.eventId}
            number={i + 1}
            moveFirst={i > 0 ? () => onMoveFirst(event) : undefined}
            remove={events.length > 2 ? () => onRemove(event) : undefined}
          />
        ) : (
          <FieldValue value={row.values[i]} first={row.values[0]} same={row.same} isFirst={i === 0} />
        ),
    })),
  ];
  return (
    <Table
      variant="container"
      items={['event', ...items]}
      trackBy={(row) => (row === 'event' ? row : `field ${row.path}`)}
      columnDefinitions={columns}
      wrapLines
      stickyHeader
      stickyColumns={{ first: 1 }}
      header={
        <Header
          variant="h2"
          description={countsOf(fields)}
          actions={
            <Toggle checked={showsAll} onChange={({ detail }) => onShowAll(detail.checked)}>
              All fields
            </Toggle>
          }
        >
          {showsAll ? 'All fields' : 'Differences'}
        </Header>
      }
      pagination={pagination}
      ariaLabels={{ tableLabel: 'Fields of the events' }}
    />
  );
}

/** `12 fields differ, 5 of them identifiers. The same: 40 fields.` */
function countsOf(fields: readonly FieldComparison[]): string {
  const different = fields.filter(({ same }) => !same);
  const identifiers = different.filter(isIdentifier).length;
  const of = identifiers === 0 ? '' : `, ${identifiers} of them identifiers`;
  const same = counted(fields.length - different.length, 'field');
  const verb = different.length === 1 ? 'differs' : 'differ';
  if (identifiers === different.length) return `Only identifiers differ. The same: ${same}.`;
  return `${counted(different.length, 'field')} ${verb}${of}. The same: ${same}.`;
}

/** When, who and what, above the values of an event. Text alone: a heading that stays in view is there twice. */
function EventHeading({ event }: { event: ShownEvent }) {
  const { aliases } = useSession();
  const times = useTimes();
  return (
    <div className="compared-event">
      <b>{displayText(whatOf(event))}</b>
      <div>{displayText(whoOf(event, { aliases }))}</div>
      <div>{times.full(event.eventTime)}</div>
      <div>{displayText(resultOf(event))}</div>
    </div>
  );
}

interface EventActionsProps {
  eventId: string;
  /** Of its column, from 1. */
  number: number;
  /** Undefined: it is the first. */
  moveFirst: (() => void) | undefined;
  /** Undefined: a comparison needs it. */
  remove: (() => void) | undefined;
}

/** The event itself, and its place in the comparison. */
function EventActions({ eventId, number, moveFirst, remove }: EventActionsProps) {
  return (
    <>
      <span className="code">
        <PageLink href={hrefOf(['events', eventId])}>{displayText(eventId)}</PageLink>
      </span>
      <SpaceBetween direction="horizontal" size="s">
        {moveFirst && (
          <Button variant="inline-link" onClick={moveFirst} ariaLabel={`Move first: event ${number}`}>
            Move first
          </Button>
        )}
        {remove && (
          <Button variant="inline-link" onClick={remove} ariaLabel={`Remove: event ${number}`}>
            Remove
          </Button>
        )}
      </SpaceBetween>
    </>
  );
}

interface FieldValueProps {
  /** JSON text; undefined: the event has no such field. */
  value: string | undefined;
  first: string | undefined;
  same: boolean;
  isFirst: boolean;
}

/** Characters that are shown of a value, or of what differs in it. */
const LONG = 2_000;

function shortened(text: string): string {
  const left = text.length - LONG;
  return displayText(text.slice(0, LONG)) + (left > 0 ? ` … ${counted(left, 'more character')}` : '');
}

/** A value, in which what differs from the first event is marked. */
function FieldValue({ value, first, same, isFirst }: FieldValueProps) {
  if (value === undefined) return <span className="same">none</span>;
  if (same || isFirst || first === undefined) {
    return <span className={same ? 'code same' : 'code'}>{shortened(value)}</span>;
  }
  const { before, changed, after } = comparedWith(first, value);
  return (
    <span className="code">
      {displayText(before)}
      <mark>{shortened(changed)}</mark>
      {displayText(after)}
    </span>
  );
}
