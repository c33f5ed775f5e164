import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import SplitPanel from '@cloudscape-design/components/split-panel';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { titleOf } from '../../../../shared/render/event-facts.ts';
import type { ListedEvent } from '../../../../shared/store/event-item.ts';
import { useSplitPanel } from '../../components/split-panel-slot.tsx';
import { useEscape } from '../../components/use-escape.ts';
import { PageLink } from '../../components/value.tsx';
import { hrefOf, navigate } from '../../lib/route.ts';
import { EventDetails } from './event-details.tsx';
import { EventState } from './event-state.tsx';
import { useEvent } from './use-event.ts';

/**
 * Shows the event that the parameter `event` names beside the list of events.
 * @param pages of the list, in its order
 */
export function useEventPanel(params: URLSearchParams, pages: readonly (readonly ListedEvent[])[]): void {
  const eventId = params.get('event');
  const listed = useMemo(() => pages.flat().map((event) => event.eventId), [pages]);
  const at = eventId === null ? -1 : listed.indexOf(eventId);
  const before = at < 0 ? undefined : listed[at - 1];
  const after = at < 0 ? undefined : listed[at + 1];
  const isOldestFirst = params.get('order') === 'oldest-first';
  const [newer, older] = isOldestFirst ? [after, before] : [before, after];
  const close = useCallback(() => {
    const link = hrefOf([], params);
    const without = new URLSearchParams(params);
    without.delete('event');
    navigate(hrefOf([], without));
    // The focus goes back to where the panel came from.
    document.querySelector<HTMLElement>(`a[href="${CSS.escape(link)}"]`)?.focus();
  }, [params]);
  const content = useMemo(
    () =>
      eventId === null ? undefined : { element: <EventPanel {...{ params, eventId, newer, older, close }} />, close },
    [params, eventId, newer, older, close],
  );
  useSplitPanel(content);
}

interface EventPanelProps {
  params: URLSearchParams;
  eventId: string;
  /** The events beside it in the list, if these are loaded. */
  newer: string | undefined;
  older: string | undefined;
  close(): void;
}

function EventPanel({ params, eventId, newer, older, close }: EventPanelProps) {
  const asked = useEvent(eventId);
  useEscape(close);
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => content.current?.focus({ preventScroll: true }), []);
  const step = (text: string, icon: 'angle-up' | 'angle-down', to: string | undefined) => (
    <Button
      variant="icon"
      iconName={icon}
      ariaLabel={text}
      disabled={to === undefined}
      onClick={() => {
        if (to !== undefined) navigate(hrefWithEvent(params, to), { replace: true });
      }}
    />
  );
  return (
    <SplitPanel
      header={asked.data ? titleOf(asked.data.event) : 'Event'}
      hidePreferencesButton
      headerActions={
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          {step('Newer event', 'angle-up', newer)}
          {step('Older event', 'angle-down', older)}
          <PageLink href={hrefOf(['events', eventId])}>Open as a page</PageLink>
        </SpaceBetween>
      }
    >
      <div ref={content} tabIndex={-1} className="event-panel">
        <EventState asked={asked}>
          {(answer) => (
            <EventDetails
              answer={answer}
              heading="h3"
              hrefOfQuestion={(question) => hrefWithEvent(question, eventId)}
            />
          )}
        </EventState>
      </div>
    </SplitPanel>
  );
}

function hrefWithEvent(params: URLSearchParams, eventId: string): string {
  const changed = new URLSearchParams(params);
  changed.set('event', eventId);
  return hrefOf([], changed);
}
