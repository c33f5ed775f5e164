import { timeOf } from '../audit-event/event-time.ts';
import { type QueryDeps, readAll } from '../query/ask.ts';
import { listDays } from '../store/environments-table.ts';
import { exportDay, type FileOutcome } from './export-day.ts';
import { type ExportedFile, type ExportKind, readManifest, writeManifest } from './manifest.ts';
import { folderOf, partitionOf } from './partition.ts';
import type { ExportPlace } from './place.ts';

/** Whole event days: those that have a part in the range. ISO 8601 in UTC with milliseconds. */
export interface ExportPeriod {
  since?: string;
  until?: string;
}

/** Where and how to export. */
export interface ExportRequest extends ExportKind, ExportPeriod {
  place: ExportPlace;
}

/** How far an export is. */
export interface ExportProgress {
  days: number;
  daysDone: number;
  events: number;
  /** The day that is exported, or was last. */
  day: string | undefined;
}

/** Returns the days of the store that have a part in a period, oldest first. An invalid time is before all others. */
export async function daysOf({ since, until }: ExportPeriod, { dynamo, tables }: QueryDeps): Promise<string[]> {
  const days = await listDays(dynamo, tables.environmentsTable);
  return days.filter(
    (day) =>
      (since === undefined || day >= since.slice(0, 10)) && (until === undefined || `${day}T00:00:00.000Z` < until),
  );
}

/**
 * Exports days, and then writes the manifest, which also keeps the files of other days. If a day fails, the manifest has those
 * before it.
 * @param progress is kept up to date
 * @param onFile called for each file of a day once the day is exported
 */
export async function exportDays(
  { place, format, schema, ...period }: ExportRequest,
  deps: QueryDeps,
  { progress, onFile, signal }: ExportWatch,
): Promise<void> {
  const kind = { format, schema };
  const days = await daysOf(period, deps);
  progress.days = days.length;
  const files = await readManifest(place, kind);
  const filesBefore = Map.groupBy(files.values(), ({ day }) => day);
  const onEvent = () => {
    signal.throwIfAborted();
    progress.events += 1;
  };
  const write = () => writeManifest(place, kind, files);
  try {
    for (const day of days) {
      progress.day = day;
      const before = new Map(filesBefore.get(day)?.map((file) => [file.name, file]));
      for (const { file, outcome } of await exportDay(day, { place, before, onEvent, ...kind }, deps)) {
        if (outcome === 'removed') files.delete(file.name);
        else files.set(file.name, file);
        await onFile(file, outcome);
      }
      progress.daysDone += 1;
    }
  } catch (error) {
    // The days before are exported. What failed may fail here, too; the first error tells why.
    if (progress.daysDone > 0) await write().catch(() => {});
    throw error;
  }
  await write();
}

export interface ExportWatch {
  progress: ExportProgress;
  onFile(file: ExportedFile, outcome: FileOutcome): Promise<void>;
  /** Once it is aborted, the export ends by throwing. */
  signal: AbortSignal;
}

/** Counts the events of each folder that an export would write, from the index alone. Yields the folders day by day. */
export async function* dryRunExport(
  period: ExportPeriod,
  deps: QueryDeps,
): AsyncGenerator<{ folder: string; rows: number }> {
  for (const day of await daysOf(period, deps)) {
    const counts = new Map<string, number>();
    const criteria = { since: `${day}T00:00:00.000Z`, until: `${day}~` };
    for await (const event of readAll({ criteria, order: 'oldest-first' }, deps)) {
      if (timeOf(event.timeKey).slice(0, 10) !== day) continue;
      const folder = folderOf({ ...partitionOf({ ...event, day }) });
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    for (const [folder, rows] of counts) yield { folder, rows };
  }
}
