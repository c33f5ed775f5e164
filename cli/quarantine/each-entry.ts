import type { DiscardReport } from '../../shared/ingest/discard-quarantined.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import type { ReplayReport } from '../../shared/ingest/replay-quarantined.ts';
import type { View } from '../../shared/render/view.ts';
import { listQuarantine, type QuarantineEntry } from '../../shared/store/quarantine.ts';
import { type Context, EXIT } from '../lib/command.ts';
import { jsonText, viewOf, warn, write } from '../lib/output.ts';
import { withProgress } from '../log-files/progress.ts';
import { Tally } from '../log-files/tally.ts';
import { type QuarantineOptions, withPipeline } from './open-quarantine.ts';
import { whyNothing } from './render.ts';

type EntryReport = ReplayReport | DiscardReport;

/** What to do with entries of the quarantine. */
export interface EntryWork<R extends EntryReport> {
  doing: string;
  /** The entries to work on; if empty, all for which `isWanted` is true. */
  ids: readonly string[];
  isWanted(entry: QuarantineEntry): boolean;
  work(entry: QuarantineEntry, deps: PipelineDeps): Promise<R>;
  /** Whether nothing of the entry is left in quarantine. */
  isDone(report: R): boolean;
  toTable(reports: readonly R[], dryRun: boolean, view: View): string;
}

/**
 * Works on entries one after the other, because several can belong to one log file, and prints the results.
 * @returns the exit code
 */
export async function eachEntry<R extends EntryReport>(
  { doing, ids, isWanted, work, isDone, toTable }: EntryWork<R>,
  { dryRun = false, format, ...options }: QuarantineOptions & { dryRun?: boolean; format: 'table' | 'json' },
  { env, out, err }: Pick<Context, 'env' | 'out' | 'err'>,
): Promise<number> {
  return withPipeline(options, env, dryRun ? 'read' : 'add', async (deps, bucket) => {
    const { entries } = await listQuarantine(deps.s3, bucket, ids.length > 0 ? new Set(ids) : undefined);
    const missing = ids.filter((id) => !entries.some((entry) => entry.id === id));
    for (const id of missing) warnOfMissing(id, { err });
    const wanted = entries.filter(isWanted);
    const tally = new Tally();
    for (const { size = 0 } of wanted) tally.list(size);
    tally.listingDone = true;
    const reports: R[] = [];
    await withProgress(doing, tally, err, async () => {
      for (const entry of wanted) {
        const report = await work(entry, deps);
        reports.push(report);
        tally.advance({ ...entry, size: entry.size ?? 0 }, 'books' in report ? report.books?.eventsStored : 0);
      }
    });
    if (format === 'json') await write(out, jsonText(reports));
    else if (reports.length > 0) await write(out, `${toTable(reports, dryRun, viewOf(out, env, {}, Date.now()))}\n`);
    else if (ids.length === 0) err.write(`${whyNothing(entries)}\n`);
    return missing.length > 0 || !reports.every(isDone) ? EXIT.failed : EXIT.done;
  });
}

export function warnOfMissing(id: string, context: Pick<Context, 'err'>): void {
  warn(context, `there is nothing in quarantine with the ID ${id}; it may have been replayed or discarded`);
}
