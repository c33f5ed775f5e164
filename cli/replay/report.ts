import { defined } from '../../shared/defined.ts';
import type { EnvironmentCount } from '../../shared/query/count-by-environment.ts';
import { textTable } from '../../shared/render/table.ts';
import { countsOf, type FileProblem, problemsOf } from '../log-files/file-result.ts';
import type { Done } from '../log-files/process-files.ts';
import { joinSections, problemSection, toJson } from '../log-files/report.ts';
import type { Tally } from '../log-files/tally.ts';

export interface ReplayReport {
  files: Done[];
  tally: Tally;
  /** Everything in the store, not only what these files brought. */
  environments: EnvironmentCount[];
}

const COUNTS = ['read', 'kept', 'stored', 'known', 'skipped', 'failed'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;

/** The records read are those kept and those skipped; those kept are stored, known or failed. */
function countsOfFile({ result }: Done): Counts {
  const { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined } = countsOf(result);
  return {
    read: recordsRead,
    kept: recordsRead - recordsFiltered,
    stored: eventsStored,
    known: eventsKnown,
    skipped: recordsFiltered,
    failed: recordsQuarantined,
  };
}

function total(files: readonly Done[]): Counts {
  const sum = { read: 0, kept: 0, stored: 0, known: 0, skipped: 0, failed: 0 };
  for (const counts of files.map(countsOfFile)) for (const name of COUNTS) sum[name] += counts[name];
  return sum;
}

/** @returns what became of a file, by our name, and why it was skipped */
function outcomeOf({ result }: Done): { outcome: string; reason?: string } {
  switch (result.outcome) {
    case 'skipped':
      return { outcome: 'skipped', reason: result.reason };
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
  return toJson({
    files: files.map((done) => {
      const { file, result } = done;
      const failure =
        problemsOf(file, result)
          .map(({ detail }) => detail)
          .join('; ') || undefined;
      return defined({ path: file.path, ...countsOfFile(done), ...outcomeOf(done), failure });
    }),
    unreadable: unreadable.map(({ logFile, detail }) => ({ path: logFile, problem: detail })),
    total: total(files),
    environments,
  });
}

/**
 * The report for people: file by file, what was bad, and what the store holds now.
 * @param ask the command that asks the store
 */
export function renderTables({ files, tally, environments }: ReplayReport, ask: string): string {
  return joinSections(
    fileTable(files),
    problemSection(tally.problems),
    summary(files, tally.problems),
    environmentTable(environments),
    `Ask the store: ${ask}`,
  );
}

function fileTable(files: readonly Done[]): string {
  if (files.length === 0) return '';
  const rows = files.map((done) => {
    const counts = countsOfFile(done);
    const { outcome, reason } = outcomeOf(done);
    const remark = reason === undefined ? outcome : `${outcome}: ${reason}`;
    return [done.file.path ?? '', ...COUNTS.map((name) => counts[name]), remark === 'ingested' ? '' : remark];
  });
  return textTable(['FILE', ...COUNTS.map((name) => name.toUpperCase()), ''], rows);
}

function summary(files: readonly Done[], problems: readonly FileProblem[]): string {
  const { read, kept, stored, known, skipped, failed } = total(files);
  const bad = new Set(problems.map(({ logFile }) => logFile)).size;
  const text = `${count(files.length, 'file')}: ${count(read, 'record')} read, ${kept} kept (${stored} stored, ${known} known, ${failed} failed), ${skipped} skipped`;
  return bad === 0 ? text : `${text}; ${count(bad, 'file')} bad`;
}

function environmentTable(environments: readonly EnvironmentCount[]): string {
  if (environments.length === 0) return 'The store holds no events.';
  return textTable(
    ['ENVIRONMENT', 'ACCOUNT', 'REGION', 'EVENTS', 'ERRORS'],
    environments.map(({ environment = '(none)', accountId = '-', region = '-', events, errors }) => [
      ...[environment, accountId, region, events, errors],
    ]),
  );
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
