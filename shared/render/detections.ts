import type { Explanation } from '../detect/explain.ts';
import type { Finding } from '../detect/finding.ts';
import { LEVELS, type Level } from '../detect/level.ts';
import type { Rule } from '../detect/rule.ts';
import type { TestResult } from '../detect/rule-tests.ts';
import { nameOf } from '../query/user-aliases.ts';
import { counted, displayText } from './display.ts';
import { type LineColumn, lineTable } from './line-table.ts';
import { narrowName, narrowWho } from './narrow.ts';
import { type Cell, styled, WHOLE, wrapToWidth } from './table.ts';
import { timeDisplay } from './times.ts';
import type { Style, View } from './view.ts';

const LEVEL_STYLES: Readonly<Partial<Record<Level, Style>>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
};

function levelCell(level: Level): Cell {
  const style = LEVEL_STYLES[level];
  return style === undefined ? level : { text: level, style };
}

/** The reason is a line of its own, below its finding, where the terminal has no room for it beside the others. */
export function findingsText(findings: readonly Finding[], view: View): string {
  const times = timeDisplay(view.times);
  const columns: LineColumn<Finding>[] = [
    { heading: times.heading('TIME'), cellOf: ({ time }) => times.show(time) },
    { heading: 'LEVEL', cellOf: ({ rule }) => levelCell(rule.level) },
    { heading: 'FINDING', widths: [23, 30, 40, WHOLE], cellOf: ({ rule }) => rule.title },
    {
      heading: 'WHO',
      widths: [0, 11, 16, 16, 22],
      narrow: narrowWho,
      cellOf: ({ user = '-' }) => nameOf(view.aliases, user),
    },
    { heading: 'ENVIRONMENT', widths: [0, 0, 11, 11, 24], cellOf: ({ environment = '-' }) => environment },
    { heading: 'EVENTS', widths: [0, 0, WHOLE], cellOf: ({ eventIds }) => eventIds.length },
    {
      heading: 'WHY',
      widths: [0, 0, 0, 0, 60, 60, WHOLE],
      narrow: wrapToWidth,
      below: true,
      cellOf: ({ reason }) => reason,
    },
    { heading: 'FIRST EVENT', widths: [0, 0, 0, 0, 0, WHOLE], cellOf: ({ eventIds: [first = '-'] }) => first },
  ];
  return `${lineTable(columns, findings, view)}\n`;
}

/** `12 findings: 5 high, 4 medium, 3 low` */
export function findingCounts(findings: readonly Finding[]): string {
  const counts = LEVELS.toReversed().flatMap((level) => {
    const count = findings.filter(({ rule }) => rule.level === level).length;
    return count === 0 ? [] : [`${count} ${level}`];
  });
  return `${counted(findings.length, 'finding')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
}

/** The rules with their levels, the worst first. */
export function rulesText(rules: readonly Rule[], view: View): string {
  const sorted = rules.toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  const columns: LineColumn<Rule>[] = [
    { heading: 'LEVEL', cellOf: ({ level }) => levelCell(level) },
    { heading: 'TITLE', widths: [40, WHOLE], cellOf: ({ title }) => title },
    {
      heading: 'STATUS',
      widths: [0, 0, WHOLE],
      cellOf: ({ status, off }) => (off === undefined ? status : `off: ${off}`),
    },
    { heading: 'ID', widths: [0, WHOLE], cellOf: ({ id }) => id },
    { heading: 'FILE', widths: [0, 0, 0, WHOLE], cellOf: ({ path }) => path },
  ];
  return `${lineTable(columns, sorted, view)}\n`;
}

/** Why a rule matches an event: each search identifier with its fields. */
export function explanationText(explanation: Explanation, view: View): string {
  const { title, condition, matches, selections } = explanation;
  const rows = selections.flatMap(({ name, alternatives }) =>
    alternatives.flatMap(({ fields }, i) =>
      fields.map((field) => ({ ...field, name: alternatives.length === 1 ? name : `${name} (${i + 1})` })),
    ),
  );
  const columns: LineColumn<(typeof rows)[number]>[] = [
    { heading: 'SEARCH', widths: [12, WHOLE], narrow: narrowName, cellOf: ({ name }) => name },
    { heading: 'FIELD', widths: [20, 30, WHOLE], narrow: narrowName, cellOf: ({ field }) => field },
    { heading: 'EXPECTED', widths: [16, 30, 50, WHOLE], cellOf: ({ expected }) => expected },
    { heading: 'FOUND', widths: [12, 20, 40, WHOLE], cellOf: ({ found }) => foundText(found) },
    { heading: '', cellOf: ({ matches }) => answer(matches) },
  ];
  const found = selections.map((selection) => `${selection.name} ${selection.matches ? 'matches' : 'does not match'}`);
  const heading = displayText(title);
  return [
    view.colour ? styled('bold', heading) : heading,
    `Condition: ${displayText(condition)}`,
    '',
    `${lineTable(columns, rows, view)}\n`,
    `${displayText(found.join(', '))}.`,
    `So the condition ${matches ? 'holds' : 'does not hold'}.\n`,
  ].join('\n');
}

const answer = (matches: boolean): Cell => (matches ? { text: 'yes', style: 'green' } : 'no');

function foundText(
  found: Explanation['selections'][number]['alternatives'][number]['fields'][number]['found'],
): string {
  if (found === undefined) return '(absent)';
  return found.map((value) => (value === '' ? "''" : `${value}`)).join(', ') || '-';
}

/** The tests of rules that failed, one a line. */
export function failedTestsText(results: readonly TestResult[]): string {
  return results
    .filter(({ passed }) => !passed)
    .map(({ rule, name, expects, says }) => {
      const expected = expects === 'match' ? 'a finding' : 'no finding';
      return `${displayText(`${rule.path}: ${rule.title}: ${name}: expected ${expected}: ${says}`)}\n`;
    })
    .join('');
}
