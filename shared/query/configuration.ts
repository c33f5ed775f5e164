import { NO_DAY, timeOf } from '../audit-event/event-time.ts';
import { canonicalJson, type JsonNode, type JsonObject, parseJsonText } from '../audit-event/json-text.ts';
import { MASK } from '../audit-event/secret-patterns.ts';
import type { StatusChange } from '../audit-event/status-change.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { newestFirst } from '../store/events-table.ts';
import { memberPath } from './compare.ts';
import { type Result, resultsOf } from './results.ts';

/** The operations that make, change and end an environment's configuration. */
export const CONFIGURING_OPERATIONS = ['CreateEnvironment', 'UpdateEnvironment', 'DeleteEnvironment'] as const;

/** What happened to the environments of one name in one account and Region. */
export interface History {
  accountId: string | undefined;
  region: string | undefined;
  /** Oldest first; those without a valid time come before all others. */
  changes: readonly Change[];
  /** After the last change. */
  configuration: Configuration;
  /** The status changes that belong to no change, oldest first. */
  statusChanges: readonly StatusChange[];
  /** The last status change; undefined: none is known. */
  status: StatusChange | undefined;
}

/** What one event asked for. MWAA accepted it only if the event's outcome is ok. */
export interface Change {
  event: StoredEvent;
  /** In the order of their paths. */
  fields: readonly FieldChange[];
  /** What is missing, so that `fields` cannot be known: the record was too big to be stored, or it has no request. */
  missing: 'record' | 'request' | undefined;
  /** The event has no valid time: its place among the others is not known, and it is not part of the configuration. */
  isUnordered: boolean;
  /** What became of it; undefined: that is not known, or it was not accepted. */
  result: Result | undefined;
}

/** A value as the record of a request has it. */
interface FieldValue {
  /** JSON text: never an object, because the members of an object are fields of their own. */
  json: string;
  /** CloudTrail or the redaction masked it, or a part of it: two values with this text may differ. */
  masked: boolean;
}

export interface FieldChange extends FieldValue {
  /** `LoggingConfiguration.TaskLogs.LogLevel`; members with unusual names are written as `["a.b"]`. */
  path: string;
  before: FieldState;
}

/**
 * What a field was, as far as the events tell. `none`: there was nothing before, because the environment is new or because the
 * field only tells how to carry out the request.
 */
export type FieldState = ({ is: 'set' } & FieldValue) | { is: 'not-set' | 'unknown' | 'none' };

/** What is known of a configuration. */
export interface Configuration {
  settings: Settings;
  /** What all other fields are: unless the event is known that created the environment, they may have any value. */
  others: 'not-set' | 'unknown';
  /** The event that deleted the environment, which then has no settings. */
  deletedBy: StoredEvent | undefined;
}

/** The fields of an object by name. */
type Settings = ReadonlyMap<string, Setting | Settings>;

/** A value and the last event that set it. */
export interface Setting extends FieldValue {
  event: StoredEvent;
}

const NONE: Settings = new Map();
const UNKNOWN: Configuration = { settings: NONE, others: 'unknown', deletedBy: undefined };
/** That of a new environment, before its first settings. */
const EMPTY: Configuration = { settings: NONE, others: 'not-set', deletedBy: undefined };

/** What is told: all up to `until` (exclusive; ISO 8601 with milliseconds), and what became of it later. */
interface Range {
  until?: string | undefined;
}

/**
 * Tells the histories of the environments of one name, a history for each account and Region, in their order. Events and status
 * changes may come in any order, and more than once. Of an event and its addenda, the newest version counts.
 */
export function historiesOf(
  events: Iterable<StoredEvent>,
  statusChanges: readonly StatusChange[] = [],
  { until = LATER_THAN_ALL }: Range = {},
): History[] {
  const unique = [...Map.groupBy(events, ({ eventId }) => eventId).values()].map(newestOf);
  const eventsByPlace = Map.groupBy(unique, placeKey);
  const statusesByPlace = Map.groupBy(statusChanges, placeKey);
  return [...new Set([...eventsByPlace.keys(), ...statusesByPlace.keys()])].sort().flatMap((place) => {
    const history = historyOf(eventsByPlace.get(place) ?? [], statusesByPlace.get(place) ?? [], until);
    return history.changes.length === 0 && history.status === undefined ? [] : [history];
  });
}

