import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { TrailError } from '../shared/errors.ts';
import { dueDays, isRecent } from '../shared/export/days.ts';
import type { FileOutcome } from '../shared/export/export-day.ts';
import { exportDays, notBegun } from '../shared/export/export-days.ts';
import type { ExportKind } from '../shared/export/manifest.ts';
import type { ExportPlace } from '../shared/export/place.ts';
import type { QueryDeps } from '../shared/query/ask.ts';
import { remainingIn, safeError } from './invocation.ts';

/** What a run did: days, events and files. */
export interface ExportReport {
  days: number;
  /** Left for the next run, because time ran out. */
  daysLeft: number;
  events: number;
  files: Record<FileOutcome, number>;
}

/** Receives what happens: the function's log and metrics. */
export interface ExportObserver {
  /** A run has ended; it may fail because of what it left. */
  end(report: ExportReport): void;
}

interface ExportFunctionDeps extends ExportKind, QueryDeps {
  place: ExportPlace;
}

/** With less time left, no event is begun: finishing the files of a day and the manifest takes seconds. */
const LAST_START_MS = 60_000;

/** The export function. A schedule calls it, and its event is ignored. */
export function createExportHandler({ place, format, schema, ...deps }: ExportFunctionDeps, observer: ExportObserver) {
  const run = async (_event: unknown, context: Partial<Context>): Promise<ExportReport> => {
    const remaining = remainingIn(context);
    const progress = notBegun();
    const begunAt = deps.now();
    const isDone = await exportDays({ place, format, schema, choose: dueDays(begunAt) }, deps, {
      progress,
      time: { isSpent: () => remaining() < LAST_START_MS },
      onFile: async () => {},
    });
    const { days, daysDone, lastDone, events, day, files } = progress;
    const report = { days: daysDone, daysLeft: days - daysDone, events, files };
    observer.end(report);
    // The next run exports the newest days again, and would not finish this one either.
    if (!isDone && (lastDone === undefined || isRecent(lastDone, begunAt)))
      throw new TrailError('out-of-time', `${day}: expected to export the day in one run; see docs/export.md`);
    return report;
  };
  return middy<unknown, ExportReport, Error, Context>()
    .onError(({ error }) => {
      throw safeError(error, 'export-failed');
    })
    .handler(run);
}
