import { commandLine } from '../../lib/command-line.ts';
import type { ConsoleInfo } from '../../lib/session.tsx';

type Store = Pick<ConsoleInfo, 'source' | 'storeFlags'>;

/** A command that helps, and what it is for. */
export interface Remedy {
  does: string;
  command: string;
}

/** The flags of a deployed stack, if the console does not know which it is. */
const SOME_STACK = ['--stack', 'STACK'];

/** The flags with which `query` and its like ask this store: over the API, somebody has to name the stack. */
function flagsOf({ source, storeFlags }: Store): readonly string[] {
  return source.kind === 'api' ? SOME_STACK : storeFlags;
}

/** A command that reads the tables. */
export const tableCommand = (words: readonly string[], store: Store) => commandLine(words, flagsOf(store));

/** A command on the quarantine, which a table alone does not name. */
function quarantineCommand(words: readonly string[], store: Store): string {
  const flags = flagsOf(store);
  return commandLine(['quarantine', ...words], flags.includes('--table') ? [...flags, '--bucket', 'BUCKET'] : flags);
}

/** A command on the dead-letter queue, which a table does not name either. */
function redriveCommand(words: readonly string[], store: Store): string {
  const flags = flagsOf(store);
  const at = flags.indexOf('--table');
  return commandLine(['redrive', ...words], at < 0 ? flags : flags.toSpliced(at, 2, '--queue', 'QUEUE'));
}

/** The command that finds out why no log files arrive. A table does not name its stack. */
export function doctorCommand(store: Store): string {
  const flags = flagsOf(store);
  const at = flags.indexOf('--table');
  return commandLine(['doctor'], at < 0 ? flags : flags.toSpliced(at, 2, ...SOME_STACK));
}

/** What is wrong with log files: what it means, and what helps. The first is the worst. */
export const PROBLEMS = [
  {
    states: ['not-as-signed'],
    title: 'Not as CloudTrail signed them',
    means:
      'The content that was ingested is not what CloudTrail delivered. Treat the events of these log files as forged, until you know who wrote the objects.',
    remedies: (store: Store): Remedy[] => [
      {
        does: 'Compare the objects and their earlier versions with the signed hashes',
        command: tableCommand(['verify', 's3://TRAIL-BUCKET', '--since', '7d'], store),
      },
    ],
  },
  {
    states: ['quarantined', 'records-quarantined'],
    title: 'In quarantine',
    means:
      'A log file that is invalid is quarantined as a whole, and none of its events are stored. If only some of its records are invalid, all others are stored.',
    remedies: (store: Store): Remedy[] => [
      { does: 'List the entries with their IDs', command: quarantineCommand(['list'], store) },
      { does: 'Show why and where an entry is invalid', command: quarantineCommand(['show', 'ID'], store) },
      {
        does: 'When the cause is removed, see what a replay would store',
        command: quarantineCommand(['replay', '--all', '--dry-run'], store),
      },
      { does: 'Replay an entry', command: quarantineCommand(['replay', 'ID'], store) },
    ],
  },
  {
    states: ['failed'],
    title: 'Not read successfully yet',
    means:
      'Reading the log file failed, for example because access was denied. None of its events, or only some, are stored.',
    remedies: (store: Store): Remedy[] =>
      store.source.kind === 'local'
        ? [{ does: 'Read it again', command: tableCommand(['replay', 'PATH'], store) }]
        : [
            {
              does: 'It is tried five times. After that, its notification waits in the dead-letter queue. See what waits there',
              command: redriveCommand(['--dry-run'], store),
            },
            { does: 'When the cause is removed, have it delivered again', command: redriveCommand([], store) },
          ],
  },
] as const;

/** How digests get verified, where none ever was. */
export function verificationRemedies(store: Store): Remedy[] {
  const [words, does] =
    store.source.kind === 'local'
      ? [
          ['verify', 's3://TRAIL-BUCKET'],
          'Verify the bucket from which the log files come, and the events of this store',
        ]
      : [['verify', 's3://TRAIL-BUCKET', '--since', '7d'], 'Verify the bucket, the ledger and the events now'];
  return [{ does, command: tableCommand(words, store) }];
}
