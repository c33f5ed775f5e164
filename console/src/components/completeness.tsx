import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { Completeness as CompletenessOfAnswer } from '../../../shared/query/completeness.ts';
import { freshnessLine, problemLines } from '../../../shared/render/completeness.ts';
import { useTimes } from '../lib/preferences.tsx';
import { hrefOf } from '../lib/route.ts';
import { useSession } from '../lib/session.tsx';
import { PageLink } from './value.tsx';
import './completeness.css';

/** How complete an answer is: how far log files have been read, and which are missing or altered. */
export function Completeness({ completeness }: { completeness: CompletenessOfAnswer }) {
  const { environment } = useSession().info;
  const times = useTimes();
  const freshness = freshnessLine(completeness, times);
  return (
    <div className="completeness">
      {freshness !== undefined && <span>{freshness}</span>}
      {problemLines(completeness).map((line) => (
        <StatusIndicator key={line} type="warning">
          {line}
        </StatusIndicator>
      ))}
      {environment === undefined && <PageLink href={hrefOf(['trust'])}>Can I rely on this?</PageLink>}
    </div>
  );
}
