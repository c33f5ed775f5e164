import type { Seen } from '../../../shared/query/seen.ts';
import type { TimeDisplay } from '../../../shared/render/times.ts';
import { eventsHref, type Question } from '../lib/paths.ts';
import type { ConsoleInfo } from '../lib/session.tsx';
import type { ListColumn } from './list-table.tsx';
import { PageLink } from './value.tsx';

/** A number of events that leads to them; a plain 0 if there are none. */
export function EventCount({ count, href }: { count: number; href: string }) {
  if (count === 0) return <>0</>;
  return <PageLink href={href}>{count.toLocaleString('en-US')}</PageLink>;
}

/** A column of numbers of events, each with a link to them. */
export function countColumn<T>(
  { id, header, of }: { id: string; header: string; of(item: T): number },
  info: ConsoleInfo,
  questionOf: (item: T) => Question,
): ListColumn<T> {
  return {
    id,
    header,
    value: of,
    cell: (item) => <EventCount count={of(item)} href={eventsHref(info, questionOf(item))} />,
  };
}

/** When something was seen first and last. */
export function timeColumns<T extends Seen>(times: TimeDisplay): ListColumn<T>[] {
  return (['first', 'last'] as const).map((name) => ({
    id: name,
    header: times.heading(name === 'first' ? 'First' : 'Last'),
    value: (item) => item[name],
    cell: (item) => <span className="nowrap">{times.show(item[name])}</span>,
  }));
}
