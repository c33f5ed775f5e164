import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { Command } from '../../components/command.tsx';
import { environmentColumns, keyOfEnvironment } from '../../components/environment-columns.tsx';
import { ListTable } from '../../components/list-table.tsx';
import { PartContent } from '../../components/part.tsx';
import { RecentChoice } from '../../components/recent-choice.tsx';
import { listStateIn } from '../../lib/address-list.ts';
import type { EnvironmentList } from '../../lib/answers.ts';
import { questionCommand } from '../../lib/command-line.ts';
import { usePreferences, useTimes } from '../../lib/preferences.tsx';
import { readRecent } from '../../lib/recent.ts';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';

const SEGMENTS = ['environments'];

/** All environments that events have named. */
export function EnvironmentsPage({ params }: { params: URLSearchParams }) {
  const answer = useAnswer<EnvironmentList>('/environments');
  const { info } = useSession();
  const times = useTimes();
  const { preferences } = usePreferences();
  const recent = readRecent(params);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          counter={answer.data && `(${answer.data.environments.length.toLocaleString('en-US')})`}
          description="Names and places that events mention, including those of failed requests."
          actions={<RecentChoice params={params} onChange={(changed) => navigate(hrefOf(SEGMENTS, changed))} />}
        >
          Environments
        </Header>
      }
    >
      <PartContent answer={answer}>
        {({ environments }) => (
          <SpaceBetween size="s">
            <Command text={questionCommand(['environments'], [['recent', recent]], info)} />
            <ListTable
              label="Environments"
              items={environments}
              columns={environmentColumns(environments, recent, times)}
              keyOf={keyOfEnvironment}
              pageSize={preferences.pageSize}
              filterPlaceholder="Find an environment, account or Region"
              empty="No event names an environment yet."
              {...listStateIn(SEGMENTS, params)}
            />
          </SpaceBetween>
        )}
      </PartContent>
    </ContentLayout>
  );
}
