import type { Answer } from './answer.ts';

/** What one check found. */
export interface Finding {
  /** What was checked. */
  check: string;
  /**
   * `problem`: something does not work, or is not recorded. `warning`: it works, with less than it could. `unknown`: it could
   * not be found out, which is never taken for fine.
   */
  state: 'ok' | 'problem' | 'warning' | 'unknown';
  /** One line. */
  text: string;
  /** A command, or what else is to be done. */
  fix?: string;
  /** The IAM action without which it could not be found out. */
  needs?: string;
}

export const ok = (check: string, text: string): Finding => ({ check, state: 'ok', text });
export const problem = (check: string, text: string, fix: string): Finding => ({ check, state: 'problem', text, fix });
export const warning = (check: string, text: string, fix: string): Finding => ({ check, state: 'warning', text, fix });

/** It could not be found out. */
export function unknown(check: string, answer: { unknown: string; needs?: string }): Finding {
  const { unknown, needs } = answer;
  if (needs === undefined) return { check, state: 'unknown', text: unknown };
  return { check, state: 'unknown', text: `${unknown}: ${needs}`, needs, fix: `allow whoever runs doctor ${needs}` };
}

/** `1 log file`, `2 log files` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Things that have something in common, such as a reason, by it; in the order in which they come. */
export function groupedBy<T>(things: readonly T[], commonOf: (thing: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const thing of things) groups.set(commonOf(thing), [...(groups.get(commonOf(thing)) ?? []), thing]);
  return [...groups];
}

/** The findings on an answer, or that it could not be had. */
export function findingsOn<T>(
  check: string,
  answer: Answer<T>,
  onKnown: (value: T) => Finding[],
  onMissing: () => Finding[],
): Finding[] {
  if ('known' in answer) return onKnown(answer.known);
  return 'missing' in answer ? onMissing() : [unknown(check, answer)];
}
