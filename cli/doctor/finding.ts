import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { Style, View } from '../../shared/render/view.ts';

/**
 * `problem`: something does not work, or is not recorded. `warning`: it works, with less than it could. `unknown`: it could
 * not be found out, which never counts as fine.
 */
export type State = 'ok' | 'problem' | 'warning' | 'unknown';

/** A finding of a check. */
export interface Found {
  state: State;
  /** One line. */
  text: string;
  /** A command, or what else to do. */
  fix?: string;
  /** The IAM action that is missing to find it out. */
  needs?: string;
}

export interface Finding extends Found {
  /** What was checked. */
  check: string;
}

export const ok = (text: string): Found => ({ state: 'ok', text });
export const problem = (text: string, fix: string): Found => ({ state: 'problem', text, fix });
export const warning = (text: string, fix: string): Found => ({ state: 'warning', text, fix });
export const unknown = (text: string): Found => ({ state: 'unknown', text });

/** `1 log file`, `2 log files` */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What doctor has to say. */
export interface DoctorReport {
  /** Who asked. */
  identity: { arn: string; account: string };
  region: string;
  stack: string;
  findings: Finding[];
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
export function summaryLine(findings: readonly Finding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('unknown')} unknown.`;
}
