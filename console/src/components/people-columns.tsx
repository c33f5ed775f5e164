import type { People } from '../../../shared/query/person.ts';
import { nameOf } from '../../../shared/query/user-aliases.ts';
import { displayText } from '../../../shared/render/display.ts';
import type { TimeDisplay } from '../../../shared/render/times.ts';
import type { Question } from '../lib/paths.ts';
import { parametersOf } from '../lib/paths.ts';
import { hrefOf } from '../lib/route.ts';
import type { Session } from '../lib/session.tsx';
import type { ListColumn } from './list-table.tsx';
import { countColumn, timeColumns } from './seen-columns.tsx';
import { PageLink } from './value.tsx';

export type ListedPerson = People['people'][number];

/** The columns of a list of people. @param question what else the events of the list have in common; `times`: its times alone */
export function peopleColumns(
  { info, aliases }: Session,
  times: TimeDisplay,
  { question, range }: { question: Question; range: Question },
): ListColumn<ListedPerson>[] {
  const theirs =
    (...more: Question) =>
    ({ name }: ListedPerson): Question => [...question, ['user', name], ...more];
  return [
    {
      id: 'name',
      header: 'Who',
      isRowHeader: true,
      value: ({ name }) => displayText(nameOf(aliases, name)),
      cell: ({ name }) => (
        <PageLink href={hrefOf(['users', name], parametersOf(range))}>{displayText(nameOf(aliases, name))}</PageLink>
      ),
    },
    countColumn({ id: 'events', header: 'Events', of: ({ events }) => events }, info, theirs()),
    countColumn(
      { id: 'changes', header: 'Changes', of: ({ changes }) => changes },
      info,
      theirs(['changes', 'true'], ['outcome', 'ok']),
    ),
    countColumn({ id: 'denied', header: 'Denied', of: ({ denied }) => denied }, info, theirs(['outcome', 'denied'])),
    countColumn({ id: 'failed', header: 'Failed', of: ({ failed }) => failed }, info, theirs(['outcome', 'failed'])),
    ...timeColumns<ListedPerson>(times),
  ];
}
