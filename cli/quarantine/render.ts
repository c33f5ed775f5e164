import { placeOf } from '../../shared/errors.ts';
import type { DiscardReport } from '../../shared/ingest/discard-quarantined.ts';
import type { ReplayReport } from '../../shared/ingest/replay-quarantined.ts';
import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { TimeDisplay } from '../../shared/render/times.ts';
import type { LogFileCounts } from '../../shared/store/ledger-entry.ts';
import type { DiscardedEntry } from '../../shared/store/ledger-quarantine.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';

/** Names the reasons that occur, in case one was mistyped. */
export function whyNothing(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const reasons = [...new Set(entries.map(({ reason }) => reason))].sort();
  return `Nothing in quarantine matches; the reasons in it are ${displayText(reasons.join(', '))}.`;
}

/** The entries, one line each. */
export function entryTable(entries: readonly QuarantineEntry[], times: TimeDisplay): string {
  return textTable(
    ['ID', 'REASON', times.heading('WHEN'), 'RECORD', 'BYTES', 'SHA-256', 'ETAG', 'LOG FILE'],
    entries.map((entry) => [
      entry.id,
      entry.reason,
      times.show(entry.quarantinedAt),
      entry.recordIndex ?? '-',
      entry.size ?? '-',
      entry.sha256?.slice(0, SHOWN_HASH) ?? '-',
      entry.etag || '-',
      placeOf(entry),
    ]),
  );
}

/** Enough digits of a hash to tell entries apart; `show` prints all. */
const SHOWN_HASH = 16;

/** The results of a replay or its dry run, one line each. */
export function replayTable(reports: readonly ReplayReport[], dryRun: boolean): string {
  return textTable(
    ['ID', 'RECORD', 'FROM', dryRun ? 'WOULD BE' : 'NOW', 'LOG FILE'],
    reports.map((report) => [
      report.id,
      report.recordIndex ?? '-',
      'from' in report ? report.from : '-',
      resultOf(report),
      placeOf(report),
    ]),
  );
}

/** The results of a discard or its dry run, one line each. */
export function discardTable(reports: readonly DiscardReport[], dryRun: boolean): string {
  return textTable(
    ['ID', 'RECORD', dryRun ? 'WOULD BE' : 'NOW', 'LOG FILE'],
    reports.map((report) => [report.id, report.recordIndex ?? '-', discardText(report), placeOf(report)]),
  );
}

function discardText(report: DiscardReport): string {
  if (report.outcome === 'discarded') return 'discarded';
  if (report.outcome === 'failed') return `failed: ${report.reason}`;
  return `kept without --force: ${report.reason}`;
}

/** The discarded entries, one line each. */
export function discardedTable(discards: readonly DiscardedEntry[], times: TimeDisplay): string {
  return textTable(
    ['ID', 'REASON', times.heading('DISCARDED'), 'BY', 'WHY', 'RECORD', 'LOG FILE'],
    discards.map((discard) => [
      ...[discard.id, discard.reason, times.show(discard.discardedAt), discard.discardedBy, discard.why],
      ...[discard.recordIndex ?? '-', placeOf(discard)],
    ]),
  );
}

function resultOf(report: ReplayReport): string {
  if (report.outcome === 'replayed') return report.books ? booksText(report.books) : 'removed, replayed before';
  if (report.outcome === 'still-bad') return `still bad: ${report.reason}`;
  return `failed: ${report.reason}`;
}

function booksText({ eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileCounts): string {
  return `${eventsStored} stored, ${eventsKnown} known, ${recordsFiltered} skipped, ${recordsQuarantined} in quarantine`;
}
