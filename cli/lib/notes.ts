import { LOCAL_TABLES } from '../../local/local-names.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { type Completeness, readCompleteness } from '../../shared/query/completeness.ts';
import { type Criteria, isPrefix, type TextCriterion } from '../../shared/query/criteria-table.ts';
import { type LikelyCause, likelyCauses, type NearName, type UnknownValue } from '../../shared/query/likely-causes.ts';
import type { OtherIdentity } from '../../shared/query/other-identities.ts';
import { freshnessLine, problemLines } from '../../shared/render/completeness.ts';
import { displayText } from '../../shared/render/display.ts';
import type { EventTable } from '../../shared/render/event-table.ts';
import { type TimeDisplay, timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import { readPath } from '../../shared/store/ledger.ts';
import { flagOf, type Output } from './command.ts';

/** An answer that was printed. `forPeople`: not in a format for programs, which need no explanation of an empty answer. */
interface Answer {
  criteria: Criteria;
  events: number;
  forPeople: boolean;
}

/** Prints notes on an answer: why it is empty, and how complete it is. */
export async function sayNotes(answer: Answer, err: Output, view: View, deps: QueryDeps): Promise<void> {
  const { criteria, events, forPeople } = answer;
  const saysWhyEmpty = events === 0 && (forPeople || err.isTTY);
  const causes = saysWhyEmpty ? emptyLines(await likelyCauses(criteria, deps), timeDisplay(view.times)) : [];
  for (const line of [...causes, ...(await completenessLines(criteria, view, deps))]) err.write(`${line}\n`);
}

/** Says on a terminal, after a table of events, how to see more of one. */
export function sayHowToShow(table: EventTable, err: Output, { width }: View): void {
  if (width === undefined) return;
  err.write(`Details of an event: ${table.showsIds ? '' : 'add --ids, then '}mwaa-trail show ID.\n`);
}

/** Why nothing matched; the first line says that. */
function emptyLines(causes: readonly LikelyCause[], times: TimeDisplay): string[] {
  return ['No events match.', ...causes.map((cause) => `- ${sentence(cause, times)}`)];
}

function sentence(cause: LikelyCause, times: TimeDisplay): string {
  switch (cause.kind) {
    case 'empty-store':
      return 'The store holds no events yet: add log files with mwaa-trail replay, or query another store with --store or --stack.';
    case 'unknown-value':
      return unknownValue(cause);
    case 'other-identity':
      return otherIdentity(cause);
    case 'outside-times':
      return `Matching events exist outside this range: ${otherTimes(cause, times)}.`;
    case 'delivery-delay':
      return 'CloudTrail delivers events about 5 minutes after they happen, sometimes later: ask again.';
    case 'data-events':
      return (
        "Logins to Airflow, CLI tokens and calls of Airflow's REST API (CreateWebLoginToken, CreateCliToken, InvokeRestApi) are " +
        'data events: a trail records them only where they are switched on (resource type AWS::MWAA::Environment).'
      );
    case 'no-combination':
      return 'No event matches all of these filters together. Leave some out to see what there is.';
  }
}

/** `a`, `a or b`, `a, b or c` */
function inWords(texts: readonly string[], conjunction = 'or'): string {
  return [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter((text) => text !== '').join(` ${conjunction} `);
}

function unknownValue({ criterion, value, nearest, elsewhere }: UnknownValue): string {
  const names = nearest.map(nearName);
  const others = elsewhere.map((other) => `${flagOf(other)} ${quoted(value)}`);
  const advice = [
    ...(names.length === 0 ? [] : [`Did you mean ${inWords(names)}?`]),
    ...(others.length === 0 ? [] : [`Try ${inWords(others)}.`]),
    ...starAdvice(criterion, value),
  ];
  const listing = advice.length === 0 ? LISTINGS[criterion] : undefined;
  const found = FINDINGS[criterion] ?? `was found with ${flagOf(criterion)}`;
  return [`No event ${found} ${quoted(value)}.`, ...advice, ...(listing === undefined ? [] : [listing])].join(' ');
}

/** What a final `*` means where it makes no prefix. */
function starAdvice(criterion: TextCriterion, value: string): string[] {
  if (!value.endsWith('*') || isPrefix(criterion, value)) return [];
  const range = criterion === 'sourceIp' ? ', or a range such as 192.0.2.0/24' : '';
  return [`${flagOf(criterion)} takes a whole value${range}: here a final * is part of it.`];
}

const FINDINGS: Partial<Record<TextCriterion, string>> = {
  environment: 'names the environment',
  user: 'has the user',
};

/** Which command lists the values. */
const SUMMARY = 'mwaa-trail summary shows which there are.';
const LISTINGS: Partial<Record<TextCriterion, string>> = {
  environment: 'mwaa-trail environments lists all names.',
  user: "mwaa-trail who '*' lists all users.",
  ...{ action: SUMMARY, errorCode: SUMMARY, role: SUMMARY, target: SUMMARY },
};

const IDENTITY_WORDS: Readonly<Record<OtherIdentity['criterion'], string>> = {
  role: 'role',
  session: 'session',
  principal: 'principal',
  accessKeyId: 'access key',
};
const MAX_USERS = 3;

/** `The role Admin (--role) belongs to ana and ben.` */
function otherIdentity({ criterion, value, users }: OtherIdentity): string {
  const named = users.slice(0, MAX_USERS).map(quoted);
  const more = users.length - named.length;
  const whose = inWords([...named, ...(more > 0 ? [`${more} more`] : [])], 'and');
  return `The ${IDENTITY_WORDS[criterion]} ${quoted(value)} (${flagOf(criterion)}) belongs to ${whose}.`;
}

/** `InvokeRestApi (12 events)` */
function nearName({ value, events, more, inQuestion }: NearName): string {
  const count = `${events.toLocaleString('en-US')}${more ? ' or more' : ''} ${events === 1 && !more ? 'event' : 'events'}`;
  return `${quoted(value)} (${count}${inQuestion || events === 0 ? '' : ', none of which matches the other filters'})`;
}

/** Quotes a value unless it is plainly one word. */
function quoted(text: string): string {
  return /^[\w@%+=:./*-]+$/.test(text) ? text : displayText(JSON.stringify(text));
}

function otherTimes({ before, after }: { before?: string; after?: string }, times: TimeDisplay): string {
  const sides = [
    before && `the last before at ${times.full(before)}`,
    after && `the first after at ${times.full(after)}`,
  ];
  return sides.filter(Boolean).join(', ');
}

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
