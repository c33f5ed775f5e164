import { type JsonNode, type JsonString, parseJsonText, replaceSpans } from './json-text.ts';
import { maskSecretsInText } from './secret-patterns.ts';

/** What stands in place of a secret; CloudTrail itself masks with the same text. */
export const MASK = '***';

export interface RedactedRecord {
  /** The record's text with secrets masked, otherwise exactly as it came. */
  text: string;
  /** Where something was masked, as paths such as `requestParameters.Body`, in the record's order, without repeats. */
  redacted: string[];
}

/**
 * Masks secrets in the JSON text of one record: by the names of the members that hold them (MWAA's tokens, request and
 * response bodies, Airflow configuration), and by the look of a string (keys, tokens, passwords in URLs), wherever it is.
 * @param tree of `text`, for those who have parsed it
 */
export function redactRecord(text: string, tree = parseJsonText(text)): RedactedRecord {
  const masked: MaskedPart[] = [];
  visit(tree, { path: [], maskLeaves: false }, masked);
  return {
    text: replaceSpans(text, masked),
    // A name may hold half a surrogate pair, which DynamoDB refuses.
    redacted: [...new Set(masked.map(({ path }) => path.toWellFormed()))].slice(0, MAX_PATHS),
  };
}

interface MaskedPart {
  start: number;
  end: number;
  by: string;
  path: string;
}

interface Position {
  path: readonly string[];
  /** Inside a member whose names are harmless but whose values may be anything. */
  maskLeaves: boolean;
}

/** Members whose whole value is masked, by lower-case name. MWAA API reference: the shapes marked `sensitive`. */
const SECRET_MEMBERS = new Set(['clitoken', 'webtoken', 'body', 'restapiresponse', 'airflowconfigurationoptions']);

/** Members whose values are masked and whose names are kept: free-form input of InvokeRestApi. */
const SECRET_VALUES = new Set(['queryparameters']);

/** Names that speak of a secret in free-form parts, such as tags. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|private[-_]?key|api[-_]?key|authorization|cookie|fernet|(^|[-_.]|cli|web|session|access|refresh|id|auth|security|bearer|jwt|csrf|login|user)tokens?$/i;

/** ... but not when they end so: the name, ARN or id of a secret is none. */
const REFERENCE_NAME = /(arn|id|name|version)s?$/i;

/** Paths name at most this many members, the outermost ones, and at most so many are listed: hostile records nest deeply. */
const MAX_PATH_LENGTH = 6;
const MAX_PATHS = 50;

/** The top-level members that identify an event; masking them would make it another event. */
const IDENTITY = new Set(['eventID', 'eventTime', 'eventSource', 'eventName', 'eventVersion', 'awsRegion']);

function visit(node: JsonNode, position: Position, masked: MaskedPart[]): void {
  switch (node.kind) {
    case 'object':
      for (const { key, value } of node.members) visitMember(key, value, position, masked);
      return;
    case 'array':
      for (const element of node.elements) visit(element, position, masked);
      return;
    case 'string':
      visitString(node, position, masked);
      return;
    case 'literal':
      if (position.maskLeaves && !isHarmless(node)) mask(node, position.path, masked);
  }
}

function visitMember(key: JsonString, value: JsonNode, position: Position, masked: MaskedPart[]): void {
  const topLevel = position.path.length === 0;
  if (topLevel && IDENTITY.has(key.value) && isScalar(value)) return;
  const safeName = maskSecretsInText(key.value);
  const path = position.path.length < MAX_PATH_LENGTH ? [...position.path, safeName] : position.path;
  if (safeName !== key.value) masked.push({ ...span(key), by: JSON.stringify(safeName), path: path.join('.') });
  const name = key.value.toLowerCase();
  const secret = SECRET_MEMBERS.has(name) || (SECRET_NAME.test(name) && !REFERENCE_NAME.test(name));
  if (secret && !topLevel && !isHarmless(value)) mask(value, path, masked);
  else visit(value, { path, maskLeaves: position.maskLeaves || SECRET_VALUES.has(name) }, masked);
}

function visitString(node: JsonString, { path, maskLeaves }: Position, masked: MaskedPart[]): void {
  if (maskLeaves) {
    if (!isHarmless(node)) mask(node, path, masked);
    return;
  }
  const safe = maskSecretsInText(node.value);
  if (safe !== node.value) masked.push({ ...span(node), by: JSON.stringify(safe), path: path.join('.') });
}

function mask(node: JsonNode, path: readonly string[], masked: MaskedPart[]): void {
  masked.push({ ...span(node), by: JSON.stringify(MASK), path: path.join('.') });
}

const isScalar = ({ kind }: JsonNode) => kind === 'string' || kind === 'literal';

/** Nothing to hide: empty, already masked, or a mere true, false or null. */
function isHarmless(node: JsonNode): boolean {
  if (node.kind === 'string') return node.value === '' || node.value === MASK;
  return node.kind === 'literal' && /^[tfn]/.test(node.text);
}

const span = ({ start, end }: JsonNode) => ({ start, end });
