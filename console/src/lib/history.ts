import { type JsonNode, type JsonObject, parseJsonText } from '../../../shared/audit-event/json-text.ts';
import type { StatusChange } from '../../../shared/audit-event/status-change.ts';
import type { Change, FieldChange, FieldState } from '../../../shared/query/configuration.ts';
import type { StoredEvent } from '../../../shared/store/event-item.ts';

// Answers of /environments/{name}/history. Their values stay JSON text, because a number of JavaScript cannot hold every digit.

/** The event that set something. */
type Reference = Pick<StoredEvent, 'eventId' | 'eventTime' | 'user' | 'provisional'>;

/** A change of a configuration, as the HTTP API tells it. */
export interface ChangeAnswer extends Pick<Change, 'missing' | 'result'> {
  event: Reference & Pick<StoredEvent, 'principal' | 'eventName' | 'outcome' | 'errorCode' | 'errorMessage'>;
  fields: FieldChange[];
  /** Its place among the others is not known. */
  isUnordered: boolean;
}

/** A setting of a configuration, and the event that set it. */
export interface SettingAnswer {
  path: string;
  json: string;
  masked: boolean;
  event: Reference;
}

/** An account and a Region that have an environment of the name. */
interface Place {
  accountId?: string;
  region?: string;
}

/** A status change that belongs to no change. */
export type StatusAnswer = Omit<StatusChange, 'environment' | 'accountId' | 'region'>;

/** The status that an environment had last, and since when. */
interface Status {
  status: string;
  since: string;
}

/** The changes of an environment, oldest first; without a status, no status change is known. */
export type ChangesAnswer = Place & { status?: Status; changes: ChangeAnswer[]; statusChanges: StatusAnswer[] };

/** What the configuration of an environment was. */
export interface ConfigurationAnswer extends Place {
  /** ISO 8601. */
  at: string;
  /** Fields that are not among the settings were not set; otherwise nothing is known of them. */
  complete: boolean;
  /** The event that deleted the environment. */
  deleted?: Reference;
  status?: Status;
  settings: SettingAnswer[];
}

/** Reads the answer about the changes. */
export function readChanges(text: string): ChangesAnswer[] {
  return elementsOf(parseJsonText(text)).map((history) => {
    const members = ['accountId', 'region', 'status', 'statusChanges'];
    const { statusChanges = [], ...place } = plainMembers(text, history, members);
    const changes = elementsOf(memberOf(history, 'changes')).map((change): ChangeAnswer => {
      const { fields: _, missing, unordered, result, ...event } = JSON.parse(text.slice(change.start, change.end));
      const fields = elementsOf(memberOf(change, 'fields')).map((field) => readField(text, field));
      return { event, fields, missing, isUnordered: unordered === true, result };
    });
    return { ...place, changes, statusChanges };
  });
}

/** A change with only the settings whose path has a text in it; undefined: it has none of them. @param text empty: all of them */
export function changeOf(change: ChangeAnswer, text: string): ChangeAnswer | undefined {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return change;
  const fields = change.fields.filter(({ path }) => path.toLowerCase().includes(wanted));
  return fields.length === 0 ? undefined : { ...change, fields };
}

/** Reads the answer about the configuration at a time. */
export function readConfigurations(text: string): ConfigurationAnswer[] {
  return elementsOf(parseJsonText(text)).map((history) => {
    const settings = objectsOf(memberOf(history, 'configuration')).map(([path, setting]): SettingAnswer => {
      const { masked = false, ...event } = plainMembers(text, setting, [
        'eventId',
        'eventTime',
        'user',
        'provisional',
        'masked',
      ]);
      return { path, json: textOf(text, memberOf(setting, 'value')), masked, event };
    });
    const others = plainMembers(text, history, ['accountId', 'region', 'at', 'complete', 'deleted', 'status']);
    return { ...others, settings };
  });
}

function readField(text: string, field: JsonObject): FieldChange {
  const { path, masked = false } = plainMembers(text, field, ['path', 'masked']);
  const before = readBefore(textOf(text, memberOf(field, 'before')));
  return { path, before, json: textOf(text, memberOf(field, 'after')), masked };
}

function readBefore(json: string): FieldState {
  if (json === 'null') return { is: 'not-set' };
  return json === '"unknown"' ? { is: 'unknown' } : { is: 'set', json, masked: false };
}

function memberOf({ members }: JsonObject, name: string): JsonNode | undefined {
  return members.findLast(({ key }) => key.value === name)?.value;
}

/** The elements of a list of objects. */
function elementsOf(node: JsonNode | undefined): JsonObject[] {
  return node?.kind === 'array' ? node.elements.filter((element) => element.kind === 'object') : [];
}

/** The members of an object that are objects, by name. */
function objectsOf(node: JsonNode | undefined): [string, JsonObject][] {
  const members = node?.kind === 'object' ? node.members : [];
  return members.flatMap(({ key, value }) => (value.kind === 'object' ? [[key.value, value]] : []));
}

const textOf = (text: string, node: JsonNode | undefined) =>
  node === undefined ? 'null' : text.slice(node.start, node.end);

/** Members whose digits do not matter, as values. */
function plainMembers(text: string, { members }: JsonObject, names: readonly string[]) {
  const plain = members.filter(({ key }) => names.includes(key.value));
  return JSON.parse(`{${plain.map(({ key, value }) => text.slice(key.start, value.end)).join(',')}}`);
}
