import type { StatusChange } from '../audit-event/status-change.ts';
import { defined } from '../defined.ts';
import { STATUS_CHANGE } from '../delivery/notifications.ts';
import {
  type Change,
  type FieldChange,
  type FieldState,
  type History,
  isComplete,
  type Setting,
  settingsByPath,
} from '../query/configuration.ts';
import type { HistoryQuestion } from '../query/history.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { csvRow } from './csv.ts';

/** A history as one line of JSON: its changes or, if the question is about a time, its configuration. */
export function historyJson(history: History, { environment, at }: HistoryQuestion): string {
  const { accountId, region, status, statusChanges } = history;
  const changes = () => ({
    changes: list(history.changes.map(changeJson)),
    // An environment of which no status is known has none of these.
    ...(status === undefined
      ? {}
      : { statusChanges: list(statusChanges.map((change) => JSON.stringify(toldOf(change)))) }),
  });
  return object({
    ...plain({ environment, accountId, region, status: status && { status: status.status, since: status.time } }),
    ...(at === undefined ? changes() : configurationMembers(history, at)),
  });
}

/** A status change without the place, which its history tells. */
const toldOf = ({ environment: _, accountId: __, region: ___, ...change }: StatusChange) => change;

function changeJson({ event, fields, missing, isUnordered, result }: Change): string {
  const { eventName, principal, outcome, errorCode, errorMessage } = event;
  return object({
    ...plain({ ...referenceTo(event), principal, eventName, outcome, errorCode, errorMessage }),
    fields: list(fields.map(fieldJson)),
    ...plain({ result, missing, unordered: isUnordered || undefined }),
  });
}

function fieldJson({ path, json, masked, before }: FieldChange): string {
  return object({ ...plain({ path }), before: beforeJson(before), after: json, ...plain({ masked }) });
}

/** The JSON text of what a field was. */
function beforeJson(before: FieldState): string {
  if (before.is === 'set') return before.json;
  return before.is === 'unknown' ? '"unknown"' : 'null';
}

function configurationMembers(history: History, at: string): Record<string, string> {
  const { deletedBy } = history.configuration;
  const settings = settingsByPath(history.configuration).map(
    ([path, setting]) => [path, settingJson(setting)] as const,
  );
  return {
    ...plain({ at, complete: isComplete(history), deleted: deletedBy && referenceTo(deletedBy) }),
    configuration: object(Object.fromEntries(settings)),
  };
}

function settingJson({ json, masked, event }: Setting): string {
  return object({ value: json, ...plain({ ...referenceTo(event), masked: masked || undefined }) });
}

const referenceTo = ({ eventId, eventTime, user, provisional }: StoredEvent) =>
  defined({ eventId, eventTime, user, provisional });

// The values of fields are JSON text of the record, so that no digit is lost. So objects are put together from texts.

const object = (members: Readonly<Record<string, string>>) =>
  `{${Object.entries(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
const list = (elements: readonly string[]) => `[${elements.join(',')}]`;
const plain = (members: object): Record<string, string> =>
  Object.fromEntries(Object.entries(defined(members)).map(([name, value]) => [name, JSON.stringify(value)]));

const CHANGE_COLUMNS = [
  ...['accountId', 'region', 'eventTime', 'eventId', 'eventName', 'user', 'principal', 'outcome', 'errorCode'],
  ...['path', 'before', 'after', 'masked', 'missing', 'unordered', 'provisional'],
  ...['result', 'resultStatus', 'resultTime'],
];
const SETTING_COLUMNS = [
  'accountId',
  'region',
  'path',
  'value',
  'masked',
  'eventId',
  'eventTime',
  'user',
  'provisional',
];

export const historyColumns = ({ at }: HistoryQuestion) => (at === undefined ? CHANGE_COLUMNS : SETTING_COLUMNS);

/**
 * A history as rows of CSV, one for each field; a change without fields has a row too, and so has a status change. Values are JSON text, `unknown` is none,
 * and a field that was not set has an empty cell.
 */
export function historyCsv(history: History, question: HistoryQuestion): string {
  const { accountId, region } = history;
  const rows =
    question.at === undefined
      ? [...history.changes.flatMap(changeRows), ...history.statusChanges.map(statusRow)]
      : settingRows(history);
  const columns = historyColumns(question);
  const csvOf = (row: Row) => csvRow(columns.map((name) => String(row[name] ?? '')));
  return rows.map((row) => csvOf({ accountId, region, ...row })).join('');
}

type Row = Readonly<Record<string, string | boolean | undefined>>;

function changeRows({ event, fields, missing, isUnordered, result }: Change): Row[] {
  const { eventName, principal, outcome, errorCode } = event;
  const unordered = isUnordered || undefined;
  const became = { result: result?.is, resultStatus: result?.status, resultTime: result?.time };
  const common = { ...referenceTo(event), eventName, principal, outcome, errorCode, missing, unordered, ...became };
  if (fields.length === 0) return [common];
  return fields.map(({ path, json, masked, before }) => ({
    ...common,
    path,
    before: before.is === 'set' ? before.json : before.is === 'unknown' ? 'unknown' : undefined,
    after: json,
    masked,
  }));
}

/** The name of the event is EventBridge's, and so is its ID. */
function statusRow({ id, time, status, errorCode }: StatusChange): Row {
  return { eventTime: time, eventId: id, eventName: STATUS_CHANGE, errorCode, resultStatus: status };
}

function settingRows({ configuration }: History): Row[] {
  return settingsByPath(configuration).map(([path, { json, masked, event }]) => ({
    ...referenceTo(event),
    path,
    value: json,
    masked,
  }));
}
