import fc from 'fast-check';
import type { History } from '../../shared/query/configuration.ts';
import { historyJson } from '../../shared/render/history-data.ts';
import { mwaaRecord } from './mwaa-record.ts';

/** A request to create, update or delete an environment, in one of some accounts and Regions. */
export interface Step {
  id: string;
  /** Seconds after the first moment; several steps may have the same. */
  second: number;
  eventName: 'CreateEnvironment' | 'UpdateEnvironment' | 'DeleteEnvironment';
  errorCode: 'AccessDenied' | 'ValidationException' | undefined;
  place: (typeof PLACES)[number];
  request: Readonly<Record<string, unknown>>;
  /** How the event arrives: once, twice, or first with another content and then amended, by the same eventID or another. */
  arrival: 'once' | 'twice' | 'amended' | 'replaced';
  /** That other content. */
  first: Pick<Step, 'request' | 'errorCode'>;
}

const PLACES = [
  { recipientAccountId: '111122223333', awsRegion: 'eu-west-1' },
  { recipientAccountId: '111122223333', awsRegion: 'us-east-1' },
  { recipientAccountId: '444455556666', awsRegion: 'eu-west-1' },
] as const;

/** The last second of any step. */
export const LAST_SECOND = 9;
export const timeOfSecond = (second: number) => `2026-11-06T02:00:0${second}Z`;

const optional = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(members, { requiredKeys: [] });
const count = fc.integer({ min: 1, max: 4 });
const logs = optional({ Enabled: fc.boolean(), LogLevel: fc.constantFrom('INFO', 'DEBUG') });
const request: fc.Arbitrary<Step['request']> = optional({
  MinWorkers: count,
  MaxWorkers: count,
  DagS3Path: fc.constantFrom('dags', ''),
  StartupScriptS3Path: fc.constantFrom(null, 'startup.sh'),
  AirflowConfigurationOptions: fc.constant('***'),
  LoggingConfiguration: fc.oneof(
    { weight: 5, arbitrary: optional({ TaskLogs: logs, WorkerLogs: logs }) },
    { weight: 1, arbitrary: fc.constantFrom(null, '***') },
  ),
  NetworkConfiguration: optional({ SecurityGroupIds: fc.array(fc.constantFrom('sg-1', 'sg-2')) }),
  WorkerReplacementStrategy: fc.constantFrom('FORCED', 'GRACEFUL'),
  Tags: fc.constant({ Team: 'data' }),
});
const errorCode = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  'AccessDenied' as const,
  'ValidationException' as const,
);

/** Any sequence of requests for the environments of one name. */
export const steps: fc.Arbitrary<Step[]> = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z]{4}$/),
    second: fc.integer({ min: 0, max: LAST_SECOND }),
    eventName: fc.constantFrom<Step['eventName'][]>(
      ...(['CreateEnvironment', 'UpdateEnvironment', 'UpdateEnvironment', 'DeleteEnvironment'] as const),
    ),
    errorCode,
    place: fc.constantFrom(...PLACES),
    request,
    arrival: fc.constantFrom('once', 'once', 'twice', 'amended', 'replaced'),
    first: fc.record({ request, errorCode }),
  }),
  { selector: ({ id }) => id, maxLength: 24 },
);

/** The records by which a step arrives, in the order in which CloudTrail writes them. */
export function recordsOf(step: Step, environment: string): { eventID: string; eventTime: string }[] {
  const record = (id: string, { request, errorCode }: Step['first'], members: object = {}) => ({
    ...mwaaRecord(id, {
      ...step.place,
      eventName: step.eventName,
      requestParameters: { Name: environment, ...(step.eventName === 'DeleteEnvironment' ? {} : request) },
      ...(errorCode === undefined ? {} : { errorCode }),
      ...members,
    }),
    eventTime: timeOfSecond(step.second),
  });
  const addendum = (originalEventID: string) => ({ addendum: { reason: 'UPDATED_DATA', originalEventID } });
  const original = `${step.id}-original`;
  switch (step.arrival) {
    case 'once':
      return [record(step.id, step)];
    case 'twice':
      return [record(step.id, step), record(step.id, step)];
    case 'amended':
      return [record(step.id, step.first), record(step.id, step, addendum(step.id))];
    case 'replaced':
      return [record(original, step.first), record(step.id, step, addendum(original))];
  }
}

