import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { Style, View } from '../../shared/render/view.ts';
import { type CheckResult, counted, type State } from './check.ts';

/** What a check found, with the name of the check. */
export type DoctorFinding = { check: string } & CheckResult;

/** What doctor has to say. */
export interface DoctorReport {
  /** Who asked. */
  identity: { arn: string; account: string };
  region: string;
  stack: string;
  findings: DoctorFinding[];
}

/** Who asked what, then a line for each finding, with its fix below. */
export function reportText({ identity, region, stack, findings }: DoctorReport, { colour }: View): string {
  const rows = findings.map(({ state, check, text }) => [{ text: state, style: STYLES[state] }, check, text]);
  // Never cut: a finding, and a command, is needed whole.
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

/** How many findings there are of each kind that is not `ok`. */
export function summaryLine(findings: readonly DoctorFinding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('unknown')} unknown.`;
}
