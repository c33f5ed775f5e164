import { isJson } from '../records/json-text.ts';
import {
  exceeds,
  type JsonArray,
  type JsonNode,
  type JsonObject,
  type JsonString,
  parseJsonText,
  replaceSpans,
  type Span,
} from './json-text.ts';
import { namesSecret } from './secret-names.ts';
import { MASK, maskSecretsInText } from './secret-patterns.ts';

/**
 * Masks secrets in the JSON text of one record: by the names of the members that hold them (MWAA's tokens, request and
 * response bodies, Airflow configuration), by the name next to a value in pairs such as tags, and by the look of any string
 * (keys, tokens, passwords in URLs). A string that is itself JSON is masked in the same way.
 * @param tree of `text`, if the caller has parsed it
 * @returns the text with secrets masked, otherwise exactly as it came, and the paths of what was masked, such as
 *   `requestParameters.Body`, in the record's order, without repeats
 */
export function redactRecord(text: string, tree = parseJsonText(text)): { text: string; redacted: string[] } {
  const masked: MaskedPart[] = [];
  visit(tree, { path: [], maskLeaves: false, inArray: false, record: tree }, masked);
  return {
    text: replaceSpans(text, masked),
    // A name may hold half a surrogate pair, which DynamoDB refuses.
    redacted: [...new Set(masked.map(({ path }) => path.toWellFormed()))].slice(0, MAX_PATHS),
  };
}

interface MaskedPart extends Span {
  by: string;
  path: string;
}

interface Position {
  path: readonly string[];
  /** Inside a member whose names are harmless but whose values may be anything. */
  maskLeaves: boolean;
  /** Directly inside a list. */
  inArray: boolean;
  /** The record itself, whose own members have fixed names; absent in JSON inside a string. */
  record?: JsonNode;
}

/** Members whose whole value is masked, by lower-case name. MWAA API reference: the shapes marked `sensitive`. */
const SECRET_MEMBERS = new Set(['clitoken', 'webtoken', 'body', 'restapiresponse', 'airflowconfigurationoptions']);

/** Members whose values are masked and whose names are kept: free-form input of InvokeRestApi. */
const SECRET_VALUES = new Set(['queryparameters']);

/**
 * The members of a pair: `{"Key": "db_password", "Value": "..."}`, ParameterKey and ParameterValue, OptionName and Value, in
 * any order.
 */
const PAIR_NAME = /(?:key|name|field|property|variable|setting|option|header|label|parameter|attribute|^type|^k|^id)$/i;
const PAIR_VALUE = /(?:val|values?|^v|^contents?|^default|^text|^data)$/i;

/** A flag of a command; its argument is the next element of the list. */
const FLAG = /^--?[a-z][\w-]{0,60}$/i;

/** Most members in a path, the outermost ones, and most paths that are listed: hostile records nest deeply. */
const MAX_PATH_LENGTH = 6;
const MAX_PATHS = 50;

/** The top-level members that identify an event; masking them would make it another event. */
const IDENTITY = new Set(['eventID', 'eventTime', 'eventSource', 'eventName', 'eventVersion', 'awsRegion']);

function visit(node: JsonNode, position: Position, masked: MaskedPart[]): void {
  switch (node.kind) {
    case 'object':
      visitObject(node, position, masked);
      return;
    case 'array':
      visitArray(node, position, masked);
      return;
    case 'string':
      visitString(node, position, masked);
      return;
    case 'literal':
      if (position.maskLeaves && !isHarmless(node)) mask(node, position.path, masked);
  }
}

function visitObject(node: JsonObject, position: Position, masked: MaskedPart[]): void {
  const isTopLevel = node === position.record;
  const isSecretPair =
    !isTopLevel && node.members.some(({ key, value }) => PAIR_NAME.test(key.value) && isSecretName(value));
  for (const { key, value } of node.members) {
    if (isTopLevel && IDENTITY.has(key.value) && isScalar(value)) continue;
    const safeName = maskSecretsInText(key.value);
    const { path } = position;
    const inside = { ...position, inArray: false, path: path.length < MAX_PATH_LENGTH ? [...path, safeName] : path };
    if (safeName !== key.value) replace(key, safeName, inside.path, masked);
    const name = key.value.toLowerCase();
    const isSecret = SECRET_MEMBERS.has(name) || namesSecret(key.value) || (isSecretPair && PAIR_VALUE.test(name));
    if (isSecret && !isTopLevel && !isHarmless(value)) mask(value, inside.path, masked);
    else visit(value, { ...inside, maskLeaves: position.maskLeaves || SECRET_VALUES.has(name) }, masked);
  }
}

/** An element may say that the next is secret: `["--password", "..."]`, and in a list of pairs `["password", "..."]`. */
function visitArray({ elements }: JsonArray, position: Position, masked: MaskedPart[]): void {
  for (const [i, element] of elements.entries()) {
    const before = elements[i - 1];
    const isArgument = before?.kind === 'string' && FLAG.test(before.value) && isSecretName(before);
    const isValue =
      position.inArray && i === 1 && elements.length === 2 && before !== undefined && isSecretName(before);
    if ((isArgument || isValue) && isScalar(element) && !isHarmless(element)) mask(element, position.path, masked);
    else visit(element, { ...position, inArray: true }, masked);
  }
}

function visitString(node: JsonString, { path, maskLeaves }: Position, masked: MaskedPart[]): void {
  if (maskLeaves) {
    if (!isHarmless(node)) mask(node, path, masked);
    return;
  }
  const safe = redactedJson(node.value, path) ?? maskSecretsInText(node.value);
  if (safe !== node.value) replace(node, safe, path, masked);
}

const EMBEDDED_BOUND = { values: 50_000, depth: 100 };

/** Masks the secrets in a string that is JSON. Returns undefined if it is not, or if taking it apart would cost too much. */
function redactedJson(text: string, path: readonly string[]): string | undefined {
  if (!/^\s*[[{]/.test(text) || exceeds(EMBEDDED_BOUND, text) || !isJson(text)) return undefined;
  const masked: MaskedPart[] = [];
  visit(parseJsonText(text), { path, maskLeaves: false, inArray: false }, masked);
  return replaceSpans(text, masked);
}

function mask(node: JsonNode, path: readonly string[], masked: MaskedPart[]): void {
  replace(node, MASK, path, masked);
}

function replace({ start, end }: Span, by: string, path: readonly string[], masked: MaskedPart[]): void {
  masked.push({ start, end, by: JSON.stringify(by), path: path.join('.') });
}

const isSecretName = (node: JsonNode) => node.kind === 'string' && namesSecret(node.value);

const isScalar = ({ kind }: JsonNode) => kind === 'string' || kind === 'literal';

/** Whether a value is not worth masking: empty, already masked, true, false or null. */
function isHarmless(node: JsonNode): boolean {
  if (node.kind === 'string') return node.value === '' || node.value === MASK;
  return node.kind === 'literal' && /^[tfn]/.test(node.text);
}
