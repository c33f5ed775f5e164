import { attributesWhere, LISTED_MAP } from '../../shared/audit-event/attributes.ts';
import { ObjectArchivedError } from '../../shared/aws/open-object.ts';
import { readObjectKey } from '../../shared/cloudtrail/object-key.ts';
import { failureKind } from '../../shared/ingest/failure.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import type { LogSource } from '../../shared/ingest/log-source.ts';
import { classifyRecord } from '../../shared/ingest/store-records.ts';
import { readLogFile } from '../../shared/log-file/read-log-file.ts';
import { type Item, itemSize } from '../../shared/store/item.ts';
import type { Tally } from '../log-files/tally.ts';
import { type Estimate, estimateCost, type Sample } from './estimate.ts';
import type { WantedFile } from './wanted-files.ts';

/** What a backfill would do. */
export interface DryRun {
  toRead: { files: number; bytes: number };
  estimate: Estimate;
}

interface DryRunDeps extends Pick<PipelineDeps, 'config' | 'now'> {
  tally: Tally;
  sourceOf(file: WantedFile): LogSource;
}

const SAMPLE = 20;

/**
 * Lists all files, and reads a sample to estimate the cost; writes nothing.
 * @param files those that are not done
 * @param by as for `estimateCost`
 */
export async function dryRunBackfill(
  files: AsyncIterable<WantedFile>,
  by: { s3: boolean; queue: boolean },
  deps: DryRunDeps,
): Promise<DryRun> {
  const toRead = { files: 0, bytes: 0 };
  const chosen: WantedFile[] = [];
  for await (const file of files) {
    toRead.files += 1;
    toRead.bytes += file.size;
    // Reservoir sampling: each file is chosen with the same probability.
    const at = chosen.length < SAMPLE ? chosen.length : Math.floor(Math.random() * toRead.files);
    if (at < SAMPLE) chosen[at] = file;
  }
  const sample: Sample = { files: 0, bytes: 0, records: 0, events: 0, writeUnits: 0, unreadable: 0 };
  for (const file of chosen) {
    try {
      await addToSample(sample, file, deps);
    } catch (error) {
      if (error instanceof ObjectArchivedError) {
        toRead.files -= 1;
        toRead.bytes -= file.size;
        deps.tally.add(file, { outcome: 'archived', tier: error.tier, restoring: false });
        // Missing or invalid files will be quarantined; a missing permission is better reported now.
      } else if (failureKind(error) === 'fatal') throw error;
      else sample.unreadable += 1;
    }
  }
  const { listingRequests } = deps.tally;
  return { toRead, estimate: estimateCost({ ...toRead, listingRequests }, sample, by) };
}

async function addToSample(sample: Sample, file: WantedFile, deps: DryRunDeps): Promise<void> {
  const { bucket, key, etag } = file;
  const names = readObjectKey(key);
  const account = 'skipped' in names ? undefined : names.account;
  const { body } = await deps.sourceOf(file).open({});
  let [events, writeUnits] = [0, 0];
  const { recordsRead } = await readLogFile(body, {
    eventSources: deps.config.eventSources,
    onRecords({ kept }) {
      for (const record of kept) {
        const classified = classifyRecord(record, { bucket, key, etag, account }, deps);
        if (classified.kind !== 'event') continue;
        events += 1;
        writeUnits += writeUnitsOf(classified.item);
      }
    },
  });
  sample.files += 1;
  sample.bytes += file.size;
  sample.records += recordsRead;
  sample.events += events;
  sample.writeUnits += writeUnits;
}

const INDEX_KEYS = attributesWhere(({ index }) => index !== undefined);
/** What each index has of an item. */
const PROJECTED: ReadonlySet<string> = new Set([
  ...attributesWhere(({ shown }) => shown === 'list'),
  ...[LISTED_MAP, 'timeKey', 'schemaVersion'],
]);

/** One per KB of an item, and per KB of what each index has of it. */
export function writeUnitsOf(item: Item): number {
  const projected = Object.fromEntries(Object.entries(item).filter(([name]) => PROJECTED.has(name)));
  const indexes = INDEX_KEYS.filter((name) => item[name] !== undefined).length;
  return unitsOf(item) + indexes * unitsOf(projected);
}

const unitsOf = (item: Item) => Math.ceil(itemSize(item) / 1024);
