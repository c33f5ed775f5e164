import { ObjectArchivedError } from '../../shared/aws/open-object.ts';
import { readObjectKey } from '../../shared/cloudtrail/object-key.ts';
import { isDone } from '../../shared/ingest/done-before.ts';
import { failureKind } from '../../shared/ingest/failure.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import type { LogSource } from '../../shared/ingest/log-source.ts';
import { classifyRecord } from '../../shared/ingest/store-records.ts';
import { readLogFile } from '../../shared/log-file/read-log-file.ts';
import { type Item, itemSize } from '../../shared/store/item.ts';
import { type Estimate, estimateCost, type Sample } from './estimate.ts';
import type { Tally } from './tally.ts';
import type { WantedFile } from './wanted-files.ts';

/** What a backfill would do. */
export interface DryRun {
  toRead: { files: number; bytes: number };
  estimate: Estimate;
}

const SAMPLE = 20;

/** Lists everything, and reads some of the files to estimate what the rest would cost; writes nothing. */
export async function dryRunBackfill(
  files: AsyncIterable<WantedFile>,
  deps: Pick<PipelineDeps, 'config' | 'now'>,
  { tally, sourceOf, by }: { tally: Tally; sourceOf(file: WantedFile): LogSource; by: { s3: boolean; queue: boolean } },
): Promise<DryRun> {
  const toRead = { files: 0, bytes: 0 };
  const chosen: WantedFile[] = [];
  for await (const file of files) {
    if (isDone(file.entry, file.etag, deps.config.eventSources)) {
      tally.known += 1;
      continue;
    }
    toRead.files += 1;
    toRead.bytes += file.size;
    // Each of the files found so far has the same chance to be among those chosen.
    const at = chosen.length < SAMPLE ? chosen.length : Math.floor(Math.random() * toRead.files);
    if (at < SAMPLE) chosen[at] = file;
  }
  const archived = (file: WantedFile, { tier }: ObjectArchivedError) => {
    toRead.files -= 1;
    toRead.bytes -= file.size;
    tally.archive(file, { tier, restoring: false });
  };
  const sample = await readSample(chosen, deps, sourceOf, archived);
  const work = { ...toRead, listingRequests: tally.listingRequests };
  return { toRead, estimate: estimateCost(work, sample, by) };
}

async function readSample(
  files: readonly WantedFile[],
  deps: Pick<PipelineDeps, 'config' | 'now'>,
  sourceOf: (file: WantedFile) => LogSource,
  archived: (file: WantedFile, error: ObjectArchivedError) => void,
): Promise<Sample> {
  const sample: Sample = { files: 0, bytes: 0, records: 0, events: 0, writeUnits: 0, unreadable: 0 };
  for (const file of files) {
    try {
      await addToSample(sample, file, deps, sourceOf(file));
    } catch (error) {
      if (error instanceof ObjectArchivedError) archived(file, error);
      // What is missing or bad will be set aside; a missing permission is better told now.
      else if (failureKind(error) === 'fatal') throw error;
      else sample.unreadable += 1;
    }
  }
  return sample;
}

async function addToSample(
  sample: Sample,
  file: WantedFile,
  deps: Pick<PipelineDeps, 'config' | 'now'>,
  source: LogSource,
): Promise<void> {
  const { bucket, key, etag } = file;
  const names = readObjectKey(key);
  const object = await source.open({});
  let [events, writeUnits] = [0, 0];
  const { recordsRead } = await readLogFile(object.body, {
    eventSources: deps.config.eventSources,
    onRecords({ kept }) {
      for (const record of kept) {
        const classified = classifyRecord(
          record,
          { bucket, key, etag, account: 'skipped' in names ? undefined : names.account },
          deps,
        );
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

const INDEX_KEYS = ['environment', 'day', 'principal', 'eventName', 'errorCode', 'accessKeyId'];

/** One for each KB of the item, and one for each index that it is in: they hold less than 1 KB of it. */
function writeUnitsOf(item: Item): number {
  return Math.ceil(itemSize(item) / 1024) + INDEX_KEYS.filter((name) => item[name] !== undefined).length;
}
