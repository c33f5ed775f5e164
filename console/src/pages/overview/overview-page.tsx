import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { environmentColumns, keyOfEnvironment } from '../../components/environment-columns.tsx';
import { LatestEvents } from '../../components/latest-events.tsx';
import { Part } from '../../components/part.tsx';
import { RecentChoice } from '../../components/recent-choice.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { PageLink } from '../../components/value.tsx';
import type { EnvironmentList } from '../../lib/answers.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { readRecent } from '../../lib/recent.ts';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useAnswer } from '../../lib/use-answer.ts';
import { Freshness } from './freshness.tsx';
import { LatestFindings } from './latest-findings.tsx';
import { News } from './news.tsx';

/** What somebody wants to see first: where something happens, what is new, what changed, what was denied. */
export function OverviewPage({ params }: { params: URLSearchParams }) {
  const times = useTimes();
  const recent = readRecent(params);
  const environments = useAnswer<EnvironmentList>('/environments');
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<RecentChoice params={params} onChange={(changed) => navigate(hrefOf(['overview'], changed))} />}
        >
          Overview
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Part
          title="Environments"
          description="Those with the latest activity first"
          actions={<PageLink href={hrefOf(['environments'])}>All environments</PageLink>}
          answer={environments}
        >
          {({ environments: all }) => (
            <ShortList
              label="Environments"
              items={all.toSorted((a, b) => ((a.lastEventTime ?? '') < (b.lastEventTime ?? '') ? 1 : -1))}
              columns={environmentColumns(all, recent, times)}
              keyOf={keyOfEnvironment}
              empty="No event names an environment yet."
            />
          )}
        </Part>
        <LatestFindings recent={recent} />
        <div className="two-columns">
          <LatestEvents
            title="Latest changes"
            question={[
              ['changes', 'true'],
              ['outcome', 'ok'],
            ]}
            limit={5}
            all="All changes"
            empty="Nothing was changed yet."
          />
          <LatestEvents
            title="Latest denials"
            question={[['outcome', 'denied']]}
            limit={5}
            all="All denials"
            empty="Nothing was denied yet."
          />
        </div>
        <div className="two-columns">
          <News recent={recent} />
          <Freshness answer={environments} />
        </div>
      </SpaceBetween>
    </ContentLayout>
  );
}
