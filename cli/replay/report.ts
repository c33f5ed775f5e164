import { defined } from '../../shared/defined.ts';
import type { EnvironmentCount } from '../../shared/query/environments.ts';
import { counted } from '../../shared/render/display.ts';
import { narrowName } from '../../shared/render/narrow.ts';
import { textTable, WHOLE } from '../../shared/render/table.ts';
import type { View } from '../../shared/render/view.ts';
import { type LogFileCounts, NO_COUNTS } from '../../shared/store/ledger-entry.ts';
import { jsonText } from '../lib/output.ts';
import { addCounts, countsOf, type FileProblem, type FileResult, problemsOf } from '../log-files/file-result.ts';
import type { Done } from '../log-files/process-files.ts';
import { joinSections, problemSection } from '../log-files/report.ts';
import type { Tally } from '../log-files/tally.ts';

export interface ReplayReport {
  files: Done[];
  tally: Tally;
  /** Everything in the store, not only what these files brought. */
  environments: EnvironmentCount[];
}

/** The records read are those kept and those skipped; those kept are stored, known or failed. */
function named({ recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined }: LogFileCounts) {
  return {
    read: recordsRead,
    kept: recordsRead - recordsFiltered,
    stored: eventsStored,
    known: eventsKnown,
    skipped: recordsFiltered,
    failed: recordsQuarantined,
  };
}

const total = (files: readonly Done[]) =>
  named(files.map(({ result }) => countsOf(result)).reduce(addCounts, NO_COUNTS));

/** The outcome as reports name it, and why a file was skipped. */
function outcomeOf(result: FileResult): { outcome: string; reason?: string } {
  switch (result.outcome) {
    case 'skipped':
      return { outcome: 'skipped', reason: result.reason };
    case 'status-changes':
      return { outcome: 'status changes', reason: `${result.stored} stored, ${result.known} known` };
    case 'already-discarded':
      return { outcome: 'skipped', reason: 'discarded' };
    case 'already-ingested':
      return { outcome: 'unchanged' };
    case 'already-quarantined':
      return { outcome: 'quarantined' };
    default:
      return { outcome: result.outcome };
  }
}

export function renderJson({ files, tally, environments }: ReplayReport): string {
  const unreadable = tally.problems.filter(({ outcome }) => outcome === 'unreadable');
  return jsonText({
    files: files.map(({ file, result }) => {
      const failure =
        problemsOf(file, result)
          .map(({ detail }) => detail)
          .join('; ') || undefined;
      return defined({ path: file.path, ...outcomeOf(result), ...named(countsOf(result)), failure });
    }),
    unreadable: unreadable.map(({ logFile, detail }) => ({ path: logFile, problem: detail })),
    total: total(files),
    environments,
  });
}

/**
 * The report for people: the files, the problems, and what the store holds now.
 * @param next the commands that query the store, and that show it in a browser
 */
export function renderTables(
  { files, tally, environments }: ReplayReport,
  next: { ask: string; see: string },
  view: View,
): string {
  return joinSections(
    fileTable(files, view),
    problemSection(tally.problems),
    summary(files, tally.problems),
    environmentTable(environments, view),
    environments.length === 0 ? '' : `Ask the store: ${next.ask}\nSee the events in a browser: ${next.see}`,
  );
}

function fileTable(files: readonly Done[], view: View): string {
  if (files.length === 0) return '';
  const rows = files.map(({ file, result }) => {
    const { outcome, reason } = outcomeOf(result);
    const remark = reason === undefined ? outcome : `${outcome}: ${reason}`;
    return [file.path ?? '', ...Object.values(named(countsOf(result))), remark === 'ingested' ? '' : remark];
  });
  const headings = Object.keys(named(NO_COUNTS)).map((name) => name.toUpperCase());
  const [path, remark] = [
    { heading: 'FILE', widths: [16, WHOLE], narrow: narrowName },
    { heading: '', widths: [11, WHOLE] },
  ];
  return textTable([path, ...headings, remark], rows, view);
}

function summary(files: readonly Done[], problems: readonly FileProblem[]): string {
  const { read, kept, stored, known, skipped, failed } = total(files);
  const bad = new Set(problems.map(({ logFile }) => logFile)).size;
  const text = `${counted(files.length, 'file')}: ${counted(read, 'record')} read, ${kept} kept (${stored} stored, ${known} known, ${failed} failed), ${skipped} skipped`;
  return bad === 0 ? text : `${text}; ${counted(bad, 'file')} bad`;
}

function environmentTable(environments: readonly EnvironmentCount[], view: View): string {
  if (environments.length === 0)
    return 'The store holds no events: replay log files, or folders that hold some (.json, .json.gz).';
  return textTable(
    [{ heading: 'ENVIRONMENT', widths: [16] }, 'ACCOUNT', 'REGION', 'EVENTS', 'ERRORS'],
    environments.map(({ environment = '(none)', accountId = '-', region = '-', events, errors }) => [
      ...[environment, accountId, region, events, errors],
    ]),
    view,
  );
}
