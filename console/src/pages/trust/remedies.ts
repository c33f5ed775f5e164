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

const quarantine = (store: Store): Remedy[] => [
  { does: 'List the entries with their IDs', command: quarantineCommand(['list'], store) },
  { does: 'Show why and where an entry is invalid', command: quarantineCommand(['show', 'ID'], store) },
  {
    does: 'When the cause is removed, try all entries again without storing anything, then store them',
    command: quarantineCommand(['replay', '--all', '--dry-run'], store),
  },
  { does: 'Store one', command: quarantineCommand(['replay', 'ID'], store) },
];

const failed = (store: Store): Remedy[] =>
  store.source.kind === 'local'
    ? [{ does: 'Read it again', command: tableCommand(['replay', 'PATH'], store) }]
    : [
        { does: 'See what waits in the dead-letter queue', command: redriveCommand(['--dry-run'], store) },
        { does: 'When the cause is removed, deliver it again', command: redriveCommand([], store) },
      ];

/** What is wrong with a log file: what it means, and what helps. The first is the worst. */
export const PROBLEM_STATES = [
  {
    state: 'not-as-signed',
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
    state: 'quarantined',
    title: 'In quarantine as a whole',
    means: 'The log file is invalid, so none of its events are stored. The quarantine keeps its bytes, and the reason.',
    remedies: quarantine,
  },
  {
    state: 'records-quarantined',
    title: 'Some records in quarantine',
    means: 'These records cannot be stored. All others of the log file are.',
    remedies: quarantine,
  },
  {
    state: 'failed',
    title: 'Not read successfully yet',
    means:
      'Reading the log file failed, for example because access was denied. After a delivery, it is tried five times; then the notification waits in the dead-letter queue.',
    remedies: failed,
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
