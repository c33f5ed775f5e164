/**
 * The syntax tree of a JSON text. Every node knows where its text starts and ends, so parts can be replaced while numbers,
 * escapes, duplicate members and the order of members stay as written.
 */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonLiteral;

/** A part of a text. */
export interface Span {
  /** Offset of the first character of the node's text, in UTF-16 units. */
  start: number;
  /** Offset after the last character. */
  end: number;
}

export interface JsonObject extends Span {
  kind: 'object';
  members: { key: JsonString; value: JsonNode }[];
}

export interface JsonArray extends Span {
  kind: 'array';
  elements: JsonNode[];
}

export interface JsonString extends Span {
  kind: 'string';
  /** The decoded string. */
  value: string;
}

/** A number, true, false or null. */
interface JsonLiteral extends Span {
  kind: 'literal';
  /** As written. */
  text: string;
}

/**
 * Parses JSON text that `JSON.parse` is known to accept; it does not validate.
 * @param text JSON text; its nesting is bounded by the reader's depth cap
 */
export function parseJsonText(text: string): JsonNode {
  return parseValue(text, skipWhiteSpace(text, 0));
}

/**
 * Whether a JSON text has more values, or deeper nesting, than a bound; of other texts, either answer. The tree of a text of
 * small values takes a hundred times its memory; this takes none.
 */
export function exceeds(bound: { values: number; depth: number }, text: string): boolean {
  // A value and what separates it from the next have two characters at least.
  if (text.length < 2 * bound.values && text.length <= bound.depth) return false;
  let values = 0;
  let depth = 0;
  for (let at = 0; at < text.length && values <= bound.values && depth <= bound.depth; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === ']' || character === '}') depth -= 1;
    else if (character === ',') values += 1;
    else if (character === '[' || character === '{') {
      values += 1;
      depth += 1;
    }
  }
  return values > bound.values || depth > bound.depth;
}

/**
 * The text without white space between tokens and with members sorted by name (the last of duplicates wins), strings in
 * one spelling, numbers as written. Two texts of one value have one canonical form.
 */
export function canonicalJson(node: JsonNode): string {
  switch (node.kind) {
    case 'object': {
      const members = [...new Map(node.members.map(({ key, value }) => [key.value, value]))];
      members.sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`;
    }
    case 'array':
      return `[${node.elements.map((element) => canonicalJson(element)).join(',')}]`;
    case 'string':
      return JSON.stringify(node.value);
    case 'literal':
      return node.text;
  }
}

/** The text with one member or element a line, indented by two spaces; names, strings and numbers stay as written. */
export function indentedJson(text: string): string {
  return indented(text, parseJsonText(text), '\n');
}

/** The text with each replaced part exchanged; everything between them stays as it is. */
export function replaceSpans(text: string, replacements: readonly (Span & { by: string })[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, by } of replacements) {
    result += text.slice(from, start) + by;
    from = end;
  }
  return result + text.slice(from);
}

function indented(text: string, node: JsonNode, newline: string): string {
  const inner = `${newline}  `;
  if (node.kind === 'object' && node.members.length > 0) {
    const members = node.members.map(({ key, value }) => `${asWritten(text, key)}: ${indented(text, value, inner)}`);
    return `{${inner}${members.join(`,${inner}`)}${newline}}`;
  }
  if (node.kind === 'array' && node.elements.length > 0) {
    return `[${inner}${node.elements.map((element) => indented(text, element, inner)).join(`,${inner}`)}${newline}]`;
  }
  return node.kind === 'object' ? '{}' : node.kind === 'array' ? '[]' : asWritten(text, node);
}

const asWritten = (text: string, { start, end }: Span) => text.slice(start, end);

function parseValue(text: string, start: number): JsonNode {
  switch (text[start]) {
    case '{':
      return parseObject(text, start);
    case '[':
      return parseArray(text, start);
    case '"':
      return parseString(text, start);
    default:
      return parseLiteral(text, start);
  }
}

function parseObject(text: string, start: number): JsonObject {
  const members: JsonObject['members'] = [];
  let at = skipWhiteSpace(text, start + 1);
  while (text[at] !== '}') {
    const key = parseString(text, at);
    const colon = skipWhiteSpace(text, key.end);
    const value = parseValue(text, skipWhiteSpace(text, colon + 1));
    members.push({ key, value });
    at = skipSeparator(text, value.end);
  }
  return { kind: 'object', start, end: at + 1, members };
}

function parseArray(text: string, start: number): JsonArray {
  const elements: JsonNode[] = [];
  let at = skipWhiteSpace(text, start + 1);
  while (text[at] !== ']') {
    const element = parseValue(text, at);
    elements.push(element);
    at = skipSeparator(text, element.end);
  }
  return { kind: 'array', start, end: at + 1, elements };
}

function parseString(text: string, start: number): JsonString {
  const end = endOfString(text, start);
  return { kind: 'string', start, end, value: JSON.parse(text.slice(start, end)) as string };
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

function parseLiteral(text: string, start: number): JsonLiteral {
  let end = start;
  while (end < text.length && !',]} \t\n\r'.includes(text[end]!)) end += 1;
  return { kind: 'literal', start, end, text: text.slice(start, end) };
}

/** Past white space and at most one comma. */
function skipSeparator(text: string, start: number): number {
  const at = skipWhiteSpace(text, start);
  return text[at] === ',' ? skipWhiteSpace(text, at + 1) : at;
}

function skipWhiteSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}
