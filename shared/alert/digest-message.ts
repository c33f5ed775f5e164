import { shortened } from '../audit-event/shortened.ts';
import { defined } from '../defined.ts';
import { counted, displayText } from '../render/display.ts';
import { type ActivityDigest, type EnvironmentActivity, type NamedCount, sumOf } from './activity-digest.ts';
import { type AlertMessage, plain, toMessage } from './message.ts';

/** A digest as a message to the topic: readable text, and JSON of what the text has. */
export function digestMessage(digest: ActivityDigest, stack: string): AlertMessage {
  const text = digestText(digest, stack);
  const threadId = `digest ${stack}`;
  return toMessage({
    subject: `Digest of ${stack}: ${summaryOf(digest) || 'nothing happened'}`,
    text,
    json: { kind: 'digest', stack, ...membersOf(digest) },
    chat: {
      ...{ id: `${threadId} ${digest.until}`, threadId },
      description: text.split('\n').map(plain).join('\n'),
      ...{ nextSteps: [], additionalContext: {} },
    },
    attributes: { kind: 'digest' },
  });
}

/** What is named of each; the sums are of all. */
const MOST = { environments: 12, names: 4, findings: 15, missing: 5 };
const MAX_NAME = 48;
/** Fewer environments are named if their names need more. */
const MAX_TEXT_BYTES = 8 * 1024;

/** @param stack whose commands show more; undefined: the local store, or tables that belong to none */
export function digestText(digest: ActivityDigest, stack: string | undefined): string {
  for (let environments = MOST.environments; ; environments = Math.floor(environments / 2)) {
    const text = textOf(digest, stack, environments);
    if (environments === 0 || Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  }
}

function textOf(digest: ActivityDigest, stack: string | undefined, environments: number): string {
  const { since, until, events, truncated } = digest;
  const flag = stack === undefined ? '' : ` --stack ${stack}`;
  const days = `${since.slice(0, 16)}Z to ${until.slice(0, 16)}Z`;
  const missing = missingOf(digest, flag);
  const head = `${stack ?? 'mwaa-trail'}, ${days}`;
  const summary = summaryOf(digest);
  if (summary === '' && missing.length === 0)
    return `${head}: nothing happened. ${counted(events, 'event')}, no change, no denial, no finding, and nothing is missing.\n`;
  const period = `${periodFlags(digest)}${flag}`;
  const parts = [
    [head, `${counted(events, 'event')}: ${summary || 'no change, no denial, no finding'}.`],
    truncated ? [`Only the newest ${events} events were counted.`] : [],
    ...first(digest.environments, environments).map(environmentLines),
    others(digest.environments.length - environments, 'environment'),
    findingLines(digest, flag),
    missing.length === 0 ? ['Nothing is missing.'] : ['Missing:', ...missing.map((line) => `  ${line}`)],
    [
      `More: mwaa-trail summary ${period}`,
      ...(stack === undefined ? [] : [`In the console: mwaa-trail serve${flag}, then #/overview`]),
    ],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Days, where times are at midnight. */
function periodFlags({ since, until }: ActivityDigest): string {
  const short = (time: string) => time.replace(/T00:00:00\.000Z$|\.000(?=Z$)/, '');
  return `--since ${short(since)} --until ${short(until)}`;
}

/** `41 changes, 12 denied, 3 findings`; empty if nothing happened. */
function summaryOf({ environments, findings = [] }: ActivityDigest): string {
  const sum = (of: (one: EnvironmentActivity) => NamedCount[]) => sumOf(environments.flatMap(of));
  const [changes, denied, failed, found] = [
    sum(({ changedBy }) => changedBy),
    sum((one) => one.denied),
    sum((one) => one.failed),
    sumOf(findings),
  ];
  return [
    ...(changes > 0 ? [counted(changes, 'change')] : []),
    ...(denied > 0 ? [`${denied} denied`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(found > 0 ? [counted(found, 'finding')] : []),
  ].join(', ');
}

function environmentLines(activity: EnvironmentActivity): string[] {
  const { environment, accountId, region, changes, changedBy, denied, failed } = activity;
  const place = [accountId, region].filter((one) => one !== undefined).join(' ');
  const line = (count: number, what: string, names: readonly NamedCount[]) =>
    count === 0 ? [] : [`  ${what}: ${listed(names)}`];
  const changeCount = sumOf(changedBy);
  return [
    `${environment === undefined ? 'No environment' : shown(environment)} (${shown(place)})`,
    ...line(changeCount, counted(changeCount, 'change'), changes),
    ...line(changeCount, 'by', changedBy),
    ...line(sumOf(denied), `${sumOf(denied)} denied`, denied),
    ...line(sumOf(failed), `${sumOf(failed)} failed`, failed),
  ];
}

function findingLines(digest: ActivityDigest, flag: string): string[] {
  const { findings } = digest;
  const command = `mwaa-trail detect ${periodFlags(digest)}${flag}`;
  if (findings === undefined) return [`Findings: too many events to evaluate the rules here: ${command}`];
  if (findings.length === 0) return ['Findings: none.'];
  return [
    `Findings: ${command}`,
    ...first(findings, MOST.findings).map(
      ({ rule, count }) => `  ${rule.level.toUpperCase()}: ${shown(rule.title, 80)}: ${count}`,
    ),
    ...others(findings.length - MOST.findings, 'rule').map((line) => `  ${line}`),
  ];
}

function missingOf({ problems, silent, evidence }: ActivityDigest, flag: string): string[] {
  const some = <T>(list: readonly T[], line: (one: T) => string, what: string) => [
    ...first(list, MOST.missing).map(line),
    ...others(list.length - MOST.missing, what),
  ];
  return [
    ...(problems.length === 0
      ? []
      : [`log files that are not stored completely: ${listed(problems)}: mwaa-trail coverage${flag}`]),
    ...some(
      silent,
      ({ account, region, since }) => `no log file of ${shown(`${account} ${region}`)} since ${shown(since)}`,
      'place',
    ),
    ...(evidence.length === 0
      ? []
      : [`what verification found: ${listed(evidence)}: mwaa-trail detect --level critical${flag}`]),
  ];
}

const first = <T>(list: readonly T[], most: number) => list.slice(0, most);
const others = (count: number, what: string) => (count > 0 ? [`and ${counted(count, `more ${what}`)}`] : []);

/** `ana 8, bo 3 and 2 more` */
function listed(names: readonly NamedCount[]): string {
  const all = first(names, MOST.names).map(({ name, count }) => `${shown(name)} ${count}`);
  const more = names.length - all.length;
  return all.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const shown = (name: string, most = MAX_NAME) => shortened(displayText(name), most);

/** What JSON has of a digest: as many of each as the text. */
function membersOf({ environments, findings, silent, ...others }: ActivityDigest) {
  const some = (names: readonly NamedCount[]) => first(names, MOST.names);
  return {
    ...others,
    environments: first(environments, MOST.environments).map(({ changes, changedBy, denied, failed, ...place }) => ({
      ...defined(place),
      ...{ changes: some(changes), changedBy: some(changedBy), denied: some(denied), failed: some(failed) },
    })),
    ...defined({ findings: findings && first(findings, MOST.findings) }),
    silent: first(silent, MOST.missing),
  };
}
