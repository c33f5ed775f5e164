import Alert from '@cloudscape-design/components/alert';
import { timeOf } from '../../../../shared/audit-event/event-time.ts';
import { DAY_MS, shifted } from '../../../../shared/cloudtrail/times.ts';
import { displayText } from '../../../../shared/render/display.ts';
import type { ShownEvent } from '../../../../shared/render/event-facts.ts';
import { LevelBadge } from '../../components/finding-columns.tsx';
import { PageLink } from '../../components/value.tsx';
import { type FindingList, findingsPath, keyOfFinding } from '../../lib/findings.ts';
import { parametersOf } from '../../lib/paths.ts';
import { hrefOf, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';

/** Says which findings name an event; nothing if there is none. A burst begins with one of its last events, a day later at most. */
export function EventFindings({ event: { eventId, timeKey } }: { event: ShownEvent }) {
  const { info } = useSession();
  const time = timeOf(timeKey);
  const params = parametersOf(
    Number.isNaN(Date.parse(time))
      ? [['event', eventId]]
      : [
          ['event', eventId],
          ['since', time],
          ['until', shifted(time, DAY_MS)],
        ],
  );
  const { data } = useAnswer<FindingList>(findingsPath(info, params));
  if (data === undefined || data.findings.length === 0) return null;
  return (
    <Alert type="info" header="Detection rules found this event">
      <ul className="neighbours">
        {data.findings.map((finding) => (
          <li key={keyOfFinding(finding)}>
            <LevelBadge level={finding.rule.level} />{' '}
            <PageLink href={hrefOf(['findings'], withParameter(params, 'finding', keyOfFinding(finding)))}>
              {displayText(finding.rule.title)}
            </PageLink>
          </li>
        ))}
      </ul>
    </Alert>
  );
}
