import { phraseOf } from '../audit-event/actions.ts';
import { displayText } from '../render/display.ts';
import { shellWord } from '../render/shell-word.ts';
import type { SentFinding } from './alerted-finding.ts';

/** What is published to an SNS topic. */
export interface AlertMessage {
  /** Of e-mail: printable ASCII, at most 100 characters. */
  subject: string;
  /** By protocol, as `MessageStructure: json` takes them. */
  bodies: { default: string; sqs: string; lambda: string; firehose: string; https: string };
  /** For the filter policies of subscriptions. */
  attributes: Readonly<Record<string, string>>;
}

/** @param stack whose commands show it */
export function messageOf(finding: SentFinding, stack: string): AlertMessage {
  const { rule, environment, accountId } = finding;
  const attributes = { level: rule.level, rule: rule.id, environment, account: accountId, test: `${finding.test}` };
  return toMessage({
    subject: subjectOf(finding),
    text: textOf(finding, stack),
    json: { stack, ...finding },
    chat: chatOf(finding, stack),
    attributes: Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
    ),
  });
}

/** What a message says, for people, programs and chats. */
interface MessageContent extends Pick<AlertMessage, 'attributes'> {
  /** Of any length and characters. */
  subject: string;
  text: string;
  json: object;
  chat: ChatContent;
}

export function toMessage({ subject: given, text, json: members, chat, attributes }: MessageContent): AlertMessage {
  const subject = subjectText(given);
  const json = JSON.stringify({ version: '1', ...members });
  return {
    subject,
    bodies: {
      default: text,
      ...{ sqs: json, lambda: json, firehose: json },
      https: JSON.stringify(chatNotification(plain(subject), chat)),
    },
    attributes,
  };
}

const MAX_SUBJECT = 100;

function subjectOf(finding: SentFinding): string {
  const { rule, environment, user, test } = finding;
  const place = environment ?? (finding.accountId && `account ${finding.accountId}`);
  const where = place === undefined ? '' : ` in ${place}`;
  const who = user === undefined ? '' : ` by ${user}`;
  return `${test ? 'TEST ' : ''}${rule.level.toUpperCase()}: ${rule.title}${where}${who}`;
}

/** A text as SNS takes it for a subject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function subjectText(subject: string): string {
  const ascii = subject.replace(/[^\x20-\x7e]/gu, '?').trim();
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3).trim()}...`;
}

/** What people want to know first, one fact a line: label and value. Values are safe to show. */
function factsOf(finding: SentFinding): [label: string, value: string][] {
  const { action, target, outcome, errorCode, user, principal, role, sourceIp, eventIds, copy } = finding;
  const facts: [string, (string | undefined)[]][] = [
    ['Who', [user ?? principal, role !== undefined && role !== user ? `role ${role}` : undefined]],
    ['What', [action === undefined ? undefined : phraseOf(action)]],
    ['Target', [target]],
    ['Outcome', [outcome, outcome === 'ok' ? undefined : errorCode]],
    ['Environment', [finding.environment]],
    ['Account', [finding.accountId, finding.region]],
    ['Time', [finding.time]],
    ['From', [sourceIp]],
    ['Seen', [copy === 'live' ? 'live, before its log file' : undefined]],
    ['Events', [eventIds.length > 1 ? `${eventIds.length}` : undefined]],
    ['Why', [finding.reason]],
  ];
  return facts.flatMap(([label, values]) => {
    const value = values.filter((one) => one !== undefined && one !== '').join(', ');
    return value === '' ? [] : [[label, displayText(value)]];
  });
}

const TEST_NOTE = 'This is a test of the alerts. Nothing has happened.';

function textOf(finding: SentFinding, stack: string): string {
  const { rule, test } = finding;
  const facts = factsOf(finding).map(([label, value]) => `${label}: ${value}`);
  const tags = rule.tags
    .filter((tag) => tag.startsWith('attack.t'))
    .map((tag) => tag.slice('attack.'.length).toUpperCase());
  const about = [
    rule.description,
    ...(rule.falsePositives.length === 0 ? [] : [`It may be harmless: ${rule.falsePositives.join('; ')}.`]),
    ...(tags.length === 0 ? [] : [`MITRE ATT&CK: ${tags.join(', ')}`]),
    `Rule: ${rule.id}`,
  ];
  const parts = [
    ...(test ? [[TEST_NOTE]] : []),
    [`${rule.level.toUpperCase()}: ${displayText(rule.title)}`],
    facts,
    about.filter((line) => line !== '').map(displayText),
    ...(test ? [] : [stepsOf(finding, stack)]),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What shows more: the command, and the page of the console. */
function stepsOf({ eventIds }: SentFinding, stack: string): string[] {
  // The event with which the rule matched is the last of a burst. What verification found is of none.
  const eventId = eventIds.at(-1);
  if (eventId === undefined)
    return [
      `Show it: mwaa-trail detect --level critical --since 2d --stack ${stack}`,
      `In the console: mwaa-trail serve --stack ${stack}, then #/trust`,
    ];
  return [
    `Show it: mwaa-trail show ${shellWord(eventId)} --stack ${stack}`,
    `In the console: mwaa-trail serve --stack ${stack}, then #/events/${encodeURIComponent(eventId.toWellFormed())}`,
  ];
}

function chatOf(finding: SentFinding, stack: string): ChatContent {
  const { rule, test, environment, time, eventIds } = finding;
  const facts = factsOf(finding).map(([label, value]) => `*${label}:* ${plain(value)}`);
  return {
    id: `${rule.id} ${eventIds.at(-1) ?? time}`,
    threadId: `${rule.id} ${environment ?? ''}`.trim(),
    description: [...(test ? [TEST_NOTE] : []), ...facts, plain(rule.description)].join('\n'),
    nextSteps: test ? [] : stepsOf(finding, stack).map(plain),
    additionalContext: { level: rule.level, rule: rule.id },
  };
}

interface ChatContent {
  id: string;
  /** Messages of one thread have the same. */
  threadId: string;
  description: string;
  nextSteps: readonly string[];
  additionalContext: Readonly<Record<string, string>>;
}

/**
 * A custom notification of Amazon Q Developer in chat applications, which subscribes by HTTPS. Texts are markdown of the chat.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
function chatNotification(
  title: string,
  { id, threadId, description, nextSteps, additionalContext }: ChatContent,
): object {
  return {
    version: '1.0',
    source: 'custom',
    id,
    content: {
      ...{ textType: 'client-markdown', title, description },
      ...(nextSteps.length > 0 && { nextSteps }),
    },
    metadata: { threadId, summary: title, eventType: 'mwaa-trail', additionalContext },
  };
}

/** Without what makes links, mentions and code in chats: names come from whoever sent the request. */
export const plain = (text: string) =>
  displayText(text).replace(/[<>[\]`|@]/g, (character) => PLAIN[character] ?? character);

const PLAIN: Readonly<Record<string, string>> = {
  '<': '\u2039',
  '>': '\u203a',
  '[': '(',
  ']': ')',
  '`': "'",
  '|': '/',
  '@': '(at)',
};
