import type { StatusChange } from '../audit-event/status-change.ts';
import { HOUR_MS } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import type { StoredEvent } from '../store/event-item.ts';

/** A request that MWAA accepted, or made itself. */
export interface AcceptedRequest extends Pick<StoredEvent, 'eventId' | 'eventName' | 'eventType'> {
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
}

/**
 * What became of a request, as far as MWAA announced it. `failed`: MWAA restored the earlier configuration, or still does.
 * `broken`: it failed, and the environment is in neither state. `running`: no end was announced yet.
 */
export interface Result {
  is: 'done' | 'failed' | 'broken' | 'running';
  /** The last status that belongs to the request, and when the environment had it. */
  status: string;
  time: string;
  errorCode?: string;
  errorMessage?: string;
}

/** The results of requests, and the status changes that belong to none of them. */
export interface Results {
  /** By eventId. A request without status changes has none. */
  results: ReadonlyMap<string, Result>;
  /** Oldest first. */
  others: readonly StatusChange[];
}

type Operation = 'create' | 'update' | 'maintain' | 'delete';

const OPERATIONS: ReadonlyMap<string | undefined, Operation> = new Map([
  ['CreateEnvironment', 'create'],
  ['UpdateEnvironment', 'update'],
  ['DeleteEnvironment', 'delete'],
]);

/** What AWS does by itself, such as maintenance, is recorded as an update. */
function operationOf({ eventName, eventType }: AcceptedRequest): Operation | undefined {
  const operation = OPERATIONS.get(eventName);
  return operation === 'update' && eventType === 'AwsServiceEvent' ? 'maintain' : operation;
}

/**
 * The operations that lead to a status, and whether it is their end.
 * https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html
 */
const STATUSES: ReadonlyMap<string, { of: readonly Operation[]; isEnd: boolean }> = new Map([
  ['CREATING', { of: ['create'], isEnd: false }],
  ['PENDING', { of: ['create'], isEnd: false }],
  ['CREATE_FAILED', { of: ['create'], isEnd: true }],
  ['CREATING_SNAPSHOT', { of: ['update'], isEnd: false }],
  ['UPDATING', { of: ['update', 'maintain'], isEnd: false }],
  ['ROLLING_BACK', { of: ['update'], isEnd: false }],
  ['UPDATE_FAILED', { of: ['update', 'maintain'], isEnd: true }],
  ['AVAILABLE', { of: ['create', 'update', 'maintain'], isEnd: true }],
  ['UNAVAILABLE', { of: ['create', 'update', 'maintain'], isEnd: true }],
  ['DELETING', { of: ['delete'], isEnd: false }],
  ['DELETED', { of: ['delete'], isEnd: true }],
  ['MAINTENANCE', { of: ['maintain'], isEnd: false }],
]);
const isEnd = (status: string) => STATUSES.get(status)?.isEnd ?? false;

/** A request on which MWAA works, and the statuses that belong to it. */
interface Work {
  request: AcceptedRequest;
  operation: Operation;
  statuses: StatusChange[];
}

/**
 * Finds what became of the requests of one environment. MWAA carries out one request after the other, and works on an environment
 * by itself in between. Status changes may be missing, come twice, and in any order; no result is told from those of other work.
 */
export function resultsOf(accepted: readonly AcceptedRequest[], changes: readonly StatusChange[]): Results {
  const results = new Map<string, Result>();
  const others: StatusChange[] = [];
  let work: Work | undefined;
  for (const step of inOrder(accepted, changes)) {
    if ('eventId' in step) {
      const operation = operationOf(step);
      work = operation && { request: step, operation, statuses: [] };
    } else if (work !== undefined && belongsTo(step, work)) {
      work.statuses.push(step);
      results.set(work.request.eventId, resultOf(work));
      if (isEnd(step.status)) work = undefined;
    } else {
      others.push(step);
      // MWAA works on something else now, so what follows is of that. A status that is not known here says nothing.
      if (STATUSES.has(step.status)) work = undefined;
    }
  }
  return { results, others };
}

/** Oldest first. Within a second, in which both are told, a request follows the end of other work, and precedes its own statuses. */
function inOrder(accepted: readonly AcceptedRequest[], changes: readonly StatusChange[]) {
  const unique = new Map(changes.toSorted(byTime).map((change) => [change.id, change]));
  const steps = [...accepted, ...unique.values()].map((step) => ({ step, key: orderKey(step) }));
  return steps.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ step }) => step);
}

const byTime = (a: StatusChange, b: StatusChange) => (`${a.time}#${a.id}` < `${b.time}#${b.id}` ? -1 : 1);

function orderKey(step: AcceptedRequest | StatusChange): string {
  const second = step.time.slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  if ('eventId' in step) return `${second} 1 ${step.time}#${step.eventId}`;
  return `${second} ${isEnd(step.status) ? 0 : 2} ${step.time}#${step.id}`;
}

function belongsTo(change: StatusChange, { request, operation }: Work): boolean {
  if (!STATUSES.get(change.status)?.of.includes(operation)) return false;
  // An update that nobody tells of has the same statuses. Those of a creation and a deletion are their own, and an environment that
  // is available was created, whatever happened since.
  const isAmbiguous = operation === 'update' || operation === 'maintain' || change.status === 'UNAVAILABLE';
  return !isAmbiguous || isNotLater(change, request);
}

/** How much earlier than CloudTrail's time MWAA may say that it accepted an update, and how much later: it can take time to begin. */
const EARLIEST_MS = -5_000;
const LATEST_MS = HOUR_MS / 6;

/** Whether the last update that a status change names can be a request, or one before: then the status is newer than what it names. */
function isNotLater({ updateCreatedAt }: StatusChange, { time }: AcceptedRequest): boolean {
  return updateCreatedAt === undefined || Date.parse(updateCreatedAt) - Date.parse(time) <= LATEST_MS;
}

function isNotEarlier({ updateCreatedAt }: StatusChange, { time }: AcceptedRequest): boolean {
  return updateCreatedAt === undefined || Date.parse(updateCreatedAt) - Date.parse(time) >= EARLIEST_MS;
}

/** @param work with one status at least */
function resultOf({ request, operation, statuses }: Work): Result {
  const { status, time } = statuses.at(-1)!;
  const about = statuses.filter((change) => isNotEarlier(change, request));
  // An environment that was restored can be available again: then its last update says that it failed.
  const saysFailed = operation !== 'create' && isEnd(status) && about.at(-1)?.updateStatus === 'FAILED';
  const isFailed = saysFailed || statuses.some((change) => FAILURES.has(change.status));
  const is = status === 'UNAVAILABLE' ? 'broken' : isFailed ? 'failed' : isEnd(status) ? 'done' : 'running';
  const { errorCode, errorMessage } = (is !== 'done' && about.findLast(hasError)) || NO_ERROR;
  return { is, status, time, ...defined({ errorCode, errorMessage }) };
}

const FAILURES: ReadonlySet<string> = new Set(['CREATE_FAILED', 'ROLLING_BACK', 'UPDATE_FAILED']);
const NO_ERROR = { errorCode: undefined, errorMessage: undefined };
const hasError = ({ errorCode, errorMessage }: StatusChange) => (errorCode ?? errorMessage) !== undefined;
