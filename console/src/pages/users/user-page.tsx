import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Person } from '../../../../shared/query/person.ts';
import { nameOf } from '../../../../shared/query/user-aliases.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { Command } from '../../components/command.tsx';
import { Part } from '../../components/part.tsx';
import { EventCount } from '../../components/seen-columns.tsx';
import { TimeRange } from '../../components/time-range.tsx';
import { TimelinePart } from '../../components/timeline-part.tsx';
import { questionCommand } from '../../lib/command-line.ts';
import { apiPath, eventsHref, parametersOf, type Question, rangeOf } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { newestOnly } from '../../lib/words.ts';
import { DoneLists, PlaceLists } from './person-lists.tsx';

/** What a person or machine did, and where they were seen. */
export function UserPage({ name, params }: { name: string; params: URLSearchParams }) {
  const { info, aliases } = useSession();
  const range = rangeOf(params);
  const question: Question = [['user', name], ...range];
  const answer = useAnswer<Person>(apiPath(info, `/users/${encodeURIComponent(name)}`, parametersOf(range)));
  const shown = nameOf(aliases, name);
  // The command knows no environment, and takes a name with a dash in front for a flag.
  const hasCommand = info.environment === undefined && !name.startsWith('-');
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={shown === name ? undefined : displayText(name)}
          actions={<TimeRange params={params} onChange={(changed) => navigate(hrefOf(['users', name], changed))} />}
        >
          {displayText(shown)}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {hasCommand && <Command text={questionCommand(['who', name], range, info)} />}
        <Part title="Activity" description={answer.data && newestOnly(answer.data)} answer={answer}>
          {(person) => (person.events === 0 ? <NoEvents range={range} /> : <Counts {...{ person, question }} />)}
        </Part>
        <TimelinePart question={question} />
        {answer.data && answer.data.events > 0 && (
          <SpaceBetween size="l">
            <DoneLists person={answer.data} question={question} />
            <PlaceLists person={answer.data} question={question} />
          </SpaceBetween>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}

function NoEvents({ range }: { range: Question }) {
  const isAllTime = range.every(([, value]) => value === null);
  return isAllTime
    ? 'No event has this user. Names must match exactly; the page of people lists them all.'
    : 'No event of this time has this user. Choose all time to see others.';
}

function Counts({ person, question }: { person: Person; question: Question }) {
  const { info } = useSession();
  const times = useTimes();
  const { events, changes, denied, failed, first, last, mfa } = person;
  const count = (number: number, ...more: Question) => (
    <EventCount count={number} href={eventsHref(info, [...question, ...more])} />
  );
  return (
    <KeyValuePairs
      columns={4}
      items={[
        { label: 'Events', value: count(events) },
        { label: 'Changes', value: count(changes, ['changes', 'true'], ['outcome', 'ok']) },
        { label: 'Denied', value: count(denied, ['outcome', 'denied']) },
        { label: 'Failed', value: count(failed, ['outcome', 'failed']) },
        { label: 'First seen', value: times.full(first) },
        { label: 'Last seen', value: times.full(last) },
        {
          label: 'MFA',
          value: (
            <>
              yes {count(mfa.yes, ['mfa', 'true'])}, no {count(mfa.no, ['mfa', 'false'])}, not recorded{' '}
              {mfa.notRecorded.toLocaleString('en-US')}
            </>
          ),
        },
      ]}
    />
  );
}
