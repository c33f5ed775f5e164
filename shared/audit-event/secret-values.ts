import type { Span } from './json-text.ts';
import { namesSecret, SECRET_WORD } from './secret-names.ts';

/**
 * Secrets in running text that a name before them announces: `password=...`, `"token": "..."`, `--password '...'`,
 * `Authorization: ...`, `"Key":"db_password","Value":"..."`. A quoted secret ends with its quotes. Without quotes it may have
 * spaces, and ends where something else certainly begins.
 */
export function secretValues(text: string): Span[] {
  return VALUES.flatMap(({ head, endOf }) => spansAfter(text, head, endOf));
}

interface NamedValue {
  /** All up to the value; global, and so bounded that a hostile text costs linear time. */
  head: RegExp;
  /** Returns where the value ends; undefined if it is no secret. */
  endOf(text: string, start: number, head: RegExpExecArray): number | undefined;
}

/** A quote that may be escaped, in JSON inside of strings. */
const QUOTE = String.raw`\\{0,15}["'\`]?`;
const SEPARATOR = String.raw`${QUOTE}\s{0,3}(?:=>?|:=?)\s{0,3}`;
const BETWEEN = String.raw`[\s,;&]{1,40}(?:-\s)?`;
/** UsePreviousValue is a yes or no of CloudFormation. */
const VALUE_NAME = `(?<!useprevious)value${SEPARATOR}`;
/** Words separated by single spaces, so that each text matches in one way only. */
const NAME = String.raw`(?:key|name)${SEPARATOR}${QUOTE}(?<name>[\w.-]{1,64}(?: [\w.-]{1,64}){0,5})`;
/** Members between the two of a pair: a type, a namespace. */
const OTHERS = String.raw`(?:${QUOTE}[\w-]{1,40}${SEPARATOR}${QUOTE}[\w./:-]{0,100}${QUOTE}${BETWEEN}){0,3}?`;

