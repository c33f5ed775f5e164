import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import type { Style, View } from '../../shared/render/view.ts';
import { counted, type Finding, type State } from './finding.ts';
import type { Caller } from './stack.ts';

/** What doctor has to say. */
export interface DoctorReport {
  /** Who asked. */
  identity: Pick<Caller, 'arn' | 'account'>;
  region: string;
  stack: string;
  findings: Finding[];
}

/** Who asked what, then a line for each finding, with its fix below. */
export function reportText({ identity, region, stack, findings }: DoctorReport, view: Pick<View, 'colour'>): string {
  const rows = findings.map(({ state, check, text }) => [{ text: state, style: STYLES[state] }, check, text]);
  // Never cut: a finding, and a command, is needed whole.
  const [headings = '', ...lines] = textTable(['STATE', 'CHECK', 'FINDING'], rows, { colour: view.colour }).split('\n');
  const told = lines.flatMap((line, i) => {
    const { fix } = findings[i]!;
    return fix === undefined ? [line] : [line, `         Fix: ${displayText(fix)}`];
  });
  const head = `${displayText(identity.arn)} in ${region}, stack ${displayText(stack)}`;
  return [head, '', headings, ...told, ''].join('\n');
}

const STYLES: Readonly<Record<State, Style>> = { ok: 'green', problem: 'red', warning: 'yellow', unknown: 'magenta' };

/** How many findings there are of each kind that is not `ok`. */
export function summaryLine(findings: readonly Finding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('unknown')} unknown.`;
}
