import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import { useEffect, useMemo, useState } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { whatOf } from '../../../../shared/render/event-words.ts';
import type { ListedEvent } from '../../../../shared/store/event-item.ts';
import { NoEvents } from '../../components/no-events.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import type { Narrow } from '../../components/value.tsx';
import { usePreferences, useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { columnDisplay, eventColumns } from './event-columns.tsx';
import type { EventPages } from './use-event-pages.ts';
import './event-table.css';

interface EventTableProps {
  params: URLSearchParams;
  events: EventPages;
  narrow: Narrow;
  /** How many events there are, such as `10,000+`; empty: not known yet. */
  counted: string;
}

/** The events of a question, a page at a time. */
export function EventTable({ params, events, narrow, counted }: EventTableProps) {
  const { aliases, info } = useSession();
  const { preferences, prefer } = usePreferences();
  const times = useTimes();
  const [page, setPage] = useState(1);
  const [selected, setSelected] = useState<readonly ListedEvent[]>([]);
  const { pages, hasMore, problem, loading, loadMore, reload } = events;
  const oldestFirst = params.get('order') === 'oldest-first';
  const columns = useMemo(
    () =>
      eventColumns({
        times,
        aliases,
        narrow,
        wrapLines: preferences.wrapLines,
        openEvent: params.get('event'),
        hrefOfEvent: (eventId) => hrefOf([], withParameter(params, 'event', eventId)),
        // All events of the console of one environment are of it.
      }).filter(({ id }) => id !== 'environment' || info.environment === undefined),
    [times, aliases, info, narrow, preferences.wrapLines, params],
  );
  const display = columnDisplay(columns, preferences.columns);
  const last = Math.max(pages.length, 1);
  // Another question has fewer pages.
  useEffect(() => {
    if (!loading && page > last) setPage(last);
  }, [loading, page, last]);
  return (
    <Table
      variant="container"
      items={pages[page - 1] ?? []}
      trackBy="eventId"
      columnDefinitions={columns}
      columnDisplay={display}
      loading={loading && pages[page - 1] === undefined}
      loadingText="Loading events"
      selectionType="multi"
      selectedItems={selected}
      onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
      sortingColumn={{ sortingField: 'eventTime' }}
      sortingDescending={!oldestFirst}
      onSortingChange={() =>
        navigate(hrefOf([], withParameter(params, 'order', oldestFirst ? undefined : 'oldest-first')))
      }
      wrapLines={preferences.wrapLines}
      resizableColumns
      stickyHeader
      enableKeyboardNavigation
      filter={
        <div className="table-bar">
          <Button
            disabled={selected.length < 2 || selected.length > 10}
            disabledReason={selected.length < 2 ? 'Select two events or more.' : 'Select at most 10 events.'}
            onClick={() => {
              const ids = selected.map(({ eventId }): [string, string] => ['id', eventId]);
              navigate(hrefOf(['compare'], new URLSearchParams(ids)));
            }}
          >
            {selected.length > 0 ? `Compare (${selected.length})` : 'Compare'}
          </Button>
          <span>{rangeText(pages, page, counted)}</span>
        </div>
      }
      empty={problem ? <ProblemAlert problem={problem} retry={reload} /> : <NoEvents params={params} />}
      pagination={
        <Pagination
          currentPageIndex={page}
          pagesCount={last}
          openEnd={hasMore}
          onChange={({ detail }) => {
            if (detail.currentPageIndex > pages.length) loadMore();
            setPage(detail.currentPageIndex);
          }}
        />
      }
      preferences={
        <CollectionPreferences
          preferences={{
            pageSize: preferences.pageSize,
            wrapLines: preferences.wrapLines,
            contentDensity: preferences.density,
            contentDisplay: display,
          }}
          pageSizePreference={{ options: [25, 50, 100].map((value) => ({ value, label: `${value} events` })) }}
          wrapLinesPreference={{}}
          contentDensityPreference={{}}
          contentDisplayPreference={{
            options: columns.map(({ id, label }) => ({ id, label })),
            enableColumnFiltering: true,
          }}
          onConfirm={({ detail }) =>
            prefer({
              pageSize: detail.pageSize ?? preferences.pageSize,
              wrapLines: detail.wrapLines ?? preferences.wrapLines,
              density: detail.contentDensity ?? preferences.density,
              columns: detail.contentDisplay?.flatMap((column) =>
                column.type === 'group' ? [] : [{ id: column.id, visible: column.visible }],
              ),
            })
          }
        />
      }
      ariaLabels={{
        tableLabel: 'Events',
        selectionGroupLabel: 'Events to compare',
        allItemsSelectionLabel: () => 'Select all events of this page',
        itemSelectionLabel: (_, event) => `Select ${displayText(whatOf(event))} ${event.eventTime ?? ''}`,
      }}
    />
  );
}

/** Which of the events are on the page: `Events 1 to 50 of 91`. */
function rangeText(pages: EventPages['pages'], page: number, counted: string): string {
  const before = pages.slice(0, page - 1).reduce((sum, { length }) => sum + length, 0);
  const shown = pages[page - 1]?.length ?? 0;
  const text = (number: number) => number.toLocaleString('en-US');
  if (shown === 0) return '';
  return `Events ${text(before + 1)} to ${text(before + shown)}${counted === '' ? '' : ` of ${counted}`}`;
}
