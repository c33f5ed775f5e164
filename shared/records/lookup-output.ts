import { BadLogFileError } from './bad-log-file.ts';

/**
 * What output of `aws cloudtrail lookup-events` can begin with: a page, an event, a record or its text, or a list that is not
 * empty. A log file begins with none of these.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
 */
const EVENT_MEMBERS =
  'Events|NextToken|EventId|EventName|ReadOnly|AccessKeyId|EventTime|EventSource|Username|Resources|CloudTrailEvent';
/** The members that a record can begin with, sorted or not. */
const RECORD_MEMBERS =
  'eventVersion|userIdentity|eventTime|eventSource|eventName|eventID|additionalEventData|addendum|apiVersion|awsRegion';
const JSON_START = new RegExp(
  String.raw`^\uFEFF?\s*(?:"|\{\s*"(?:${EVENT_MEMBERS}|${RECORD_MEMBERS})"\s*:|\[\s*[^\s\]])`,
);

/** `--output text`: in the first lines, a record after other columns. */
const TEXT_START = /^\uFEFF?(?:[^\n{["]*\n){0,3}[^\S\n]*[^\s{["][^\n{["]*\t\{\s*"/;

/** `--output yaml`, `yaml-stream` and `table`. */
const OTHER_START = new RegExp(
  String.raw`^\uFEFF?\s*(?:(?:- ){0,3}(?:${EVENT_MEMBERS}):\s|(?:- ){1,3}["']\{|-{3,}\s*\n\|[\s|]*LookupEvents)`,
);

/** Whether a text is output of `aws cloudtrail lookup-events`, or a list of records, judged by its beginning. */
export function isLookupOutput(head: string): boolean {
  return [JSON_START, TEXT_START, OTHER_START].some((start) => start.test(head));
}

/**
 * Reads output of `aws cloudtrail lookup-events`: a page, a list of pages, of events or of records, or several of these in a
 * row, as JSON or as text.
 *
 * @returns for each event the JSON text of its record; undefined for an element that is no event with a record
 * @throws BadLogFileError `json-syntax` or `json-truncated`
 */
export function readLookupOutput(text: string): (string | undefined)[] {
  const head = text.slice(0, MAX_START);
  if (OTHER_START.test(head)) {
    throw problem('json-syntax', text, 0, 'expected aws cloudtrail lookup-events with --output json or text');
  }
  const records = TEXT_START.test(head) ? [...recordsOfRows(text)] : [];
  return records.length > 0 ? records : [...recordsOfJson(text)];
}

/** Length of the beginning that shows the form, in characters. */
const MAX_START = 4096;

/** The depth of lists: pages, their events, and what `--query` selects. */
const MAX_LISTS = 4;

/** For each line the columns that are records, or undefined if there is none. */
function* recordsOfRows(text: string): Generator<string | undefined> {
  for (const line of text.split(/\r?\n/)) {
    const columns = line.split('\t');
    const records = columns.filter((column) => column.startsWith('{'));
    if (records.length > 0) yield* records;
    else if (columns.length > 1 && !/^(?:RESOURCES|NEXTTOKEN)\t/.test(line)) yield undefined;
  }
}

/** @param source the text of `value`, if it is on its own or in a list */
function* recordsIn(value: unknown, source: string | undefined, lists = MAX_LISTS): Generator<string | undefined> {
  if (Array.isArray(value) && lists > 0) {
    const sources = source === undefined ? [] : elementsOf(source);
    const elements = isRow(value) ? value.filter(isRecordText) : value;
    for (const [i, element] of elements.entries()) yield* recordsIn(element, sources[i], lists - 1);
  } else if (isObject(value) && Array.isArray(value.Events)) {
    yield* recordsIn(value.Events, undefined, lists);
  } else {
    yield recordOf(value, source);
  }
}

function recordOf(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  if (typeof value.CloudTrailEvent === 'string') return value.CloudTrailEvent;
  // `--query 'Events[].{Record:CloudTrailEvent}'` gives another name.
  return 'eventVersion' in value ? source : Object.values(value).find(isRecordText);
}

/** Whether a list is one event of `--query 'Events[].[EventTime,CloudTrailEvent]'`: one record among other values. */
function isRow(list: readonly unknown[]): boolean {
  return (
    list.filter(isRecordText).length === 1 && list.every((element) => typeof element !== 'object' || element === null)
  );
}

function isRecordText(value: unknown): value is string {
  return typeof value === 'string' && /^\s*\{/.test(value);
}

/** The texts of a list's elements, byte for byte. */
function elementsOf(list: string): string[] {
  const elements: string[] = [];
  for (let at = skipWhiteSpace(list, 1); at < list.length - 1; at = skipWhiteSpace(list, at + 1)) {
    const start = at;
    if (/[[{"]/.test(list.charAt(at))) at = endOfValue(list, at) ?? list.length;
    while (at < list.length && !/[,\]]/.test(list.charAt(at))) at += 1;
    elements.push(list.slice(start, at).trimEnd());
  }
  return elements;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The records of a sequence of JSON values. */
function* recordsOfJson(text: string): Generator<string | undefined> {
  for (const { value, source } of valuesOfJson(text, 'JSON, as aws cloudtrail lookup-events prints it,')) {
    yield* recordsIn(value, source);
  }
}

/**
 * The values of a sequence of JSON values, and the text of each.
 * @param expected what the text should be, in words
 * @throws BadLogFileError `json-syntax` or `json-truncated`
 */
export function* valuesOfJson(text: string, expected: string): Generator<{ value: unknown; source: string }> {
  let at = skipWhiteSpace(text, text.startsWith('\uFEFF') ? 1 : 0);
  while (at < text.length) {
    const end = endOfValue(text, at);
    if (end === undefined) throw problem('json-truncated', text, at, 'expected the end of the JSON value from here');
    const source = text.slice(at, end);
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      // The message of JSON.parse would show content.
      throw problem('json-syntax', text, at, `expected ${expected} from here`);
    }
    yield { value, source };
    at = skipWhiteSpace(text, end);
  }
}

function problem(code: 'json-syntax' | 'json-truncated', text: string, at: number, expectation: string) {
  return new BadLogFileError(code, Buffer.byteLength(text.slice(0, at)), expectation);
}

function skipWhiteSpace(text: string, from: number): number {
  let at = from;
  while (/[ \t\n\r]/.test(text.charAt(at))) at += 1;
  return at;
}

/** Index after the object, list or string that begins at `start`, or after all else up to white space; undefined if it has no end. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      at = endOfString(text, at);
      if (at >= text.length) return undefined;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (depth > 0 || !/^[ \t\n\r]?$/.test(text.charAt(at + 1))) continue;
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
