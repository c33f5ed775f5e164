import type { FindingOrigin } from '../../../shared/alert/find-findings.ts';
import { MAX_REPEATS, type SeenFinding } from '../../../shared/alert/seen-finding.ts';
import type { Completeness } from '../../../shared/query/completeness.ts';
import { commandLine, questionCommand } from './command-line.ts';
import { apiPath, type Question } from './paths.ts';
import type { ConsoleInfo } from './session.tsx';

/** The answer of /findings. */
export interface FindingList {
  findings: SeenFinding[];
  cursor?: string;
  origin: FindingOrigin;
  completeness: Completeness;
}

/** Parameters of the page of findings that the HTTP API has, too. */
const ASKED = ['since', 'until', 'level', 'rule', 'environment', 'account', 'user', 'event', 'cursor'];
/** Those of `mwaa-trail detect`. */
const OF_COMMAND = ['since', 'until', 'level', 'environment', 'account'];

/** What is asked of the page's parameters. */
export function findingsPath(info: ConsoleInfo, params: URLSearchParams): string {
  return apiPath(info, '/findings', new URLSearchParams([...params].filter(([name]) => ASKED.includes(name))));
}

/**
 * What is asked to learn of other rules that found something: the newest findings, whatever rule and page are shown. Undefined if
 * these are shown.
 */
export function otherRulesPath(info: ConsoleInfo, params: URLSearchParams): string | undefined {
  const others = new URLSearchParams([...params].filter(([name]) => name !== 'rule' && name !== 'cursor'));
  return others.size === params.size ? undefined : findingsPath(info, others);
}

/** The command that evaluates the rules over the same events. */
export function detectCommand(params: URLSearchParams, info: ConsoleInfo): string {
  const { environment } = info;
  const scope: Question = environment === undefined ? [] : [['environment', environment]];
  return questionCommand(['detect'], [...scope, ...[...params].filter(([name]) => OF_COMMAND.includes(name))], info);
}

/** The command that says why a rule matches an event. */
export function explainCommand(
  { rule }: SeenFinding,
  eventId: string,
  { storeFlags }: Pick<ConsoleInfo, 'storeFlags'>,
) {
  return commandLine(['detect', ...storeFlags, '--explain', rule.id, eventId], []);
}

/** The event with which the rule matched: the last one of a burst. Undefined: the finding is of verification, and of no event. */
export const matchOf = ({ eventIds }: SeenFinding): string | undefined => eventIds.at(-1);

/** What tells a finding from others in an address. */
export const keyOfFinding = (finding: SeenFinding): string => `${finding.rule.id} ${matchOf(finding) ?? finding.time}`;

/** Questions that a finding leads to. */
export function questionsAbout({ user, principal, environment, sourceIp, time }: SeenFinding) {
  const around: Question = Number.isNaN(Date.parse(time))
    ? []
    : [
        ['around', time],
        ['within', '1h'],
      ];
  const who: Question = user === undefined ? [['principal', principal]] : [['user', user]];
  const when = around.length === 0 ? '' : ', an hour before and after';
  const questions: readonly { text: string; about: Question }[] = [
    { text: `Same user${when}`, about: who },
    { text: `Same environment${when}`, about: [['environment', environment]] },
    { text: `Same source address${when}`, about: [['sourceIp', sourceIp]] },
  ];
  return questions
    .filter(({ about }) => about.every(([, value]) => value !== undefined))
    .map(({ text, about }) => ({ text, question: [...about, ...around] satisfies Question }));
}

/** The techniques and tactics of MITRE ATT&CK, as they are called there: `T1578`, `defense evasion`. */
export const attackOf = (tags: readonly string[]): string[] =>
  tags
    .filter((tag) => tag.startsWith('attack.'))
    .map((tag) => tag.slice('attack.'.length))
    .map((tag) => (/^[tgs]\d/.test(tag) ? tag.toUpperCase() : tag.replace(/[-_]/g, ' ')));

/** `3`, or with repeats `3 + 12`; `1,000+` if no more were counted. */
export function eventCounts({ events, repeats }: SeenFinding): string {
  if (repeats === 0) return events.toLocaleString('en-US');
  return `${events.toLocaleString('en-US')} + ${repeatsText(repeats)}`;
}

export const repeatsText = (repeats: number): string =>
  repeats < MAX_REPEATS ? repeats.toLocaleString('en-US') : `${MAX_REPEATS.toLocaleString('en-US')} or more`;

export const DELIVERY_WORDS: Readonly<Record<SeenFinding['delivery'], string>> = {
  sent: 'Sent to the topic of alerts',
  pending: 'Not sent yet, or sending failed: mwaa-trail doctor checks the alerts',
  'below-level': 'Not sent: its level is below that of alerts',
  evaluated: 'Not sent: found by evaluating the rules now',
};
