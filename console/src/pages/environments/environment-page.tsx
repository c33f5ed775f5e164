import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { defined } from '../../../../shared/defined.ts';
import type { People } from '../../../../shared/query/person.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { LatestEvents } from '../../components/latest-events.tsx';
import { LeftOut } from '../../components/left-out.tsx';
import { Part } from '../../components/part.tsx';
import { peopleColumns } from '../../components/people-columns.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { TimeRange } from '../../components/time-range.tsx';
import { TimelinePart } from '../../components/timeline-part.tsx';
import { environmentPath, parametersOf, type Question, rangeOf } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { Changes } from './changes.tsx';
import { Configuration } from './configuration.tsx';
import { placeText } from './place.ts';

/** An environment: its events over time, its configuration and who changed it, who was there, logins and denials. */
export function EnvironmentPage({ name, params }: { name: string; params: URLSearchParams }) {
  const hrefWith = (changed: URLSearchParams) => hrefOf(['environments', name], changed);
  const place = ['account', 'region'].map((parameter) => [parameter, params.get(parameter)] as const);
  const question: Question = [['environment', name], ...place, ...rangeOf(params)];
  const hrefOfConfiguration = (at: string | undefined) =>
    hrefWith(withParameter(withParameter(params, 'tab', undefined), 'at', at));
  const hrefOfChanges = (changed: Question) => hrefWith(parametersOf([...place, ['tab', 'changes'], ...changed]));
  const setting = params.get('setting') ?? '';
  const tabs = [
    {
      id: 'configuration',
      label: 'Configuration',
      content: (
        <Configuration
          name={name}
          place={place}
          at={params.get('at') ?? undefined}
          onChange={(at) => navigate(hrefOfConfiguration(at))}
          hrefOfChanges={hrefOfChanges}
        />
      ),
    },
    {
      id: 'changes',
      label: 'Changes',
      content: (
        <Changes
          name={name}
          question={question}
          setting={setting}
          onSetting={(text) =>
            navigate(hrefWith(withParameter(params, 'setting', text === '' ? undefined : text)), { replace: true })
          }
          hrefOfConfiguration={hrefOfConfiguration}
        />
      ),
    },
    { id: 'people', label: 'People', content: <PeopleThere name={name} question={question} /> },
    {
      id: 'logins',
      label: 'Logins',
      content: (
        <LatestEvents
          title="Logins"
          question={[...question, ['action', 'web-token.create'], ['action', 'cli-token.create']]}
          limit={25}
          all="All logins"
          empty="No token for Airflow was created. Trails record this only with data events on."
        />
      ),
    },
    {
      id: 'denials',
      label: 'Denied or failed',
      content: (
        <LatestEvents
          title="Denied or failed"
          question={[...question, ['outcome', 'denied'], ['outcome', 'failed']]}
          limit={25}
          all="All denied or failed events"
          empty="Nothing was denied, and nothing failed."
        />
      ),
    },
  ];
  const [usual] = tabs;
  const tab = params.get('tab') ?? '';
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={params.has('account') || params.has('region') ? placeText(placeIn(params)) : undefined}
          actions={<TimeRange params={params} onChange={(changed) => navigate(hrefWith(changed))} />}
        >
          {displayText(name)}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <TimelinePart question={question} />
        <Tabs
          ariaLabel={`About ${displayText(name)}`}
          activeTabId={tabs.some(({ id }) => id === tab) ? tab : (usual?.id ?? '')}
          tabs={tabs}
          onChange={({ detail: { activeTabId } }) =>
            navigate(hrefWith(withParameter(params, 'tab', activeTabId === usual?.id ? undefined : activeTabId)))
          }
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

function placeIn(params: URLSearchParams) {
  return defined({ accountId: params.get('account') ?? undefined, region: params.get('region') ?? undefined });
}

/** Who did something in an environment. */
function PeopleThere({ name, question }: { name: string; question: Question }) {
  const session = useSession();
  const times = useTimes();
  const range = question.filter(([parameter]) => parameter === 'since' || parameter === 'until');
  const answer = useAnswer<People>(environmentPath(name, 'users', parametersOf(range)));
  return (
    <Part title="People" description="Who did something here, or tried to." answer={answer}>
      {({ people, ...counts }) => (
        <SpaceBetween size="s">
          <LeftOut {...counts} />
          <ShortList
            label="People"
            items={people}
            columns={peopleColumns(session, times, { question, range })}
            keyOf={(person) => person.name}
            filterPlaceholder="Find a person or machine"
            empty="Nobody was here in this time."
            pageSize={25}
          />
        </SpaceBetween>
      )}
    </Part>
  );
}
