import { BadLogFileError } from './bad-log-file.ts';

/** One event in output of `aws cloudtrail lookup-events`. */
export interface LookupEvent {
  /** Position among all events of the output. */
  index: number;
  /** The JSON text of its record; undefined when the element is no event with a record. */
  record: string | undefined;
}

/**
 * What output of `aws cloudtrail lookup-events` can begin with: a page, a list of pages or events, an event, a record's
 * text, or with `--output text` a record. A log file begins with none of these. An empty list says nothing.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
 */
const FIRST_MEMBERS =
  'Events|NextToken|EventId|EventName|ReadOnly|AccessKeyId|EventTime|EventSource|Username|Resources|CloudTrailEvent';
const LOOKUP_START = new RegExp(
  `^\\uFEFF?\\s*(?:"|\\{\\s*"(?:${FIRST_MEMBERS}|eventVersion)"\\s*:|\\[[\\s[]*(?:"|\\{\\s*"(?:${FIRST_MEMBERS})"\\s*:))`,
);

/** Whether a text is output of `aws cloudtrail lookup-events`, told from its beginning. */
export function isLookupOutput(head: string): boolean {
  return LOOKUP_START.test(head);
}

/**
 * Reads output of `aws cloudtrail lookup-events`: a page, a list of pages or of events, or any of these one after the other.
 * @throws BadLogFileError `json-syntax` or `json-truncated`
 */
export function readLookupOutput(text: string): LookupEvent[] {
  const records: (string | undefined)[] = [];
  for (const { value, source } of jsonValues(text)) collectRecords(value, source, records, MAX_LISTS);
  return records.map((record, index) => ({ index, record }));
}

/** Lists in lists: pages, their events, and what `--query` makes of those. */
const MAX_LISTS = 4;

/** @param source the text of `value`, where it stands for itself */
function collectRecords(
  value: unknown,
  source: string | undefined,
  records: (string | undefined)[],
  lists: number,
): void {
  if (Array.isArray(value) && lists > 0) {
    for (const element of value) collectRecords(element, undefined, records, lists - 1);
  } else if (isObject(value) && Array.isArray(value.Events)) {
    collectRecords(value.Events, undefined, records, lists);
  } else {
    records.push(recordOf(value, source));
  }
}

function recordOf(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  if (typeof value.CloudTrailEvent === 'string') return value.CloudTrailEvent;
  return 'eventVersion' in value ? source : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON texts that stand one after the other in a text, parsed. */
function* jsonValues(text: string): Generator<{ value: unknown; source: string }> {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (;;) {
    while (WHITE_SPACE.has(text[at] ?? '')) at += 1;
    if (at === text.length) return;
    const end = endOfValue(text, at);
    if (end === undefined) throw problem('json-truncated', text, at, 'expected the end of the JSON value from here');
    const source = text.slice(at, end);
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      // What JSON.parse says would show content.
      throw problem('json-syntax', text, at, 'expected JSON, as aws cloudtrail lookup-events prints it, from here');
    }
    yield { value, source };
    at = end;
  }
}

function problem(code: 'json-syntax' | 'json-truncated', text: string, at: number, expectation: string) {
  return new BadLogFileError(code, Buffer.byteLength(text.slice(0, at)), expectation);
}

const WHITE_SPACE: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r']);

/** Index after the object, list or string that begins at `start`, or after all else up to white space. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      at = endOfString(text, at);
      if (at >= text.length) return undefined;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (depth > 0 || !WHITE_SPACE.has(text[at + 1] ?? ' ')) continue;
    if (depth <= 0) return at + 1;
  }
  return undefined;
}

/** Index of the quotation mark that ends the string. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