const LATER_THAN_ALL = '~';
const placeKey = ({ accountId, region }: Pick<StoredEvent, 'accountId' | 'region'>) =>
  JSON.stringify([accountId, region]);

/** Whether everything that was ever requested for a configuration is known. */
export function isComplete({ configuration, changes }: History): boolean {
  return configuration.others === 'not-set' && !changes.some((one) => one.isUnordered && one.event.outcome === 'ok');
}

/** The settings of a configuration by path, in the order of their paths. */
export function settingsByPath({ settings }: Configuration): [path: string, setting: Setting][] {
  return [...settingsBelow(settings, '')].sort(byPath);
}

function* settingsBelow(settings: Settings, path: string): Generator<[path: string, setting: Setting]> {
  for (const [name, setting] of settings) {
    const inner = memberPath(path, name);
    if (isSetting(setting)) yield [inner, setting];
    else yield* settingsBelow(setting, inner);
  }
}

const byPath = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) => (a < b ? -1 : 1);

function historyOf(events: readonly StoredEvent[], statusChanges: readonly StatusChange[], until: string): History {
  const ordered = standing(events).sort((a, b) => (a.timeKey < b.timeKey ? -1 : 1));
  const accepted = ordered.filter((event) => event.outcome === 'ok' && !isUnordered(event));
  const { results, others } = resultsOf(
    accepted.map((event) => ({ ...event, time: timeOf(event.timeKey) })),
    statusChanges,
  );
  let configuration = UNKNOWN;
  const changes = ordered
    .filter(({ timeKey }) => timeKey < until)
    .map((event): Change => {
      const request = requestOf(event);
      const before = isUnordered(event) ? UNKNOWN : baseOf(event, configuration);
      const result = results.get(event.eventId);
      const fields = fieldsOf(event, request, before);
      if (event.outcome === 'ok' && !isUnordered(event)) configuration = after(event, request, before, result);
      return { event, fields, missing: request.missing, isUnordered: isUnordered(event), result };
    });
  const { accountId, region } = events[0] ?? statusChanges[0] ?? {};
  const isTold = ({ time }: StatusChange) => time < until;
  const status = statusChanges.filter(isTold).reduce<StatusChange | undefined>(newerOf, undefined);
  return { accountId, region, changes, configuration, statusChanges: others.filter(isTold), status };
}

const isUnordered = ({ timeKey }: StoredEvent) => timeKey.startsWith(NO_DAY);

function newerOf(one: StatusChange | undefined, other: StatusChange): StatusChange {
  return one === undefined || `${other.time}#${other.id}` > `${one.time}#${one.id}` ? other : one;
}

/** The events without those that addenda with eventIDs of their own replace. */
function standing(events: readonly StoredEvent[]): StoredEvent[] {
  const superseded = new Set(events.map(({ supersedes }) => supersedes));
  const others = events.filter(({ eventId }) => !superseded.has(eventId));
  return [...Map.groupBy(others, ({ eventId, supersedes }) => supersedes ?? eventId).values()].map(newestOf);
}

const newestOf = (versions: readonly StoredEvent[]) => newestFirst(versions)[0]!;

/** What an event asked for: the members of its request, or why they are not known. */
type Request = { members: readonly Member[]; missing?: never } | { members?: never; missing: 'record' | 'request' };
type Member = [name: string, value: JsonNode];

function requestOf({ eventName, eventType, record }: StoredEvent): Request {
  // This request has a name and nothing else.
  if (eventName === 'DeleteEnvironment') return { members: [] };
  if (record === undefined) return { missing: 'record' };
  const request = memberOf(parseJsonText(record), 'requestParameters');
  if (request?.kind === 'object' && !isOmitted(request)) {
    return { members: membersOf(request).filter(([name]) => !NAMES.has(name)) };
  }
  // What AWS does by itself, such as maintenance, has no request.
  return eventType === 'AwsServiceEvent' ? { members: [] } : { missing: 'request' };
}

/** These members name the environment. */
const NAMES: ReadonlySet<string> = new Set(['Name', 'name']);

/**
 * CloudTrail leaves out a request above 100 KB and writes `omitted` in its place.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
function isOmitted(request: JsonObject): boolean {
  const omitted = memberOf(request, 'omitted');
  return omitted?.kind === 'literal' && omitted.text === 'true';
}

/** The configuration that an event's request is about. */
function baseOf({ eventName, outcome }: StoredEvent, before: Configuration): Configuration {
  if (eventName === 'CreateEnvironment') return EMPTY;
  // The deleted environment was created again, by an event that is not known.
  const isThereAgain = before.deletedBy !== undefined && outcome === 'ok' && eventName !== 'DeleteEnvironment';
  return isThereAgain ? UNKNOWN : before;
}

