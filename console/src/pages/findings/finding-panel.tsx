import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import SplitPanel from '@cloudscape-design/components/split-panel';
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react';
import type { SeenFinding } from '../../../../shared/alert/seen-finding.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { CopyText } from '../../components/copy.tsx';
import { FindingEnvironment, FindingWho, LevelBadge, whatWasDone } from '../../components/finding-columns.tsx';
import { useSplitPanel } from '../../components/split-panel-slot.tsx';
import { useEscape } from '../../components/use-escape.ts';
import { PageLink } from '../../components/value.tsx';
import { showCommand } from '../../lib/event-commands.ts';
import {
  attackOf,
  DELIVERY_WORDS,
  explainCommand,
  keyOfFinding,
  matchOf,
  questionsAbout,
  repeatsText,
} from '../../lib/findings.ts';
import { eventsHref } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { counted } from '../../lib/words.ts';

/** Shows the finding that the parameter `finding` names beside the list. @param findings of the list */
export function useFindingPanel(params: URLSearchParams, findings: readonly SeenFinding[]): void {
  const key = params.get('finding');
  const finding = useMemo(() => findings.find((one) => keyOfFinding(one) === key), [findings, key]);
  const close = useCallback(() => {
    const link = hrefOf(['findings'], params);
    const without = new URLSearchParams(params);
    without.delete('finding');
    navigate(hrefOf(['findings'], without));
    // The focus goes back to where the panel came from.
    document.querySelector<HTMLElement>(`a[href="${CSS.escape(link)}"]`)?.focus();
  }, [params]);
  const content = useMemo(
    () => finding && { element: <FindingPanel key={keyOfFinding(finding)} {...{ finding, close }} />, close },
    [finding, close],
  );
  useSplitPanel(content);
}

function FindingPanel({ finding, close }: { finding: SeenFinding; close(): void }) {
  useEscape(close);
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => content.current?.focus({ preventScroll: true }), []);
  return (
    <SplitPanel header={displayText(finding.rule.title)} hidePreferencesButton>
      <div ref={content} tabIndex={-1} className="finding-panel">
        <FindingDetails finding={finding} />
      </div>
    </SplitPanel>
  );
}

/** Everything about a finding: what was found, why it matters, its events, and what to look at next. */
function FindingDetails({ finding }: { finding: SeenFinding }) {
  const { info, aliases } = useSession();
  const times = useTimes();
  const { rule, role, time, accountId, region, sourceIp, outcome, errorCode, events, repeats, lastRepeat } = finding;
  const facts: [label: string, value: ReactNode][] = [
    ['Level', <LevelBadge key="level" level={rule.level} />],
    ['Began', times.full(time)],
    ['Who', <FindingWho key="who" finding={finding} aliases={aliases} />],
    ['Role', role],
    ['What', whatWasDone(finding)],
    ['Outcome', [outcome, outcome === 'ok' ? undefined : errorCode].filter(Boolean).join(', ')],
    ['Environment', <FindingEnvironment key="environment" finding={finding} />],
    ['Account', [accountId, region].filter(Boolean).join(', ')],
    ['From', sourceIp],
    ['Repeats', repeats === 0 ? 'None' : `${repeatsText(repeats)}, the last ${times.full(lastRepeat ?? '')}`],
    ['Alert', DELIVERY_WORDS[finding.delivery]],
  ];
  const attack = attackOf(rule.tags);
  const match = matchOf(finding);
  return (
    <SpaceBetween size="l">
      <KeyValuePairs
        columns={2}
        minColumnWidth={200}
        items={facts.flatMap(([label, value]) =>
          value === undefined || value === ''
            ? []
            : [{ label, value: <div className="fact">{typeof value === 'string' ? displayText(value) : value}</div> }],
        )}
      />
      <Section title="Why it was found">
        <Box>{displayText(finding.reason)}</Box>
      </Section>
      <Section title="Why it matters">
        <Box>{displayText(rule.description)}</Box>
        {attack.length > 0 && <Box variant="small">MITRE ATT&CK: {displayText(attack.join(', '))}</Box>}
      </Section>
      {rule.falsePositives.length > 0 && (
        <Section title="When it is harmless">
          <ul>
            {rule.falsePositives.map((line) => (
              <li key={line}>{displayText(line)}</li>
            ))}
          </ul>
        </Section>
      )}
      {match === undefined ? (
        info.environment === undefined && <PageLink href={hrefOf(['trust'])}>What verification found</PageLink>
      ) : (
        <SpaceBetween size="l">
          <Section title={counted(events, 'event')}>
            {events > finding.eventIds.length && (
              <Box variant="small">The last {finding.eventIds.length.toLocaleString('en-US')} of them:</Box>
            )}
            <ul className="neighbours code">
              {finding.eventIds.map((eventId) => (
                <li key={eventId}>
                  <PageLink href={hrefOf(['events', eventId])}>{displayText(eventId)}</PageLink>
                </li>
              ))}
            </ul>
          </Section>
          <Section title="Around it">
            <ul className="neighbours">
              {questionsAbout(finding).map(({ text, question }) => (
                <li key={text}>
                  <PageLink href={eventsHref(info, question)}>{text}</PageLink>
                </li>
              ))}
            </ul>
          </Section>
          <Section title="On the command line">
            <CopyText what="the command that explains the finding" text={explainCommand(finding, match, info)} />
            <CopyText what="the command that shows the event" text={showCommand({ eventId: match }, info)} />
            {info.source.kind === 'api' && (
              <Box variant="small">Commands ask the tables: add --stack with the name of the stack.</Box>
            )}
          </Section>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <SpaceBetween size="xs">
      <Header variant="h3">{title}</Header>
      {children}
    </SpaceBetween>
  );
}
