import { s3Place } from '../../shared/errors.ts';
import { textTable } from '../../shared/render/table.ts';
import { utcTime } from '../../shared/render/times.ts';
import type { ReplayReport } from '../../shared/replay-quarantined.ts';
import type { LogFileBooks } from '../../shared/store/ledger-entry.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';

/** What is in quarantine, one line each. */
export function entryTable(entries: readonly QuarantineEntry[]): string {
  return textTable(
    ['ID', 'REASON', 'WHEN (UTC)', 'RECORD', 'BYTES', 'SHA-256', 'ETAG', 'LOG FILE'],
    entries.map((entry) => [
      entry.id,
      entry.reason,
      utcTime(entry.quarantinedAt),
      entry.recordIndex ?? '-',
      entry.size ?? '-',
      entry.sha256?.slice(0, SHOWN_HASH) ?? '-',
      entry.etag || '-',
      s3Place(entry),
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
      s3Place(report),
    ]),
  );
}

function resultOf(report: ReplayReport): string {
  if (report.outcome === 'replayed') return report.books ? booksText(report.books) : 'removed, replayed before';
  if (report.outcome === 'still-bad') return `still bad: ${report.reason}`;
  return `failed: ${report.reason}`;
}

function booksText({ eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileBooks): string {
  return `${eventsStored} stored, ${eventsKnown} known, ${recordsFiltered} skipped, ${recordsQuarantined} in quarantine`;
}
