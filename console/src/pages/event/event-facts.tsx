import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { type ReactNode, useMemo } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { type FactLabel, factsOf, type ShownEvent } from '../../../../shared/render/event-facts.ts';
import { PageLink } from '../../components/value.tsx';
import { usePreferences } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';

/** What happened, which people read first. */
export const WHAT_HAPPENED: readonly FactLabel[] = [
  ...(['outcome', 'when', 'who', 'from', 'what', 'environment', 'target', 'parameters'] as const),
  ...(['verified', 'flags', 'masked'] as const),
];
/** Where the event comes from. */
export const ORIGIN: readonly FactLabel[] = ['event ID', 'request', 'account', 'kind', 'read from', 'stored'];

/** Facts of an event, in the words of `mwaa-trail show`. @param labels of those that are shown, in order */
export function EventFacts({ event, labels }: { event: ShownEvent; labels: readonly FactLabel[] }) {
  const { aliases } = useSession();
  const { zone } = usePreferences();
  const facts = useMemo(
    () => factsOf(event, { times: { kind: 'absolute', zone, now: Date.now() }, aliases }),
    [event, zone, aliases],
  );
  return (
    <KeyValuePairs
      columns={2}
      minColumnWidth={220}
      items={labels
        .flatMap((label) => facts.filter((fact) => fact.label === label))
        .map(({ label, lines: [first = '', ...others] }) => ({
          label: label.charAt(0).toUpperCase() + label.slice(1),
          value: (
            <div className={CODE.includes(label) ? 'fact code' : 'fact'}>
              <div>{firstLine(label, first, event)}</div>
              {others.map((line) => (
                <div key={line} className="fact-more">
                  {line}
                </div>
              ))}
            </div>
          ),
        }))}
    />
  );
}

const CODE: readonly FactLabel[] = ['event ID', 'request', 'masked', 'flags', 'read from'];

const OUTCOMES: Readonly<Record<ShownEvent['outcome'], StatusIndicatorProps.Type>> = {
  ok: 'success',
  denied: 'stopped',
  failed: 'error',
};
const VERIFICATIONS: Readonly<Record<NonNullable<ShownEvent['verification']>, StatusIndicatorProps.Type>> = {
  verified: 'success',
  failed: 'error',
  pending: 'pending',
  'no-log-file': 'warning',
};

/** The first line of a fact, which leads to the page of what it names. */
function firstLine(label: FactLabel, line: string, event: ShownEvent): ReactNode {
  const { environment, user, outcome, verification } = event;
  switch (label) {
    case 'outcome':
      return (
        <StatusIndicator type={OUTCOMES[outcome]}>
          <span className="words">{line}</span>
        </StatusIndicator>
      );
    case 'verified':
      // As content of the indicator, the sentence would be broken within words.
      return (
        verification && (
          <>
            <StatusIndicator type={VERIFICATIONS[verification]} /> {line}
          </>
        )
      );
    case 'environment':
      return (
        environment && <PageLink href={hrefOf(['environments', environment])}>{displayText(environment)}</PageLink>
      );
    case 'who':
      return user === undefined ? line : <PageLink href={hrefOf(['users', user])}>{line}</PageLink>;
    default:
      return line;
  }
}
