import { createHash } from 'node:crypto';
import { defined } from '../defined.ts';
import type { QueryDeps } from '../query/ask.ts';
import { eventsOfDay } from './events-of-day.ts';
import type { RowEncoder } from './fields.ts';
import type { ExportedFile, ExportKind } from './manifest.ts';
import type { ExportedEvent } from './native.ts';
import { folderOf, type Partition, partitionOf } from './partition.ts';
import type { ExportPlace, FileDraft } from './place.ts';
import { ENCODERS, SCHEMAS } from './schemas.ts';

/**
 * What became of a file. `unchanged`: the store has the same rows; `removed`: the store has no more rows for it; `kept`:
 * events of it may have expired in the store, so the export is what is left of them.
 */
export type FileOutcome = 'written' | 'unchanged' | 'removed' | 'kept';

/** Where and how to export a day. */
interface DayExport extends ExportKind {
  place: ExportPlace;
  /** The files of this day that the place has, by name. */
  before: ReadonlyMap<string, ExportedFile>;
  /** Called for each event; may throw to end the export. Then nothing of the day has changed. */
  onEvent(): void;
}

/** Together, row groups that are not written yet hold this many characters; one has at most half of that. */
const MAX_HELD = 16_000_000;
const MAX_ROWS = 100_000;

/**
 * Exports the events of a day: a file for each account and Region. All files are written before the first one replaces what was
 * there. The same events give the same files, byte for byte.
 * @returns the files that the day now has, and those that are gone
 */
export async function exportDay(
  day: string,
  { place, before, onEvent, format, schema }: DayExport,
  deps: QueryDeps,
): Promise<{ file: ExportedFile; outcome: FileOutcome }[]> {
  const { rowOf } = SCHEMAS[schema];
  const drafts = new Map<string, PartitionFile>();
  try {
    for await (const event of eventsOfDay(day, deps)) {
      onEvent();
      const name = `${folderOf(event)}/events.${format}`;
      let draft = drafts.get(name);
      if (draft === undefined) {
        draft = new PartitionFile(
          name,
          partitionOf(event),
          ENCODERS[format](SCHEMAS[schema]),
          await place.create(name),
        );
        drafts.set(name, draft);
      }
      draft.add(event, rowOf(event));
      await writeSome(drafts, draft);
    }
    const finished: FinishedFile[] = [];
    for (const one of drafts.values()) finished.push({ file: await one.finish(), draft: one.draft });
    return await replaceFiles(finished, before, place, deps.now());
  } catch (error) {
    // What failed may fail again; the first error tells why.
    for (const { draft } of drafts.values()) await draft.discard().catch(() => {});
    throw error;
  }
}

/** Writes a row group that is full, and the largest ones while all together hold too much. */
async function writeSome(drafts: ReadonlyMap<string, PartitionFile>, latest: PartitionFile): Promise<void> {
  if (latest.encoder.held > MAX_HELD / 2 || latest.unwritten >= MAX_ROWS) await latest.flush();
  const all = [...drafts.values()];
  if (all.reduce((sum, { encoder }) => sum + encoder.held, 0) <= MAX_HELD) return;
  await all.reduce((a, b) => (b.encoder.held > a.encoder.held ? b : a)).flush();
}

interface FinishedFile {
  file: ExportedFile;
  draft: FileDraft;
}

async function replaceFiles(
  finished: readonly FinishedFile[],
  before: ReadonlyMap<string, ExportedFile>,
  place: ExportPlace,
  now: number,
) {
  const outcomes: { file: ExportedFile; outcome: FileOutcome }[] = [];
  const mayHaveExpired = (file?: ExportedFile) => file?.firstExpiry !== undefined && file.firstExpiry <= now / 1000;
  for (const { file, draft } of finished) {
    const old = before.get(file.name);
    const isSame = old?.sha256 === file.sha256 && (await place.sizeOf(file.name)) === file.bytes;
    if (old !== undefined && (isSame || mayHaveExpired(old))) {
      await draft.discard();
      outcomes.push({ file: old, outcome: isSame ? 'unchanged' : 'kept' });
    } else {
      await draft.commit();
      outcomes.push({ file, outcome: 'written' });
    }
  }
  const names = new Set(finished.map(({ file }) => file.name));
  for (const [name, file] of before) {
    if (names.has(name)) continue;
    const outcome = mayHaveExpired(file) ? 'kept' : 'removed';
    if (outcome === 'removed') await place.remove(name);
    outcomes.push({ file, outcome });
  }
  return outcomes;
}

/** A file of a partition while it is written. */
class PartitionFile {
  readonly name: string;
  readonly encoder: RowEncoder;
  readonly draft: FileDraft;
  private readonly partition: Partition;
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private flushedRows = 0;
  private firstExpiry: number | undefined;

  constructor(name: string, partition: Partition, encoder: RowEncoder, draft: FileDraft) {
    this.name = name;
    this.partition = partition;
    this.encoder = encoder;
    this.draft = draft;
  }

  get unwritten(): number {
    return this.encoder.rows - this.flushedRows;
  }

  add({ expiresAt }: ExportedEvent, row: Parameters<RowEncoder['add']>[0]): void {
    this.encoder.add(row);
    if (expiresAt !== undefined) this.firstExpiry = Math.min(this.firstExpiry ?? expiresAt, expiresAt);
  }

  async flush(): Promise<void> {
    await this.write(this.encoder.flush());
    this.flushedRows = this.encoder.rows;
  }

  async finish(): Promise<ExportedFile> {
    await this.write(this.encoder.finish());
    const { name, partition, bytes, firstExpiry } = this;
    const { rows } = this.encoder;
    return { name, ...partition, rows, bytes, sha256: this.hash.digest('hex'), ...defined({ firstExpiry }) };
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.hash.update(bytes);
    this.bytes += bytes.length;
    await this.draft.write(bytes);
  }
}
