import Box from '@cloudscape-design/components/box';
import Table from '@cloudscape-design/components/table';
import { findingColumns } from '../../components/finding-columns.tsx';
import { Part } from '../../components/part.tsx';
import { PageLink } from '../../components/value.tsx';
import { type FindingList, findingsPath, keyOfFinding } from '../../lib/findings.ts';
import { parametersOf, type Question } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { RECENT, type Recent } from '../../lib/recent.ts';
import { hrefOf, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { OriginNote } from '../findings/origin-note.tsx';

const SHOWN = 5;
const COLUMNS: readonly string[] = ['level', 'title', 'time', 'user', 'environment', 'events'];

/** What the rules found recently, the newest first. */
export function LatestFindings({ recent }: { recent: Recent }) {
  const { info, aliases } = useSession();
  const times = useTimes();
  const question: Question = [['since', recent]];
  const params = parametersOf(question);
  const answer = useAnswer<FindingList>(findingsPath(info, params));
  return (
    <Part
      title="Findings"
      description={`What the detection rules found in the ${RECENT[recent]}`}
      actions={<PageLink href={hrefOf(['findings'], params)}>All findings</PageLink>}
      answer={answer}
    >
      {({ findings, origin }) => (
        <>
          {(origin.kind === 'evaluated' ? origin.cutAt !== undefined : origin.alerts === 'off') && (
            <OriginNote origin={origin} />
          )}
          <Table
            variant="embedded"
            items={findings.slice(0, SHOWN)}
            trackBy={keyOfFinding}
            columnDefinitions={findingColumns({ times, aliases }, (finding) =>
              hrefOf(['findings'], withParameter(params, 'finding', keyOfFinding(finding))),
            ).filter(({ id }) => COLUMNS.includes(id))}
            wrapLines
            enableKeyboardNavigation
            empty={
              <Box textAlign="center" color="inherit">
                No rule found anything in the {RECENT[recent]}.
              </Box>
            }
            ariaLabels={{ tableLabel: 'Findings' }}
          />
        </>
      )}
    </Part>
  );
}
