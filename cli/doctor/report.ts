import { counted, displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { Style, View } from '../../shared/render/view.ts';
import type { Finding, State } from './check.ts';

/** The report of doctor. */
export interface DoctorReport {
  /** The caller. */
  identity: { arn: string; account: string };
  region: string;
  stack: string;
  findings: Finding[];
}

/** The caller and the stack, then a line for each finding, with its fix below. */
export function reportText({ identity, region, stack, findings }: DoctorReport, { colour }: View): string {
  const rows = findings.map(({ state, check, text }) => [{ text: state, style: STYLES[state] }, check, text]);
  // Never cut: findings and commands are needed whole.
  const [headings = '', ...lines] = textTable(['STATE', 'CHECK', 'FINDING'], rows, { colour }).split('\n');
  const withFixes = findings.flatMap(({ fix }, i) => [
    lines[i] ?? '',
    ...(fix === undefined ? [] : [`         Fix: ${displayText(fix)}`]),
  ]);
  return [
    `${displayText(identity.arn)} in ${region}, stack ${displayText(stack)}`,
    '',
    headings,
    ...withFixes,
    '',
  ].join('\n');
}

const STYLES: Readonly<Record<State, Style>> = { ok: 'green', problem: 'red', warning: 'yellow', unknown: 'magenta' };

/** The number of findings of each state but `ok`. */
export function summaryLine(findings: readonly Finding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('unknown')} unknown.`;
}
