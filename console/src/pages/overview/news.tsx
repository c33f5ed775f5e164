import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TextCriterion } from '../../../../shared/query/criteria-table.ts';
import type { FirstSeen, News as NewsAnswer } from '../../../../shared/query/news.ts';
import { nameOf } from '../../../../shared/query/user-aliases.ts';
import { displayText } from '../../../../shared/render/display.ts';
import type { ListColumn } from '../../components/list-table.tsx';
import { Part } from '../../components/part.tsx';
import { countColumn } from '../../components/seen-columns.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { PageLink } from '../../components/value.tsx';
import { useTimes } from '../../lib/preferences.tsx';
import { RECENT, type Recent } from '../../lib/recent.ts';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';

type Group = Exclude<keyof NewsAnswer, 'events' | 'truncated'>;

/** What can be new: how it is called, the criterion that finds its events, and the page of one, if there is any. */
const GROUPS: Readonly<Record<Group, { text: string; criterion: TextCriterion; page?: string }>> = {
  users: { text: 'Person', criterion: 'user', page: 'users' },
  roles: { text: 'Role', criterion: 'role' },
  environments: { text: 'Environment', criterion: 'environment', page: 'environments' },
  accessKeys: { text: 'Access key', criterion: 'accessKeyId' },
  operations: { text: 'Operation', criterion: 'eventName' },
  errorCodes: { text: 'Error code', criterion: 'errorCode' },
};

/** Something new, with its group. */
interface NewsLine extends FirstSeen {
  group: Group;
}

/** What was seen for the first time recently. */
export function News({ recent }: { recent: Recent }) {
  const { info, aliases } = useSession();
  const times = useTimes();
  const answer = useAnswer<NewsAnswer>(`/news?since=${recent}`);
  const columns: ListColumn<NewsLine>[] = [
    { id: 'kind', header: 'What', value: ({ group }) => GROUPS[group].text },
    {
      id: 'name',
      header: 'Name',
      isRowHeader: true,
      value: ({ group, name }) => displayText(group === 'users' ? nameOf(aliases, name) : name),
      cell: ({ group, name }) => {
        const shown = displayText(group === 'users' ? nameOf(aliases, name) : name);
        const { page } = GROUPS[group];
        return page === undefined ? shown : <PageLink href={hrefOf([page, name])}>{shown}</PageLink>;
      },
    },
    countColumn({ id: 'events', header: 'Events', of: ({ events }) => events }, info, ({ group, name }) => [
      [GROUPS[group].criterion, name],
      ['since', recent],
    ]),
    {
      id: 'first',
      header: times.heading('First seen'),
      value: ({ first }) => first,
      cell: ({ first }) => <span className="nowrap">{times.show(first)}</span>,
    },
  ];
  return (
    <Part title="New" description={`Seen for the first time in the ${RECENT[recent]}`} answer={answer}>
      {(news) => (
        <SpaceBetween size="s">
          {news.truncated && <Box>There may be more: not all events of this time were looked at.</Box>}
          <ShortList
            label="New"
            items={linesOf(news)}
            columns={columns}
            keyOf={({ group, name }) => `${group} ${name}`}
            empty={
              news.events === 0
                ? `There are no events in the ${RECENT[recent]}.`
                : 'Everybody and everything in these events was seen before.'
            }
          />
        </SpaceBetween>
      )}
    </Part>
  );
}

const GROUP_NAMES = Object.keys(GROUPS) as Group[];

/** All that is new, the newest first. */
function linesOf(news: NewsAnswer): NewsLine[] {
  const lines = GROUP_NAMES.flatMap((group) => news[group].map((line) => ({ ...line, group })));
  return lines.sort((a, b) => (a.first < b.first ? 1 : -1));
}
