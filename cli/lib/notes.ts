import { LOCAL_TABLES } from '../../local/local-names.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { type Completeness, readCompleteness } from '../../shared/query/completeness.ts';
import { type Criteria, flagOf, type TextCriterion } from '../../shared/query/criteria-table.ts';
import { type LikelyCause, likelyCauses } from '../../shared/query/likely-causes.ts';
import { freshnessLine, problemLines } from '../../shared/render/completeness.ts';
import type { EventTable } from '../../shared/render/event-table.ts';
import { likelyCauseText, type Wording } from '../../shared/render/likely-causes.ts';
import { type TimeDisplay, timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import { readPath } from '../../shared/store/ledger.ts';
import type { Context, Output } from './command.ts';

/** An answer that was printed. `forPeople`: not in a format for programs, which need no explanation of an empty answer. */
interface Answer {
  criteria: Criteria;
  events: number;
  forPeople: boolean;
}

/** Prints notes on an answer: why it is empty, and how complete it is. */
export async function sayNotes(
  answer: Answer,
  { err, program }: Pick<Context, 'err' | 'program'>,
  view: View,
  deps: QueryDeps,
): Promise<void> {
  const { criteria, events, forPeople } = answer;
  const saysWhyEmpty = events === 0 && (forPeople || err.isTTY);
  const causes = saysWhyEmpty
    ? emptyLines(await likelyCauses(criteria, deps), wordingOf(program), timeDisplay(view.times))
    : [];
  for (const line of [...causes, ...(await completenessLines(criteria, view, deps))]) err.write(`${line}\n`);
}

/** Says on a terminal, after a table of events, how to see more of one. */
export function sayHowToShow(
  table: EventTable,
  { err, program }: Pick<Context, 'err' | 'program'>,
  { width }: View,
): void {
  if (width === undefined) return;
  err.write(`Details of an event: ${table.showsIds ? '' : 'add --ids, then '}${program} show ID.\n`);
}

/** Says on a terminal what the mark of provisional events in a table means. Returns whether there was one. */
export function sayProvisional(table: EventTable, err: Output, { width }: View): boolean {
  if (width !== undefined && table.hasProvisional) err.write('(provisional): not yet in a log file.\n');
  return table.hasProvisional;
}

/** Why nothing matched; the first line says that. */
function emptyLines(causes: readonly LikelyCause[], wording: Wording, times: TimeDisplay): string[] {
  return ['No events match.', ...causes.map((cause) => `- ${likelyCauseText(cause, wording, times)}`)];
}

/** Which command lists the values. */
const LISTINGS: Partial<Record<TextCriterion, string>> = {
  environment: 'environments',
  user: "who '*'",
  ...{ action: 'summary', errorCode: 'summary', role: 'summary', target: 'summary' },
};

const wordingOf = (program: string): Wording => ({
  criterion: flagOf,
  listing: (name) => LISTINGS[name] && `To see which there are: ${program} ${LISTINGS[name]}`,
  emptyStore: `add log files with ${program} replay, or query another store with --store or --stack`,
});

/** In the local store, log files are files of this machine: people know them by their paths. */
async function withPaths(completeness: Completeness, { dynamo, tables }: QueryDeps): Promise<Completeness> {
  if (tables !== LOCAL_TABLES) return completeness;
  const problems = completeness.problems.map(async (problem) => {
    const path = await readPath(dynamo, tables.logFilesTable, problem.logFile);
    return path === undefined ? problem : { ...problem, path };
  });
  return { ...completeness, problems: await Promise.all(problems) };
}

/** How fresh the store is, on a terminal only, and problems. */
async function completenessLines(range: Criteria, view: View, deps: QueryDeps): Promise<string[]> {
  try {
    const completeness = await withPaths(await readCompleteness(range, deps), deps);
    const fresh = view.width === undefined ? undefined : freshnessLine(completeness, timeDisplay(view.times));
    return [...(fresh === undefined ? [] : [fresh]), ...problemLines(completeness)];
  } catch (error) {
    // The caller may not be allowed to read the ledger; the answer is right without it.
    return [
      `How complete this is could not be checked: ${error instanceof TrailError ? error.message : describeError(error)}`,
    ];
  }
}
