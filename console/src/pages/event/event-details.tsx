import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { recordOmitted, type ShownEvent } from '../../../../shared/render/event-facts.ts';
import { CopyText } from '../../components/copy.tsx';
import { RecordTree } from '../../components/record-tree.tsx';
import { PageLink } from '../../components/value.tsx';
import type { EventAnswer } from '../../lib/event-answer.ts';
import { evidenceCommand, showCommand } from '../../lib/event-commands.ts';
import { neighboursOf } from '../../lib/neighbours.ts';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { EventFacts, ORIGIN, WHAT_HAPPENED } from './event-facts.tsx';

interface EventDetailsProps {
  answer: EventAnswer;
  /** The heading of its sections. */
  heading: 'h2' | 'h3';
  /** The address of the question that finds other events. */
  hrefOfQuestion(params: URLSearchParams): string;
}

/** Everything about one event: what happened in words, its record, what happened around, and how to prove it. */
export function EventDetails({ answer, heading, hrefOfQuestion }: EventDetailsProps) {
  const { event, earlier } = answer;
  const section = (title: string) => (
    <Header variant="h3" headingTagOverride={heading}>
      {title}
    </Header>
  );
  return (
    <SpaceBetween size="l">
      <Warning event={event} />
      <EventFacts event={event} labels={WHAT_HAPPENED} />
      <SpaceBetween size="xs">
        {section('Related events')}
        <ul className="neighbours">
          {neighboursOf(event).map(({ text, params }) => (
            <li key={text}>
              <PageLink href={hrefOfQuestion(params)}>{text}</PageLink>
            </li>
          ))}
        </ul>
      </SpaceBetween>
      <SpaceBetween size="xs">
        {section('Record')}
        {event.record === undefined ? (
          <Box>{displayText(recordOmitted(event))}</Box>
        ) : (
          <RecordTree key={event.eventId} text={event.record} label="Record" />
        )}
        {earlier.map((record, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: earlier records are told apart by their order
          <EarlierRecord key={`${event.eventId} ${i}`} record={record} number={i + 1} count={earlier.length} />
        ))}
      </SpaceBetween>
      <SpaceBetween size="xs">
        {section('Origin and proof')}
        <EventFacts event={event} labels={ORIGIN} />
        <ToCopy event={event} />
      </SpaceBetween>
    </SpaceBetween>
  );
}

function Warning({ event: { provisional, verification } }: { event: ShownEvent }) {
  if (provisional) {
    return (
      <Alert type="warning" header="This event is not yet in a log file">
        It is provisional: it came through EventBridge or from the event history. Nothing proves it until a log file
        brings it.
      </Alert>
    );
  }
  if (verification !== 'failed') return null;
  return (
    <Alert type="error" header="The log file is not as CloudTrail signed it">
      What was ingested under the name of the log file is not, or not all, what CloudTrail signed. Do not rely on this
      event.
    </Alert>
  );
}

/** A record that an addendum replaced; its tree is made when somebody opens it. */
function EarlierRecord({ record, number, count }: { record: string | undefined; number: number; count: number }) {
  const [isOpen, setIsOpen] = useState(false);
  const which = count === 1 ? '' : ` (${number} of ${count}, the newest first)`;
  return (
    <ExpandableSection
      headerText={`The record before it was amended${which}`}
      expanded={isOpen}
      onChange={({ detail }) => setIsOpen(detail.expanded)}
    >
      {isOpen &&
        (record === undefined ? (
          <Box>This record was too big to be stored.</Box>
        ) : (
          <RecordTree text={record} label="Record before it was amended" />
        ))}
    </ExpandableSection>
  );
}

/** The address of the event, and the commands that show and prove it. */
function ToCopy({ event }: { event: ShownEvent }) {
  const { info } = useSession();
  const permalink = new URL(hrefOf(['events', event.eventId]), location.href).href;
  const evidence = evidenceCommand(event, info);
  return (
    <SpaceBetween size="xs">
      <CopyText what="the link" text={permalink} />
      <CopyText what="the command that shows the event" text={showCommand(event, info)} />
      {evidence && <CopyText what="the command that collects evidence" text={evidence.command} />}
      <Box variant="small">
        {evidence?.note ?? 'There is no evidence for a provisional event yet.'}
        {info.source.kind === 'api' && ' Commands ask the tables: add --stack with the name of the stack.'}
      </Box>
    </SpaceBetween>
  );
}
