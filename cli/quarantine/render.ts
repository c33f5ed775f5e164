import { s3Place } from '../../shared/errors.ts';
import { displayTime } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { ReplayReport } from '../../shared/replay-quarantined.ts';
import type { LogFileBooks } from '../../shared/store/ledger.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';

/** What is in quarantine, one line each. */
export function entryTable(entries: readonly QuarantineEntry[]): string {
  return textTable(
    ['ID', 'REASON', 'WHEN (UTC)', 'LOG FILE', 'RECORD', 'BYTES'],
    entries.map((entry) => [
      entry.id,
      entry.reason,
      displayTime(entry.quarantinedAt),
      s3Place(entry),
      entry.recordIndex ?? '-',
      entry.size ?? '-',
    ]),
  );
}

/** What a replay did, or would do, one line each. */
export function replayTable(reports: readonly ReplayReport[], dryRun: boolean): string {
  return textTable(
    ['ID', 'LOG FILE', 'RECORD', 'FROM', dryRun ? 'WOULD BE' : 'NOW'],
    reports.map((report) => [
      report.id,
      s3Place(report),
      report.recordIndex ?? '-',
      'from' in report ? report.from : '-',
      resultOf(report),
    ]),
  );
}

function resultOf(report: ReplayReport): string {
  if (report.outcome === 'replayed') return report.books ? booksText(report.books) : 'removed, replayed before';
  if (report.outcome === 'still-bad') return `still bad: ${report.reason}: ${report.detail}`;
  return `failed: ${report.reason}`;
}

function booksText({ eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileBooks): string {
  return `${eventsStored} stored, ${eventsKnown} known, ${recordsFiltered} skipped, ${recordsQuarantined} in quarantine`;
}