const VALUES: readonly NamedValue[] = [
  // password=..., password: "...", X-Amz-Signature=... but not the action secretsmanager:GetSecretValue.
  {
    head: new RegExp(
      String.raw`${SECRET_WORD}[\w-]{0,24}(?:${QUOTE}\s{0,3}(?:[:=]?=>?\s{0,3}|:\s{1,3}|:(?=\\{0,15}["'\`]))|(?<=p(?:assw(?:or)?|w)d[\w-]{0,24}|(?<!:[\w-]{0,40})(?:api[-_]?key|token|secret)):(?!:))`,
      'gi',
    ),
    endOf: (text, start, [head]) => (isReference(head) ? undefined : endOfValue(text, start, separatorOf(head))),
  },
  // Headers whose whole value is secret.
  {
    head: new RegExp(`(?<![a-z0-9])(?:authorization|cookie)${SEPARATOR}`, 'gi'),
    endOf: endOfHeader,
  },
  // --password '...'
  {
    head: new RegExp(String.raw`(?<![\w-])--?[\w-]{0,40}${SECRET_WORD}[\w-]{0,24}\s{1,3}(?=[^\s-])`, 'gi'),
    endOf: (text, start, [head]) => (REFERENCE.test(head.trimEnd()) ? undefined : endOfArgument(text, start)),
  },
  // <password>...</password>
  {
    head: new RegExp(String.raw`<[\w:.-]{0,40}${SECRET_WORD}[\w-]{0,24}>`, 'gi'),
    endOf: (text, start, [head]) => (REFERENCE.test(head.slice(0, -1)) ? undefined : endOfMatch(/[^<]*/y, text, start)),
  },
  // "Key": "db_password", "Value": "..." and Key=db_password,Value=...
  {
    head: new RegExp(String.raw`${NAME}${QUOTE}${BETWEEN}${OTHERS}${QUOTE}[\w-]{0,24}${VALUE_NAME}`, 'gi'),
    endOf: (text, start, head) =>
      namesSecret(head.groups!.name!.trim()) ? endOfValue(text, start, separatorOf(head[0])) : undefined,
  },
  // ... and the other way round.
  {
    head: new RegExp(VALUE_NAME, 'gi'),
    endOf(text, start) {
      const isQuoted = lengthAt(OPENING_QUOTE, text, start) > 0;
      // Most values have no such name next to them, so little is searched.
      const end = isQuoted ? endOfQuoted(text, start) : endOfMatch(/[^\s,;&"'`]{0,200}/y, text, start);
      NAME_AFTER_VALUE.lastIndex = end;
      const name = NAME_AFTER_VALUE.exec(text)?.groups?.name;
      return name !== undefined && namesSecret(name.trim()) ? end : undefined;
    },
  },
  // 1 validation error detected: Value '...' at 'password' failed to satisfy constraint
  {
    head: /\bvalue\s(?=')/gi,
    endOf(text, start) {
      const end = endOfQuoted(text, start);
      AT_MEMBER.lastIndex = end;
      const name = AT_MEMBER.exec(text)?.groups?.name;
      return name !== undefined && namesSecret(name) ? end : undefined;
    },
  },
];

const AT_MEMBER = /'\sat\s'(?<name>[\w.[\]-]{1,200})'/y;

/** The name ends before the next member: `Key=db_password Type=...` */
const NAME_AFTER_VALUE = new RegExp(
  String.raw`${QUOTE}${BETWEEN}${OTHERS}${QUOTE}[\w-]{0,24}${NAME}(?![\w.-]|\s{0,3}[:=])`,
  'iy',
);

/** Shorter ones are no secrets, or a text that was cut. */
const SHORTEST_VALUE = 3;

function spansAfter(text: string, head: RegExp, endOf: NamedValue['endOf']): Span[] {
  // Nearly always; `matchAll` copies the pattern first.
  if (text.search(head) < 0) return [];
  const spans: Span[] = [];
  let past = 0;
  for (const match of text.matchAll(head)) {
    if (match.index < past) continue;
    const after = match.index + match[0].length;
    const start = after + lengthAt(OPENING_QUOTE, text, after);
    const end = endOf(text, after, match);
    if (end === undefined || end - start < SHORTEST_VALUE) continue;
    spans.push({ start, end });
    past = end;
  }
  return spans;
}

const REFERENCE = /(?:arn|id|name|type|version)s?$/i;

/** The name, ARN or ID of a secret is not secret. */
function isReference(head: string): boolean {
  return REFERENCE.test(head.replace(/\\*["'`]?\s*[:=]\s*$/, ''));
}

const separatorOf = (head: string) => (head.trimEnd().endsWith(':') ? ':' : '=');

/** In quotes up to the closing one; else to where something else begins. */
function endOfValue(text: string, start: number, separator: ':' | '='): number | undefined {
  if (lengthAt(OPENING_QUOTE, text, start) > 0) return endOfQuoted(text, start);
  if (/[\s,;&]/.test(text.charAt(start))) return undefined;
  return trimmed(text, start, endBefore(SOMETHING_ELSE[separator], text, start));
}

/**
 * Where something else begins: a line break, the closing quote around it all (not an apostrophe), a closing tag, the next name
 * of the same kind, or the next flag of a command.
 */
const somethingElse = (separator: string) =>
  new RegExp(
    String.raw`[\r\n"\`]|'(?!\w)|\\+["']|</|[\s,;&]{1,8}-{0,2}[\w.-]{1,64}\s{0,3}${separator}|\s--?[a-z]`,
    'gi',
  );
const SOMETHING_ELSE = { ':': somethingElse(':'), '=': somethingElse('=') };

const OPENING_QUOTE = /\\*["'`]/y;

/**
 * Returns the offset of the quote that closes the one at `start`, or of its backslashes; the end of the text if there is none.
 * JSON inside of a string has `\"` for each quote, and `\\\"` for a quote inside of those.
 */
function endOfQuoted(text: string, start: number): number {
  const opening = start + lengthAt(OPENING_QUOTE, text, start) - 1;
  const quote = text.charAt(opening);
  const escapes = opening - start;
  for (let at = text.indexOf(quote, opening + 1); at >= 0; at = text.indexOf(quote, at + 1)) {
    let run = 0;
    while (at - run - 1 > opening && text.charAt(at - run - 1) === '\\') run += 1;
    if (run < escapes) return at - run;
    if (run % (2 * (escapes + 1)) === escapes) return at - escapes;
  }
  return text.length;
}

/** A header ends with its line, or with the quotes around it. Digest authentication has quotes inside. */
function endOfHeader(text: string, start: number, { index }: RegExpExecArray): number | undefined {
  if (lengthAt(OPENING_QUOTE, text, start) > 0) return endOfQuoted(text, start);
  const around = /\\*["'`]$/.exec(text.slice(Math.max(0, index - 16), index))?.[0];
  if (around !== undefined) return endOfQuotedFrom(text, start, around);
  return trimmed(text, start, endOfMatch(/(?:="[^"\r\n]*"|[^"'`\r\n\\]|\\(?!\\*["'`]))*/y, text, start));
}

function endOfQuotedFrom(text: string, start: number, opening: string): number {
  const end = text.indexOf(opening, start);
  return end < 0 ? text.length : end;
}

/** Splits as a shell does. Words of a sentence about the flag are no arguments. */
function endOfArgument(text: string, start: number): number | undefined {
  if (lengthAt(OPENING_QUOTE, text, start) > 0) return endOfQuoted(text, start);
  const end = endOfMatch(/(?:\\\s|[^\s"'`])*/y, text, start);
  return OF_A_SENTENCE.test(text.slice(start, end)) ? undefined : end;
}

const OF_A_SENTENCE =
  /^(?:flag|option|argument|parameter|value|is|was|are|has|must|may|can|cannot|should|will|not|and|or|with|for|to|in|on|from|requires?|expects?)[.,:;]?$/i;

function endBefore(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.index ?? text.length;
}

function endOfMatch(pattern: RegExp, text: string, start: number): number {
  return start + lengthAt(pattern, text, start);
}

/** @param pattern sticky */
function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function trimmed(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && /\s/.test(text.charAt(last - 1))) last -= 1;
  return last;
}
