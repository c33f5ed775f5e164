/**
 * `problem`: something does not work, or is not recorded. `warning`: it works, with less than it could. `unknown`: it could
 * not be found out, which never counts as fine.
 */
export type State = 'ok' | 'problem' | 'warning' | 'unknown';

/** What one check found. */
export interface Finding {
  /** What was checked. */
  check: string;
  state: State;
  /** One line. */
  text: string;
  /** A command, or what else to do. */
  fix?: string;
  /** The IAM action that is missing to find it out. */
  needs?: string;
}

/** A finding, before it is known which check made it. */
export type Found = Omit<Finding, 'check'>;

export const ok = (text: string): Found => ({ state: 'ok', text });
export const problem = (text: string, fix: string): Found => ({ state: 'problem', text, fix });
export const warning = (text: string, fix: string): Found => ({ state: 'warning', text, fix });
export const unknown = (text: string): Found => ({ state: 'unknown', text });

/** `1 log file`, `2 log files` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
