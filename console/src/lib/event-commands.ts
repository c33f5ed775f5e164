import type { ShownEvent } from '../../../shared/render/event-facts.ts';
import { commandLine } from './command-line.ts';
import type { ConsoleInfo } from './session.tsx';

type Store = Pick<ConsoleInfo, 'source' | 'storeFlags'>;
type Event = Pick<ShownEvent, 'eventId' | 'provisional'>;

/** The command that shows an event on a terminal. */
export function showCommand({ eventId }: Event, { storeFlags }: Store): string {
  return commandLine(['show', ...storeFlags, ...operands([eventId])], []);
}

/** The command that collects what proves an event, and what one has to know to run it. Undefined: nothing proves it yet. */
export function evidenceCommand(
  { eventId, provisional }: Event,
  { source, storeFlags }: Store,
): { command: string; note: string } | undefined {
  if (provisional) return undefined;
  // An ID may be any text, a name of a file may not.
  const out = `evidence-${eventId.replace(/[^\w-]/g, '_').slice(0, 64)}.json`;
  // The local store was filled from copies of log files.
  const from = source.kind === 'local' ? ['--from', 's3://BUCKET'] : [];
  const note =
    'The evidence is one file: the event, its log file, the signed digests and the public keys. mwaa-trail verify checks it offline.';
  return {
    command: commandLine(['evidence', '--out', out, ...from, ...storeFlags, ...operands([eventId])], []),
    note: source.kind === 'local' ? `${note} Replace BUCKET by the bucket that CloudTrail delivers to.` : note,
  };
}

/** The command that compares events. @param all with identifiers, and with the fields that are the same */
export function compareCommand(
  eventIds: readonly string[],
  all: boolean,
  { storeFlags }: Pick<Store, 'storeFlags'>,
): string {
  return commandLine(['compare', ...(all ? ['--all'] : []), ...storeFlags, ...operands(eventIds)], []);
}

/** IDs, which must not be taken for flags if they begin with a hyphen. */
function operands(eventIds: readonly string[]): string[] {
  return eventIds.some((id) => id.startsWith('-')) ? ['--', ...eventIds] : [...eventIds];
}
