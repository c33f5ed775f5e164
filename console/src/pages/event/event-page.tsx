import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { displayText } from '../../../../shared/render/display.ts';
import { titleOf } from '../../../../shared/render/event-facts.ts';
import { hrefOf } from '../../lib/route.ts';
import { EventDetails } from './event-details.tsx';
import { EventFindings } from './event-findings.tsx';
import { EventState } from './event-state.tsx';
import { useEvent } from './use-event.ts';

/** An event on a page of its own. */
export function EventPage({ eventId }: { eventId: string }) {
  const asked = useEvent(eventId);
  const title = asked.data ? titleOf(asked.data.event) : `Event ${displayText(eventId)}`;
  return (
    <ContentLayout header={<Header variant="h1">{title}</Header>}>
      <EventState asked={asked}>
        {(answer) => (
          <SpaceBetween size="l">
            <EventFindings event={answer.event} />
            <EventDetails answer={answer} heading="h2" hrefOfQuestion={(params) => hrefOf([], params)} />
          </SpaceBetween>
        )}
      </EventState>
    </ContentLayout>
  );
}
