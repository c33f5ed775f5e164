import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { phraseOf } from '../../../../shared/audit-event/actions.ts';
import { type AttributeName, attributeOf } from '../../../../shared/audit-event/attributes.ts';
import type { Line, Person, PersonList } from '../../../../shared/query/person.ts';
import type { Seen } from '../../../../shared/query/seen.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { resultOf, whatOf } from '../../../../shared/render/event-words.ts';
import type { ListColumn } from '../../components/list-table.tsx';
import { countColumn, timeColumns } from '../../components/seen-columns.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { PageLink } from '../../components/value.tsx';
import { criterionOf } from '../../lib/criteria.ts';
import type { Question } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { counted } from '../../lib/words.ts';

interface PersonListsProps {
  person: Person;
  /** What all events of the page have in common: the person and the times. */
  question: Question;
}

/** What a person did, and what was refused. */
export function DoneLists({ person, question }: PersonListsProps) {
  const { actions, refusals, targets, leftOut } = person;
  const byAction = Map.groupBy(targets, ({ action }) => action);
  const doneColumns: ListColumn<Line<'actions'>>[] = [
    { ...column<Line<'actions'>>('what', 'What', ({ action = '' }) => phraseOf(action)), minWidth: '220px' },
    column('targets', 'To', ({ action }) => targetsText(byAction.get(action) ?? [])),
  ];
  const doneBy = ({ action }: Line<'actions'>): Question => [...question, ['action', action], ['outcome', 'ok']];
  const [changes, reads] = [actions.filter(isChange), actions.filter((action) => !isChange(action))];
  return (
    <SpaceBetween size="l">
      <Lines title="Changed" lines={changes} columns={doneColumns} questionOf={doneBy} empty="Nothing was changed." />
      <Lines
        title="Read"
        lines={reads}
        columns={doneColumns}
        questionOf={doneBy}
        empty="Nothing was read."
        leftOut={leftOut.actions}
      />
      <Lines
        title="Denied or failed"
        lines={refusals}
        columns={[
          column('what', 'What', whatOf),
          { ...column<Line<'refusals'>>('result', 'Result', resultOf), minWidth: '260px' },
        ]}
        questionOf={({ action, target, outcome, errorCode }) => [
          ...question,
          ['action', action],
          ['target', target],
          ['outcome', outcome],
          ['errorCode', errorCode],
        ]}
        empty="Nothing was denied, and nothing failed."
        leftOut={leftOut.refusals}
      />
    </SpaceBetween>
  );
}

const isChange = ({ access }: Line<'actions'>) => access === 'write';

/** Lists of values that events have together: attributes with their headings, the first of which names the line. */
const PLACES = [
  {
    list: 'environments',
    title: 'Environments',
    of: { environment: 'Environment', accountId: 'Account', region: 'Region' },
  },
  { list: 'roles', title: 'Roles', of: { role: 'Role', accountId: 'Account' } },
  { list: 'sessions', title: 'Sessions', of: { username: 'Session', role: 'Role' } },
  { list: 'accessKeys', title: 'Access keys', of: { accessKeyId: 'Access key' } },
  { list: 'addresses', title: 'Addresses', of: { sourceIp: 'Address' } },
  { list: 'userAgents', title: 'Programs', of: { userAgent: 'User agent' } },
  { list: 'accounts', title: 'Accounts', of: { accountId: 'Account' } },
  { list: 'users', title: 'Names in events', of: { user: 'User' } },
] as const satisfies readonly { list: PersonList; title: string; of: Partial<Record<AttributeName, string>> }[];

/** Where a person was seen, as whom, from where and with what. */
export function PlaceLists({ person, question }: PersonListsProps) {
  const isOtherwiseKnown = person.users.some(({ user }) => user !== person.name);
  return (
    <div className="two-columns">
      {PLACES.filter(({ list }) => list !== 'users' || isOtherwiseKnown).map(({ list, title, of }) => {
        const attributes = Object.entries(of) as [AttributeName, string][];
        // What a line says of the person's name is more exact than the name that the page was asked by.
        const others = list === 'users' ? question.filter(([name]) => name !== 'user') : question;
        return (
          <Lines<Seen>
            key={list}
            title={title}
            lines={person[list]}
            columns={attributes.map(([name, header]) => attributeColumn(name, header))}
            questionOf={(line) => [
              ...others,
              ...attributes.map(([name]) => [criterionOf(name) ?? name, textOf(line, name)] as const),
            ]}
            empty="None is known."
            leftOut={person.leftOut[list]}
          />
        );
      })}
    </div>
  );
}

interface LinesProps<L> {
  title: string;
  lines: readonly L[];
  /** Those before the numbers and times. */
  columns: readonly ListColumn<NoInfer<L>>[];
  /** What finds the events of a line. */
  questionOf(line: NoInfer<L>): Question;
  empty: ReactNode;
  /** Events whose lines are not listed. */
  leftOut?: number | undefined;
}

/** A list of a person's page. */
function Lines<L extends Seen>({ title, lines, columns, questionOf, empty, leftOut = 0 }: LinesProps<L>) {
  const { info } = useSession();
  const times = useTimes();
  const [first, ...others] = columns;
  const events = countColumn<L>({ id: 'events', header: 'Events', of: (line) => line.events }, info, questionOf);
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${lines.length.toLocaleString('en-US')})`}
          description={leftOut > 0 ? `${counted(leftOut, 'event')} with others are not listed.` : undefined}
        >
          {title}
        </Header>
      }
    >
      <ShortList
        label={title}
        items={lines}
        columns={[...(first ? [{ ...first, isRowHeader: true }] : []), ...others, events, ...timeColumns<L>(times)]}
        keyOf={(line) => JSON.stringify(questionOf(line))}
        empty={empty}
      />
    </Container>
  );
}

function column<L>(id: string, header: string, of: (line: L) => string | undefined): ListColumn<L> {
  return {
    id,
    header,
    value: (line) => {
      const text = of(line);
      return text === undefined ? undefined : displayText(text);
    },
  };
}

/** A column of an attribute of events. Environments have pages of their own. */
function attributeColumn(name: AttributeName, header: string): ListColumn<object> {
  const texts = column<object>(name, header, (line) => textOf(line, name));
  if (name !== 'environment') return texts;
  const cell = (line: object) => {
    const environment = textOf(line, name) ?? '';
    return <PageLink href={hrefOf(['environments', environment])}>{displayText(environment)}</PageLink>;
  };
  return { ...texts, cell };
}

function textOf(line: object, name: AttributeName): string | undefined {
  const value = attributeOf(line, name);
  return value === undefined ? undefined : String(value);
}

const MAX_TARGETS = 5;

/** `orders_daily (12); export_customers; and 3 more` */
function targetsText(targets: readonly Line<'targets'>[]): string | undefined {
  const named = targets
    .slice(0, MAX_TARGETS)
    .map(({ target = '', events }) => (events === 1 ? target : `${target} (${events.toLocaleString('en-US')})`));
  const more = targets.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more.toLocaleString('en-US')} more`] : [])].join('; ') || undefined;
}
