import type { ListedEnvironment } from '../../../shared/query/environments.ts';
import { displayText } from '../../../shared/render/display.ts';
import type { TimeDisplay } from '../../../shared/render/times.ts';
import { parametersOf } from '../lib/paths.ts';
import { RECENT, type Recent } from '../lib/recent.ts';
import { hrefOf } from '../lib/route.ts';
import { EnvironmentActivity } from './environment-activity.tsx';
import { EnvironmentStatus } from './environment-status.tsx';
import type { ListColumn } from './list-table.tsx';
import { PageLink } from './value.tsx';

/** The columns of a list of environments. @param environments all of the list */
export function environmentColumns(
  environments: readonly ListedEnvironment[],
  recent: Recent,
  times: TimeDisplay,
): ListColumn<ListedEnvironment>[] {
  const named = Map.groupBy(environments, ({ environment }) => environment);
  const hrefOfEnvironment = ({ environment, accountId, region }: ListedEnvironment) => {
    const isUnique = named.get(environment)?.length === 1;
    const place = parametersOf([
      ['account', accountId],
      ['region', region],
    ]);
    return hrefOf(['environments', environment], isUnique ? undefined : place);
  };
  return [
    {
      id: 'environment',
      header: 'Environment',
      isRowHeader: true,
      value: ({ environment }) => displayText(environment),
      cell: (item) => <PageLink href={hrefOfEnvironment(item)}>{displayText(item.environment)}</PageLink>,
    },
    {
      id: 'activity',
      header: `Events, ${RECENT[recent]}`,
      value: () => undefined,
      isUnsorted: true,
      cell: (item) => <EnvironmentActivity environment={item} recent={recent} />,
    },
    { id: 'account', header: 'Account', value: ({ accountId }) => shown(accountId) },
    { id: 'region', header: 'Region', value: ({ region }) => shown(region) },
    ...(environments.some(({ status }) => status !== undefined) ? [STATUS] : []),
    {
      id: 'last',
      header: times.heading('Last activity'),
      value: ({ lastEventTime }) => lastEventTime,
      cell: ({ lastEventTime }) => <span className="nowrap">{times.show(lastEventTime)}</span>,
    },
    {
      id: 'first',
      header: times.heading('First activity'),
      value: ({ firstEventTime }) => firstEventTime,
      cell: ({ firstEventTime }) => <span className="nowrap">{times.show(firstEventTime)}</span>,
    },
  ];
}

/** Only if MWAA announced one of them. */
const STATUS: ListColumn<ListedEnvironment> = {
  id: 'status',
  header: 'Status',
  value: ({ status }) => shown(status),
  cell: ({ status, statusSince }) =>
    status === undefined ? '-' : <EnvironmentStatus status={status} since={statusSince} />,
};

const shown = (text: string | undefined) => (text === undefined ? undefined : displayText(text));

export const keyOfEnvironment = ({ environment, accountId, region }: ListedEnvironment) =>
  JSON.stringify([environment, accountId, region]);
