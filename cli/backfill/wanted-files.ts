import { objectName, organizationIn, readObjectKey } from '../../shared/cloudtrail/object-key.ts';
import { isSelectedLogFile, type TrailFilter } from '../../shared/cloudtrail/trail-folders.ts';
import { isDone } from '../../shared/ingest/done-before.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { listLedger } from '../../shared/store/ledger.ts';
import type { LedgerEntry } from '../../shared/store/ledger-entry.ts';
import type { FoundObject } from '../log-files/file-result.ts';
import type { Tally } from '../log-files/tally.ts';
import { FairQueue } from './fair-queue.ts';

/**
 * Lists everything that is selected. Ends early if the signal is aborted.
 * @param take handles a part of the listing, objects in the order of their keys, not only log files; the listing waits for it.
 *   Returns how many of them are selected
 * @param tally counts what is not listed
 */
export type Listing = (
  take: (objects: readonly FoundObject[]) => Promise<number>,
  tally: Tally,
  signal: AbortSignal,
) => Promise<void>;

/** A log file that is selected. */
export interface WantedFile extends FoundObject {
  deliveryDay: string;
  /** What the ledger had on it when it was listed. */
  entry?: LedgerEntry | undefined;
}

/** What is searched for, and where. */
export interface Search {
  listing: Listing;
  selection: TrailFilter;
  /** Absent: the ledger is not asked. */
  ledger?: Pick<PipelineDeps, 'dynamo' | 'config'> | undefined;
  tally: Tally;
  /** Ends the search. */
  signal: AbortSignal;
}

/** Files that may wait to be processed while the listing continues; a page of a listing has 1,000. */
const MAX_WAITING = 4_000;

/**
 * Yields the selected log files, alternating between days; lists ahead while they are processed.
 * @throws the error of the listing, after everything that was found before
 */
export async function* wantedFiles(search: Search): AsyncGenerator<WantedFile> {
  const { listing, tally, signal } = search;
  const queue = new FairQueue<WantedFile>(MAX_WAITING);
  const listed = listing((objects) => takeWanted(objects, search, queue), tally, signal).finally(() => {
    tally.listingDone = true;
    queue.close();
  });
  // Its failure is thrown below.
  listed.catch(() => {});
  const close = () => queue.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    for (;;) {
      const file = await queue.take();
      if (!file || signal.aborted) break;
      yield file;
    }
    await listed;
  } finally {
    signal.removeEventListener('abort', close);
    queue.close();
    await listed.catch(() => {});
  }
}

/** Puts the selected log files into the queue, and counts all others. @returns how many are selected */
async function takeWanted(
  objects: readonly FoundObject[],
  { selection, ledger, tally }: Search,
  queue: FairQueue<WantedFile>,
): Promise<number> {
  const wanted: WantedFile[] = [];
  for (const object of objects) {
    const names = readObjectKey(object.key);
    if ('skipped' in names) tally.skip(names.skipped, object.size);
    else if (isSelectedLogFile(selection, object.key, names))
      wanted.push({ ...object, deliveryDay: names.deliveryDay });
    else {
      const { account = '-', region, deliveryDay: period } = names;
      tally.unselected.add({ organization: organizationIn(object.key), account, region, period });
    }
  }
  const entries = ledger && (await entriesOf(wanted, ledger));
  for (const file of wanted) {
    tally.list(file.size);
    const entry = entries?.get(objectName(file));
    if (file.archived && !(ledger && isDone(entry, file.etag, ledger.config.eventSources))) {
      tally.add(file, { outcome: 'archived', ...file.archived });
      tally.advance(file);
    } else await queue.push(file.deliveryDay, { ...file, entry });
  }
  return wanted.length;
}

/** Reads the ledger once for each day, instead of once for each file. */
async function entriesOf(
  files: readonly WantedFile[],
  { dynamo, config }: Pick<PipelineDeps, 'dynamo' | 'config'>,
): Promise<Map<string, LedgerEntry>> {
  const names = Map.groupBy(files.filter(hasEntry), ({ deliveryDay }) => deliveryDay);
  const all = new Map<string, LedgerEntry>();
  for (const [day, ofDay] of names) {
    const sorted = ofDay.map(objectName).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const keys = { first: sorted[0]!, last: sorted.at(-1)! };
    for (const [name, entry] of await listLedger(dynamo, config.logFilesTable, day, keys)) all.set(name, entry);
  }
  return all;
}

/** The ledger holds no longer names. */
const hasEntry = (file: FoundObject) => Buffer.byteLength(objectName(file)) <= 1024;
