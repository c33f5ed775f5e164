import { displayText } from '../../shared/render/display.ts';
import type { FileProblem } from './file-result.ts';

/** Joins the sections of a report, without those that are empty. */
export function joinSections(...sections: string[]): string {
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** The first lines of many, and how many more there are. */
export function firstLines(lines: readonly string[], most: number): string[] {
  const more = lines.length - most;
  if (more <= 0) return [...lines];
  return [...lines.slice(0, most), `and ${more.toLocaleString('en-US')} more: --format json names them all`];
}

const MOST_PROBLEMS = 200;

/** The problems, one line each. */
export function problemSection(problems: readonly FileProblem[]): string {
  if (problems.length === 0) return '';
  const lines = problems.map(({ logFile, outcome, detail }) => displayText(`${logFile}: ${outcome}: ${detail}`));
  return ['BAD', ...firstLines(lines, MOST_PROBLEMS)].join('\n');
}
