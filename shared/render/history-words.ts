import type { StatusChange } from '../audit-event/status-change.ts';
import type { Change, FieldChange, FieldState, Setting } from '../query/configuration.ts';
import type { Result } from '../query/results.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { reasonOf, whoOf } from './event-words.ts';
import type { View } from './view.ts';

const VERBS: Readonly<Record<string, [did: string, attempt: string]>> = {
  CreateEnvironment: ['created', 'create'],
  UpdateEnvironment: ['updated', 'update'],
  DeleteEnvironment: ['deleted', 'delete'],
};

/** What is told of an event that changes a configuration. */
type Told = 'eventName' | 'outcome' | 'user' | 'principal' | 'errorCode' | 'errorMessage' | 'statusCode';

/**
 * `updated by mei.tanaka`; `update denied: mei.tanaka, AccessDenied: ...` with what may be cut off last; `update requested by
 * mei.tanaka` if it is not known to be done, though something is known.
 */
export function whatHappened(
  event: Pick<StoredEvent, Told>,
  view: Pick<View, 'aliases'>,
  result?: Pick<Result, 'is'>,
): string {
  const { eventName = '', outcome } = event;
  const [did, attempt] = VERBS[eventName] ?? [eventName, eventName];
  const who = whoOf(event, view);
  if (outcome === 'ok')
    return (result?.is ?? 'done') === 'done' ? `${did} by ${who}` : `${attempt} requested by ${who}`;
  return `${attempt} ${outcome}: ${[who, reasonOf(event)].filter((part) => part !== '').join(', ')}`;
}

/** What a request that MWAA accepted does not tell. */
export const ACCEPTED = 'A request that MWAA accepted may still fail later; the trail does not say.';

/** Where results come from, if the store has some. */
export const ANNOUNCED =
  'Results, and rows without an event, are what MWAA announced to EventBridge: CloudTrail did not sign them.';

/** `carried out at 2026-11-06 02:41:03 UTC (AVAILABLE)`; why it failed comes last. @param full shows a time */
export function resultText({ is, status, time, ...error }: Result, full: (time: string) => string): string {
  const reason = errorText(error);
  return `${RESULTS[is]} ${full(time)} (${status})${reason === undefined ? '' : `: ${reason}`}`;
}

const RESULTS: Readonly<Record<Result['is'], string>> = {
  done: 'carried out at',
  failed: 'failed at',
  broken: 'failed at',
  running: 'not finished at',
};

/** Of a change that MWAA accepted, in an environment of which some status changes are known. */
export const RESULT_UNKNOWN = 'not known whether it was carried out: no status change tells';

/** `status MAINTENANCE, by MWAA`: a status change that belongs to no request. */
export const statusText = ({ status }: Pick<StatusChange, 'status'>) => `status ${status} (not signed by CloudTrail)`;

/** What a status change says beside the status. */
export function statusNotes({
  updateSource,
  ...error
}: Pick<StatusChange, 'updateSource' | 'errorCode' | 'errorMessage'>): string[] {
  const reason = errorText(error);
  return [
    ...(updateSource === undefined ? [] : [`Last update by ${updateSource}`]),
    ...(reason === undefined ? [] : [reason]),
  ];
}

/** `INCORRECT_CONFIGURATION: You may need to ...` */
function errorText({ errorCode, errorMessage }: Pick<StatusChange, 'errorCode' | 'errorMessage'>): string | undefined {
  const parts = [errorCode, errorMessage].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(': ');
}

/** Why a change has no fields; undefined: it has some, or needs none. @param whyNoRecord if the record is missing */
export function noteOn(
  {
    event,
    fields,
    missing,
    result,
  }: Pick<Change, 'missing' | 'result'> & {
    event: Pick<StoredEvent, 'eventName' | 'outcome'>;
    fields: readonly unknown[];
  },
  whyNoRecord: string,
): string[] {
  if (result?.is === 'broken') return [`The earlier configuration was not restored. ${ALL_UNKNOWN}`];
  if (missing === undefined) {
    return fields.length > 0 || event.eventName === 'DeleteEnvironment' ? [] : ['It names no field.'];
  }
  const why = missing === 'record' ? whyNoRecord : 'The record does not have the request.';
  return [
    `What was to be set is not known. ${why}`,
    ...(event.outcome === 'ok' && result?.is !== 'failed' ? [ALL_UNKNOWN] : []),
  ];
}

const ALL_UNKNOWN = 'From here on, fields are unknown until they are set again.';
/** On a change whose place among the others is not known. */
export const UNORDERED = 'It has no valid time, so its place is not known.';

/** `10 -> 25` */
export function changeText(field: FieldChange, event: Pick<StoredEvent, 'outcome'>): string {
  const { before, json, masked } = field;
  if (masked || before.is === 'none') return afterText(field, event);
  if (before.is === 'set' && before.json === json) return `${valueText(json)} (as before)`;
  return `${beforeText(before)} -> ${valueText(json)}`;
}

/** What a field was: `10`, `not set`. */
export function beforeText(before: FieldState): string {
  return before.is === 'set' ? settingText(before) : STATES[before.is];
}

/** What a field became. A masked value may be the one from before, but that cannot be seen. */
export function afterText(
  { json, masked }: Pick<FieldChange, 'json' | 'masked'>,
  { outcome }: Pick<StoredEvent, 'outcome'>,
): string {
  if (masked) return outcome === 'ok' ? 'changed (masked)' : 'masked';
  return valueText(json);
}

const STATES = { 'not-set': 'not set', unknown: 'unknown', none: '' } as const;

/** What a field is. */
export const settingText = ({ json, masked }: Pick<Setting, 'json' | 'masked'>) =>
  masked ? 'masked' : valueText(json);

/** A string without its quotes, unless it is empty; other values as JSON. */
function valueText(json: string): string {
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : '';
  return typeof value === 'string' && value !== '' ? value : json;
}

/** What a configuration does not tell. @param hasSettings some fields are known */
export function othersUnknown(hasSettings: boolean): string {
  return `${hasSettings ? 'All other fields' : 'All fields'} are unknown: the trail does not have every change.`;
}
