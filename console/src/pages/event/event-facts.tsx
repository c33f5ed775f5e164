import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { type ReactNode, useMemo } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { type FactLabel, factsOf, type ShownEvent } from '../../../../shared/render/event-facts.ts';
import { PageLink } from '../../components/value.tsx';
import { usePreferences } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';

/** What an event is, in the words of `mwaa-trail show`. */
export function EventFacts({ event }: { event: ShownEvent }) {
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
      items={facts.map(({ label, lines: [first = '', ...others] }) => ({
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
      return <StatusIndicator type={OUTCOMES[outcome]}>{line}</StatusIndicator>;
    case 'verified':
      return verification && <StatusIndicator type={VERIFICATIONS[verification]}>{line}</StatusIndicator>;
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
