import { timeOf } from '../audit-event/event-time.ts';
import { TrailError } from '../errors.ts';
import type { TimeBudget } from '../ingest/time-budget.ts';
import { type QueryDeps, readAll } from '../query/ask.ts';
import type { Period } from '../query/criteria-table.ts';
import { listStoredDays, type StoredDay } from '../store/environments-table.ts';
import { type DayChoice, daysIn, settledChange } from './days.ts';
import { exportDay, type FileOutcome } from './export-day.ts';
import { type ExportedFile, type ExportKind, type PlacedManifest, readManifest, writeManifest } from './manifest.ts';
import { folderOf } from './partition.ts';
import type { ExportPlace } from './place.ts';

/** Where and how to export. */
export interface ExportRequest extends ExportKind {
  place: ExportPlace;
  choose: DayChoice;
}

/** How far an export is. */
export interface ExportProgress {
  days: number;
  daysDone: number;
  events: number;
  /** The day that is exported, or was last. */
  day: string | undefined;
  /** The day that was exported last, and has files: one without any is due in each run. */
  lastDone: string | undefined;
  files: Record<FileOutcome, number>;
}

/** The progress of an export that has not begun. */
export const notBegun = (): ExportProgress => ({
  ...{ days: 0, daysDone: 0, events: 0, day: undefined, lastDone: undefined },
  files: { written: 0, unchanged: 0, removed: 0, kept: 0 },
});

/** When several exports write to one place at once, one of them finishes in each round. */
const MAX_ROUNDS = 5;

/**
 * Exports days, and then writes the manifest, which also keeps the files of other days. If a day fails, the manifest has those
 * before it. If another export writes the manifest meanwhile, the days are exported again, so that it says what their files are.
 * @returns false if the time was spent before all days were exported
 * @throws {TrailError} `export-conflict` if others keep writing it
 */
export async function exportDays(
  { place, choose, ...kind }: ExportRequest,
  deps: QueryDeps,
  watch: ExportWatch,
): Promise<boolean> {
  const begunAt = deps.now();
  const stored = await listStoredDays(deps.dynamo, deps.tables.environmentsTable);
  let days: StoredDay[] | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const manifest = await readManifest(place, kind);
    days ??= choose(stored, manifest.files);
    const run = { place, kind, manifest, days, begunAt };
    const isDone = await exportEach(run, deps, watch);
    if (await writeManifest(place, kind, manifest)) return isDone;
  }
  throw new TrailError('export-conflict', `${place.uri}: expected no other export that writes to it`);
}

interface Round {
  place: ExportPlace;
  kind: ExportKind;
  /** Is brought up to date. */
  manifest: PlacedManifest;
  days: readonly StoredDay[];
  /** Milliseconds since 1970. */
  begunAt: number;
}

/** Returns false if the time was spent before. */
async function exportEach(
  { place, kind, manifest, days, begunAt }: Round,
  deps: QueryDeps,
  { progress, onFile, time }: ExportWatch,
): Promise<boolean> {
  const { files } = manifest;
  const filesBefore = Map.groupBy(files.values(), ({ day }) => day);
  progress.days = days.length;
  progress.daysDone = 0;
  progress.lastDone = undefined;
  const expectTime = () => {
    if (time.isSpent()) throw new TimeSpent();
  };
  const onEvent = () => {
    expectTime();
    progress.events += 1;
  };
  try {
    for (const stored of days) {
      const { day } = stored;
      progress.day = day;
      expectTime();
      const before = new Map(filesBefore.get(day)?.map((file) => [file.name, file]));
      const changedOn = settledChange(stored, begunAt);
      for (const { file, outcome } of await exportDay(day, { place, before, onEvent, ...kind }, deps)) {
        if (outcome === 'removed') {
          files.delete(file.name);
        } else {
          files.set(file.name, { ...file, changedOn });
          progress.lastDone = day;
        }
        progress.files[outcome] += 1;
        await onFile(file, outcome);
      }
      progress.daysDone += 1;
    }
    return true;
  } catch (error) {
    if (error instanceof TimeSpent) return false;
    // The days before are exported. What failed may fail here, too; the first error tells why.
    if (progress.daysDone > 0) await writeManifest(place, kind, manifest).catch(() => {});
    throw error;
  }
}

class TimeSpent extends Error {}

interface ExportWatch {
  progress: ExportProgress;
  onFile(file: ExportedFile, outcome: FileOutcome): Promise<void>;
  /** Once it is spent, the export ends; what was begun of a day is discarded. */
  time: TimeBudget;
}

/** Counts the events of each folder that an export would write, from the index alone. Yields the folders day by day. */
export async function* dryRunExport(period: Period, deps: QueryDeps): AsyncGenerator<{ folder: string; rows: number }> {
  const stored = await listStoredDays(deps.dynamo, deps.tables.environmentsTable);
  for (const { day } of daysIn(period)(stored)) {
    const counts = new Map<string, number>();
    const criteria = { since: `${day}T00:00:00.000Z`, until: `${day}~` };
    for await (const event of readAll({ criteria, order: 'oldest-first' }, deps)) {
      if (timeOf(event.timeKey).slice(0, 10) !== day) continue;
      const folder = folderOf({ ...event, day });
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    for (const [folder, rows] of counts) yield { folder, rows };
  }
}
