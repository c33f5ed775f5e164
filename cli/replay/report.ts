import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { FileReport } from './file-report.ts';
import type { UnreadableFile } from './local-log-files.ts';
import type { ReplayResult } from './replay-files.ts';

export interface ReplayReport extends ReplayResult {
  unreadable: UnreadableFile[];
}

export function renderJson({ files, environments, unreadable }: ReplayReport): string {
  return `${JSON.stringify({ files, unreadable, total: total(files), environments }, null, 2)}\n`;
}

/**
 * The report for people: file by file, what was bad, and what the store holds now.
 * @param ask the command that asks the store
 */
export function renderTables(report: ReplayReport, ask: string): string {
  const sections = [
    fileTable(report.files),
    problems(report),
    summary(report),
    environmentTable(report),
    `Ask the store: ${ask}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const COUNTS = ['read', 'kept', 'stored', 'known', 'skipped', 'failed'] as const;

function fileTable(files: readonly FileReport[]): string {
  if (files.length === 0) return '';
  return textTable(
    ['FILE', ...COUNTS.map((name) => name.toUpperCase()), ''],
    files.map((file) => [file.path, ...COUNTS.map((name) => file[name]), remark(file)]),
  );
}

function remark({ outcome, reason }: FileReport): string {
  if (outcome === 'skipped') return `skipped: ${reason}`;
  return outcome === 'ingested' ? '' : outcome;
}

function problems({ files, unreadable }: ReplayReport): string {
  const lines = [
    ...unreadable.map(({ path, problem }) => ({ path, problem })),
    ...files.flatMap(({ path, failure }) => (failure === undefined ? [] : [{ path, problem: failure }])),
  ];
  if (lines.length === 0) return '';
  return ['BAD', ...lines.map(({ path, problem }) => `${displayText(path)}: ${displayText(problem)}`)].join('\n');
}

function summary({ files, unreadable }: ReplayReport): string {
  const { read, kept, stored, known, skipped, failed } = total(files);
  const bad = unreadable.length + files.filter(({ failure }) => failure !== undefined).length;
  return [
    `${count(files.length, 'file')}: ${count(read, 'record')} read, ${kept} kept (${stored} stored, ${known} known, ${failed} failed), ${skipped} skipped`,
    ...(bad === 0 ? [] : [`${count(bad, 'file')} bad`]),
  ].join('; ');
}

function environmentTable({ environments }: ReplayReport): string {
  if (environments.length === 0) return 'The store holds no events.';
  return textTable(
    ['ENVIRONMENT', 'ACCOUNT', 'REGION', 'EVENTS', 'ERRORS'],
    environments.map(({ environment, accountId, region, events, errors }) => [
      environment ?? '(none)',
      accountId ?? '-',
      region ?? '-',
      events,
      errors,
    ]),
  );
}

function total(files: readonly FileReport[]) {
  const sum = { read: 0, kept: 0, stored: 0, known: 0, skipped: 0, failed: 0 };
  for (const file of files) for (const name of COUNTS) sum[name] += file[name];
  return sum;
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