/** What is expected of an account and Region; `undefined` stands for what is absent in JSON. */
interface Expected {
  place: string;
  complete: boolean;
  deleted: string | undefined;
  configuration: Record<string, { value: unknown; eventId: string }>;
  changes: { eventId: string; outcome: string; fields: { path: string; before: unknown; after: unknown }[] }[];
}

/** What the steps up to a second lead to: told by a list of paths, where the fold keeps a tree. */
export function expectedAt(all: readonly Step[], second: number): Expected[] {
  return PLACES.flatMap((place) => {
    const inPlace = all.filter((step) => step.place === place && step.second <= second);
    const sorted = inPlace.sort((a, b) => a.second - b.second || (a.id < b.id ? -1 : 1));
    const expected = expectedOf(sorted, `${place.recipientAccountId} ${place.awsRegion}`);
    return sorted.length === 0 ? [] : [expected];
  });
}

function expectedOf(sorted: readonly Step[], place: string): Expected {
  const now: Expected = { place, complete: false, deleted: undefined, configuration: {}, changes: [] };
  for (const { id, eventName, errorCode, request } of sorted) {
    const isCreate = eventName === 'CreateEnvironment';
    const leaves = eventName === 'DeleteEnvironment' ? [] : leavesOf(request, []);
    const fields = leaves.map(([path, after]) => {
      const before = now.configuration[path]?.value;
      if (isCreate || isPassing(path)) return { path, before: null, after };
      if (before !== undefined) return { path, before, after };
      const isThereAgain = now.deleted !== undefined && errorCode === undefined;
      return { path, before: now.complete && !isThereAgain ? null : 'unknown', after };
    });
    const outcome = errorCode === undefined ? 'ok' : errorCode === 'AccessDenied' ? 'denied' : 'failed';
    now.changes.push({ eventId: id, outcome, fields: fields.sort((a, b) => (a.path < b.path ? -1 : 1)) });
    if (errorCode !== undefined) continue;
    if (eventName === 'DeleteEnvironment') Object.assign(now, { complete: true, deleted: id, configuration: {} });
    else if (isCreate) Object.assign(now, { complete: true, deleted: undefined, configuration: {} });
    else if (now.deleted !== undefined) Object.assign(now, { complete: false, deleted: undefined });
    for (const [path, value] of leaves.filter(([one]) => !isPassing(one))) {
      for (const other of Object.keys(now.configuration)) {
        if (other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) delete now.configuration[other];
      }
      now.configuration[path] = { value, eventId: id };
    }
  }
  return now;
}

const isPassing = (path: string) => path === 'WorkerReplacementStrategy' || path.startsWith('Tags.');

function leavesOf(value: unknown, path: readonly string[]): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

interface Answered {
  accountId: string;
  region: string;
  complete: boolean;
  deleted?: { eventId: string };
  configuration: Record<string, { value: unknown; eventId: string }>;
}

/** The answer about a time, in the form of what is expected. */
export function answeredAt(answer: readonly unknown[]): Omit<Expected, 'changes'>[] {
  return (answer as Answered[]).map(({ accountId, region, complete, deleted, configuration }) => ({
    place: `${accountId} ${region}`,
    complete,
    deleted: deleted?.eventId,
    configuration: Object.fromEntries(
      Object.entries(configuration).map(([path, { value, eventId }]) => [path, { value, eventId }]),
    ),
  }));
}

/** The answer about changes, in the form of what is expected. */
export function answeredChanges(answer: readonly unknown[]): Pick<Expected, 'place' | 'changes'>[] {
  return (answer as (Answered & Pick<Expected, 'changes'>)[]).map(({ accountId, region, changes }) => ({
    place: `${accountId} ${region}`,
    changes: changes.map(({ eventId, outcome, fields }) => ({
      eventId,
      outcome,
      fields: fields.map(({ masked: _, ...field }: { masked?: boolean } & (typeof fields)[number]) => field),
    })),
  }));
}

/** What is printed of histories, read again. */
export function printed(histories: readonly History[], at: string | undefined): unknown[] {
  return histories.map((history) => JSON.parse(historyJson(history, { environment: 'prod-etl', criteria: {}, at })));
}
