import { placeOf } from '../../shared/errors.ts';
import type { DiscardReport } from '../../shared/ingest/discard-quarantined.ts';
import type { ReplayReport } from '../../shared/ingest/replay-quarantined.ts';
import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { TimeDisplay } from '../../shared/render/times.ts';
import type { LogFileCounts } from '../../shared/store/ledger-entry.ts';
import type { DiscardedEntry } from '../../shared/store/ledger-quarantine.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';

/** Reasons are a program's words: those that there are help whoever mistyped one. */
export function whyNothing(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const reasons = [...new Set(entries.map(({ reason }) => reason))].sort();
  return `Nothing in quarantine matches; the reasons in it are ${displayText(reasons.join(', '))}.`;
}

/** What is in quarantine, one line each. */
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

/** Digits of a hash that tell entries apart; `show` has all. */
const SHOWN_HASH = 16;

/** What a replay did, or would do, one line each. */
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

/** What was discarded, or would be, one line each. */
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

/** What was discarded in the past, one line each. */
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