function fieldsOf({ eventName }: StoredEvent, { members = [] }: Request, base: Configuration): FieldChange[] {
  const isNew = eventName === 'CreateEnvironment';
  const fields = members.flatMap(([name, value]) => {
    const state: Before =
      isNew || PASSING.has(name)
        ? { setting: undefined, others: 'none' }
        : { setting: base.settings.get(name), others: base.others };
    return [...fieldsBelow(value, memberPath('', name), state)];
  });
  return fields.sort((a, b) => byPath([a.path], [b.path]));
}

/**
 * These are no part of the configuration. WorkerReplacementStrategy tells how to carry out one update. The tags at creation are
 * changed by operations of their own, TagResource and UntagResource.
 * https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
 */
const PASSING: ReadonlySet<string> = new Set(['Tags', 'WorkerReplacementStrategy']);

/** What the fields below a name were. */
interface Before {
  setting: Setting | Settings | undefined;
  others: 'not-set' | 'unknown' | 'none';
}

/** The fields of a value: of an object those of its members, so a field that it does not name stays as it was. */
function* fieldsBelow(value: JsonNode, path: string, { setting, others }: Before): Generator<FieldChange> {
  if (value.kind === 'object') {
    const settings = setting === undefined || isSetting(setting) ? NONE : setting;
    for (const [name, member] of membersOf(value)) {
      yield* fieldsBelow(member, memberPath(path, name), { setting: settings.get(name), others });
    }
  } else {
    const before: FieldState = setting !== undefined && isSetting(setting) ? stateOf(setting) : { is: others };
    yield { path, ...fieldValue(value), before };
  }
}

const stateOf = ({ json, masked }: Setting): FieldState => ({ is: 'set', json, masked });
const fieldValue = (value: JsonNode): FieldValue => ({ json: canonicalJson(value), masked: isMasked(value) });
const isSetting = (node: Setting | Settings): node is Setting => 'json' in node;

/** The configuration after an event whose request was accepted. @param base what the request is about */
function after(event: StoredEvent, { members, missing }: Request, base: Configuration, result?: Result): Configuration {
  // MWAA keeps what was before an update that fails. Nothing is there if a creation fails.
  if (result?.is === 'failed') return base;
  if (event.eventName === 'DeleteEnvironment') return { ...EMPTY, deletedBy: event };
  // Any field may have any value now.
  if (missing !== undefined) return UNKNOWN;
  const kept = members.filter(([name]) => !PASSING.has(name));
  const settings = merged(base.settings, kept, event);
  return result?.is === 'broken' ? UNKNOWN : { ...base, settings };
}

/**
 * Sets fields, and keeps those that are not named. UpdateEnvironment is a PATCH: its NetworkConfiguration cannot even name the
 * subnets, and every member of its LoggingConfiguration may be left out.
 * https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
 */
function merged(settings: Settings, members: readonly Member[], event: StoredEvent): Settings {
  const result = new Map(settings);
  for (const [name, value] of members) {
    if (value.kind === 'object') {
      const inside = settings.get(name) ?? NONE;
      const inner = merged(isSetting(inside) ? NONE : inside, membersOf(value), event);
      // An empty object sets nothing.
      if (inner.size > 0) result.set(name, inner);
    } else {
      result.set(name, { ...fieldValue(value), event });
    }
  }
  return result;
}

function isMasked(value: JsonNode): boolean {
  switch (value.kind) {
    case 'object':
      return value.members.some((member) => isMasked(member.key) || isMasked(member.value));
    case 'array':
      return value.elements.some(isMasked);
    case 'string':
      return value.value.includes(MASK);
    case 'literal':
      return false;
  }
}

function memberOf(node: JsonNode, name: string): JsonNode | undefined {
  return node.kind === 'object' ? node.members.findLast(({ key }) => key.value === name)?.value : undefined;
}

/** Of members with one name, the last counts, as for JSON.parse. */
function membersOf({ members }: JsonObject): Member[] {
  return [...new Map(members.map(({ key, value }) => [key.value, value]))];
}
