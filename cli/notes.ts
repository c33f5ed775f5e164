import { LOCAL_TABLES } from '../local/local-names.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { type Completeness, readCompleteness } from '../shared/query/completeness.ts';
import type { Criteria } from '../shared/query/criteria.ts';
import { type LikelyCause, likelyCauses } from '../shared/query/likely-causes.ts';
import type { QueryDeps } from '../shared/query/read-page.ts';
import { freshnessLine, problemLines } from '../shared/render/completeness.ts';
import { displayText } from '../shared/render/display.ts';
import { type TimeDisplay, timeDisplay } from '../shared/render/times.ts';
import type { View } from '../shared/render/view.ts';
import { readPath } from '../shared/store/ledger.ts';

/** An answer that was printed; `forPeople`: not in a format for programs, to which nothing found is a plain answer. */
interface Answer {
  criteria: Criteria;
  events: number;
  forPeople: boolean;
}

/** Says beside an answer what people should know of it: why it is empty, and how complete it is. */
export async function sayNotes(answer: Answer, view: View, deps: QueryDeps): Promise<void> {
  const { criteria, events, forPeople } = answer;
  const saysWhyEmpty = events === 0 && (forPeople || process.stderr.isTTY);
  const causes = saysWhyEmpty ? emptyLines(await likelyCauses(criteria, deps), timeDisplay(view.times)) : [];
  say([...causes, ...(await completenessLines(criteria, view, deps))]);
}

/** Why nothing matched; the first line says that. */
function emptyLines(causes: readonly LikelyCause[], times: TimeDisplay): string[] {
  return ['No events match.', ...causes.map((cause) => `- ${sentence(cause, times)}`)];
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

function sentence(cause: LikelyCause, times: TimeDisplay): string {
  switch (cause.kind) {
    case 'empty-store':
      return 'The store holds no events yet: put log files into it with mwaa-trail replay, or ask another with --store or --table.';
    case 'unknown-environment':
      return unknownEnvironment(cause.name, cause.nearest);
    case 'outside-times':
      return `There are such events at other times: ${otherTimes(cause, times)}.`;
    case 'delivery-delay':
      return 'CloudTrail delivers events about 5 minutes after they happen, sometimes later: ask again.';
    case 'data-events':
      return (
        'CreateWebLoginToken, CreateCliToken and InvokeRestApi are data events: a trail records them only where ' +
        'they are switched on (resource type AWS::MWAA::Environment).'
      );
    case 'exact-match':
      return "Values match exactly, upper and lower case too; only --principal takes a prefix: --principal 'Admin/*'.";
  }
}

function unknownEnvironment(name: string, nearest: readonly string[]): string {
  const quoted = nearest.map(quote);
  const hint = quoted.length > 0 ? `did you mean ${quoted.join(' or ')}?` : 'mwaa-trail environments lists all names.';
  return `No event names the environment ${quote(name)}: ${hint}`;
}

function quote(name: string): string {
  return displayText(JSON.stringify(name));
}

function otherTimes({ before, after }: { before?: string; after?: string }, times: TimeDisplay): string {
  return [
    ...(before === undefined ? [] : [`the last before at ${times.full(before)}`]),
    ...(after === undefined ? [] : [`the first after at ${times.full(after)}`]),
  ].join(', ');
}

/** Log files in the local store are files that somebody gave by their paths. */
async function withPaths(completeness: Completeness, { dynamo, tables }: QueryDeps): Promise<Completeness> {
  if (tables !== LOCAL_TABLES) return completeness;
  const problems = completeness.problems.map(async (problem) => {
    const path = await readPath(dynamo, tables.logFilesTable, problem.logFile);
    return path === undefined ? problem : { ...problem, path };
  });
  return { ...completeness, problems: await Promise.all(problems) };
}

/** On a terminal always how fresh the store is; whoever reads a file or a pipe is only told of problems. */
async function completenessLines(range: Criteria, view: View, deps: QueryDeps): Promise<string[]> {
  try {
    const completeness = await withPaths(await readCompleteness(range, deps), deps);
    const fresh = view.width === undefined ? undefined : freshnessLine(completeness, timeDisplay(view.times));
    return [...(fresh === undefined ? [] : [fresh]), ...problemLines(completeness)];
  } catch (error) {
    // The answer stands without the ledger, which whoever asks may not be allowed to read.
    return [
      `How complete this is cannot be told: ${error instanceof TrailError ? error.message : describeError(error)}`,
    ];
  }
}
