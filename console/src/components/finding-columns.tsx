import Badge, { type BadgeProps } from '@cloudscape-design/components/badge';
import type { TableProps } from '@cloudscape-design/components/table';
import type { SeenFinding } from '../../../shared/alert/seen-finding.ts';
import { phraseOf } from '../../../shared/audit-event/actions.ts';
import type { Level } from '../../../shared/detect/level.ts';
import { nameOf, type UserAliases } from '../../../shared/query/user-aliases.ts';
import { displayText } from '../../../shared/render/display.ts';
import type { TimeDisplay } from '../../../shared/render/times.ts';
import { eventCounts } from '../lib/findings.ts';
import { hrefOf } from '../lib/route.ts';
import { PageLink } from './value.tsx';

const COLORS: Readonly<Record<Level, NonNullable<BadgeProps['color']>>> = {
  critical: 'severity-critical',
  high: 'severity-high',
  medium: 'severity-medium',
  low: 'severity-low',
  informational: 'severity-neutral',
};

/** How bad it is. */
export function LevelBadge({ level }: { level: Level }) {
  return <Badge color={COLORS[level]}>{level}</Badge>;
}

/** The person or machine behind a finding, with a link to their page. */
export function FindingWho({ finding: { user, principal }, aliases }: { finding: SeenFinding; aliases: UserAliases }) {
  if (user === undefined) return <>{displayText(principal ?? '-')}</>;
  return <PageLink href={hrefOf(['users', user])}>{displayText(nameOf(aliases, user))}</PageLink>;
}

export function FindingEnvironment({ finding: { environment } }: { finding: SeenFinding }) {
  if (environment === undefined) return <>-</>;
  return <PageLink href={hrefOf(['environments', environment])}>{displayText(environment)}</PageLink>;
}

/** What was done, and to what. */
export const whatWasDone = ({ action, target }: SeenFinding): string =>
  displayText([action === undefined ? undefined : phraseOf(action), target].filter(Boolean).join(': ') || '-');

type Column = 'level' | 'title' | 'user' | 'what' | 'environment' | 'account' | 'time' | 'events';

/** The columns of a list of findings. @param hrefOfFinding where a finding is shown */
export function findingColumns(
  { times, aliases }: { times: TimeDisplay; aliases: UserAliases },
  hrefOfFinding: (finding: SeenFinding) => string,
): (TableProps.ColumnDefinition<SeenFinding> & { id: Column })[] {
  return [
    { id: 'level', header: 'Level', cell: ({ rule }) => <LevelBadge level={rule.level} /> },
    {
      id: 'title',
      header: 'Finding',
      isRowHeader: true,
      minWidth: 220,
      cell: (finding) => <PageLink href={hrefOfFinding(finding)}>{displayText(finding.rule.title)}</PageLink>,
    },
    {
      id: 'time',
      header: times.heading('Time'),
      cell: ({ time }) => <span className="nowrap">{times.show(time)}</span>,
    },
    { id: 'user', header: 'Who', cell: (finding) => <FindingWho finding={finding} aliases={aliases} /> },
    { id: 'what', header: 'What', minWidth: 180, cell: whatWasDone },
    { id: 'environment', header: 'Environment', cell: (finding) => <FindingEnvironment finding={finding} /> },
    { id: 'account', header: 'Account', cell: ({ accountId }) => accountId ?? '-' },
    { id: 'events', header: 'Events', cell: (finding) => <span className="nowrap">{eventCounts(finding)}</span> },
  ];
}
