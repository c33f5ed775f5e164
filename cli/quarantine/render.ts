import { placeOf } from '../../shared/errors.ts';
import type { DiscardReport } from '../../shared/ingest/discard-quarantined.ts';
import type { ReplayReport } from '../../shared/ingest/replay-quarantined.ts';
import { displayText } from '../../shared/render/display.ts';
import { type LineColumn, lineTable } from '../../shared/render/line-table.ts';
import { narrowName } from '../../shared/render/narrow.ts';
import { WHOLE, wrapToWidth } from '../../shared/render/table.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import type { LogFileCounts } from '../../shared/store/ledger-entry.ts';
import type { DiscardedEntry } from '../../shared/store/ledger-quarantine.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';

/** Names the reasons that occur, in case one was mistyped. */
export function whyNothing(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const reasons = [...new Set(entries.map(({ reason }) => reason))].sort();
  return `Nothing in quarantine matches; the reasons in it are ${displayText(reasons.join(', '))}.`;
}

type Quarantined = Parameters<typeof placeOf>[0] & { id: string; recordIndex?: number | undefined };

/** An entry and its log file, the place below where a terminal has no room for it: nothing of it may be missing. */
const ID: LineColumn<Quarantined> = { heading: 'ID', cellOf: ({ id }) => id };
const RECORD: LineColumn<Quarantined> = { heading: 'RECORD', cellOf: ({ recordIndex = '-' }) => recordIndex };
const LOG_FILE: LineColumn<Quarantined> = {
  heading: 'LOG FILE',
  widths: [0, 0, 0, 0, WHOLE],
  below: true,
  cellOf: placeOf,
};

/** The entries, one line each. */
export function entryTable(entries: readonly QuarantineEntry[], view: View): string {
  const times = timeDisplay(view.times);
  const columns: LineColumn<QuarantineEntry>[] = [
    ID,
    { heading: 'REASON', cellOf: ({ reason }) => reason },
    { heading: times.heading('WHEN'), cellOf: ({ quarantinedAt }) => times.show(quarantinedAt) },
    RECORD,
    { heading: 'BYTES', widths: [0, WHOLE], cellOf: ({ size = '-' }) => size },
    { heading: 'SHA-256', widths: [0, 0, WHOLE], cellOf: ({ sha256 = '-' }) => sha256.slice(0, SHOWN_HASH) },
    { heading: 'ETAG', widths: [0, 0, 0, WHOLE], cellOf: ({ etag }) => etag || '-' },
    LOG_FILE,
  ];
  return lineTable(columns, entries, view);
}

/** Enough digits of a hash to tell entries apart; `show` prints all. */
const SHOWN_HASH = 16;

/** The results of a replay or its dry run, one line each. */
export function replayTable(reports: readonly ReplayReport[], dryRun: boolean, view: View): string {
  const columns: LineColumn<ReplayReport>[] = [
    ID,
    RECORD,
    { heading: 'FROM', widths: [0, WHOLE], cellOf: (report) => ('from' in report ? report.from : '-') },
    { heading: dryRun ? 'WOULD BE' : 'NOW', cellOf: resultOf },
    LOG_FILE,
  ];
  return lineTable(columns, reports, view);
}

/** The results of a discard or its dry run, one line each. */
export function discardTable(reports: readonly DiscardReport[], dryRun: boolean, view: View): string {
  const columns = [ID, RECORD, { heading: dryRun ? 'WOULD BE' : 'NOW', cellOf: discardText }, LOG_FILE];
  return lineTable<DiscardReport>(columns, reports, view);
}

function discardText(report: DiscardReport): string {
  if (report.outcome === 'discarded') return 'discarded';
  if (report.outcome === 'failed') return `failed: ${report.reason}`;
  return `kept without --force: ${report.reason}`;
}

/** The discarded entries, one line each. */
export function discardedTable(discards: readonly DiscardedEntry[], view: View): string {
  const times = timeDisplay(view.times);
  const columns: LineColumn<DiscardedEntry>[] = [
    ID,
    { heading: 'REASON', widths: [0, 0, WHOLE], cellOf: ({ reason }) => reason },
    { heading: times.heading('DISCARDED'), cellOf: ({ discardedAt }) => times.show(discardedAt) },
    { heading: 'BY', widths: [14, WHOLE], narrow: narrowName, cellOf: ({ discardedBy }) => discardedBy },
    { heading: 'WHY', widths: [16, WHOLE], narrow: wrapToWidth, cellOf: ({ why }) => why },
    { ...RECORD, widths: [0, 0, 0, WHOLE] },
    LOG_FILE,
  ];
  return lineTable(columns, discards, view);
}

function resultOf(report: ReplayReport): string {
  if (report.outcome === 'replayed') return report.books ? booksText(report.books) : 'removed, replayed before';
  if (report.outcome === 'still-bad') return `still bad: ${report.reason}`;
  return `failed: ${report.reason}`;
}

function booksText({ eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileCounts): string {
  return `${eventsStored} stored, ${eventsKnown} known, ${recordsFiltered} skipped, ${recordsQuarantined} in quarantine`;
}
