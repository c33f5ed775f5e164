import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { People } from '../../../../shared/query/person.ts';
import { Command } from '../../components/command.tsx';
import { LeftOut } from '../../components/left-out.tsx';
import { ListTable } from '../../components/list-table.tsx';
import { PartContent } from '../../components/part.tsx';
import { peopleColumns } from '../../components/people-columns.tsx';
import { TimeRange } from '../../components/time-range.tsx';
import { listStateIn } from '../../lib/address-list.ts';
import { questionCommand } from '../../lib/command-line.ts';
import { apiPath, parametersOf, rangeOf } from '../../lib/paths.ts';
import { usePreferences, useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';

const SEGMENTS = ['users'];

/** People and machines, to choose from. */
export function UsersPage({ params }: { params: URLSearchParams }) {
  const session = useSession();
  const times = useTimes();
  const { preferences } = usePreferences();
  const range = rangeOf(params);
  const answer = useAnswer<People>(apiPath(session.info, '/users', parametersOf(range)));
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          counter={answer.data && `(${answer.data.people.length.toLocaleString('en-US')})`}
          description="People and machines, in whatever role they signed their requests."
          actions={<TimeRange params={params} onChange={(changed) => navigate(hrefOf(SEGMENTS, changed))} />}
        >
          People
        </Header>
      }
    >
      <PartContent answer={answer}>
        {({ people, ...counts }) => (
          <SpaceBetween size="s">
            {session.info.environment === undefined && (
              <Command text={questionCommand(['who', '*'], range, session.info)} />
            )}
            <LeftOut {...counts} />
            <ListTable
              label="People"
              items={people}
              columns={peopleColumns(session, times, { question: range, range })}
              keyOf={({ name }) => name}
              pageSize={preferences.pageSize}
              filterPlaceholder="Find a person or machine"
              empty={
                range.some(([, value]) => value) ? 'Nobody did anything in this time.' : 'No event names anybody yet.'
              }
              {...listStateIn(SEGMENTS, params)}
            />
          </SpaceBetween>
        )}
      </PartContent>
    </ContentLayout>
  );
}
