import { displayText } from '../../shared/render/display.ts';
import type { FileProblem } from './file-result.ts';

/** A report for people: its sections, without those that are empty. */
export function joinSections(...sections: string[]): string {
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Beyond so many they are all in --format json. */
const MOST_PROBLEMS = 200;

/** What is bad, one line each. */
export function problemSection(problems: readonly FileProblem[]): string {
  if (problems.length === 0) return '';
  const shown = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ logFile, outcome, detail }) => `${displayText(logFile)}: ${outcome}: ${displayText(detail)}`);
  const more = problems.length - shown.length;
  return ['BAD', ...shown, ...(more > 0 ? [`and ${more} more; --format json names them all`] : [])].join('\n');
}

export const toJson = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
