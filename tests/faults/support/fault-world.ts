import { gunzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createIngestHandler, type IngestObserver } from '../../../functions/ingest-handler.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../local/local-names.ts';
import { createDynamoClient } from '../../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../../shared/aws/s3.ts';
import { describeError } from '../../../shared/errors.ts';
import { type FailureKind, failureKind } from '../../../shared/ingest/failure.ts';
import type { PipelineDeps } from '../../../shared/ingest/ingest-log-file.ts';
import type { LogFileReport } from '../../../shared/ingest/ingest-result.ts';
import { flatItem } from '../../support/dynamo-item.ts';
import { EXPECTED_ATTRIBUTES } from '../../support/generate-records.ts';
import type { Servers } from '../../support/servers.ts';
import {
  createWorld,
  dumpTable,
  type PutFile,
  putObject,
  quarantined,
  type StoredItem,
  s3Event,
  type World,
} from '../../support/world.ts';
import { type PassingRequest, type Script, startFaultProxies } from './fault-proxy.ts';
import type { Handle, Message } from './queue.ts';
import type { ExpectedItem, Scenario, ScenarioFile } from './scenario.ts';

/** Tables and buckets of one run, and the ingest handler that reaches them through proxies with faults. */
export interface FaultWorld {
  /** The same without faults, to prepare and to look. */
  direct: World;
  deps: PipelineDeps;
  /** All requests of the handler so far. */
  requests(): PassingRequest[];
  /** From now on this goes wrong; nothing: no faults any more. */
  faults(script?: Script): void;
  handle: Handle;
  /** With a clock that says how much time the invocation has left. */
  handleWithin(event: unknown, remainingMilliseconds: () => number): Promise<SQSBatchResponse | undefined>;
  reports: LogFileReport[];
  failures: { place: string; kind: FailureKind; reason: string }[];
  /** Reasons that DynamoDB gave for throttling. */
  throttles: string[];
  stop(): Promise<void>;
}

/** Where nothing hangs, far more than even a busy machine needs; nothing is to be tried again for another reason than its fault. */
const PATIENCE_MS = 20_000;
/** Where something hangs: as in production, only smaller. */
export const IMPATIENCE_MS = 400;

export async function createFaultWorld(
  servers: Servers,
  options: Partial<PipelineDeps> = {},
  timeOut = PATIENCE_MS,
): Promise<FaultWorld> {
  const direct = await createWorld(servers);
  const proxies = await startFaultProxies(servers);
  const requestHandler = {
    connectionTimeout: PATIENCE_MS,
    requestTimeout: timeOut,
    socketTimeout: timeOut,
    throwOnRequestTimeout: true,
  };
  const common = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, requestHandler };
  const throttles: string[] = [];
  const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...common, endpoint: proxies.s3.endpoint });
  const dynamo = createDynamoClient(
    { ...common, endpoint: proxies.dynamo.endpoint },
    { onThrottle: (reasons) => throttles.push(...reasons) },
  );
  await Promise.all([retryQuickly(s3), retryQuickly(dynamo)]);
  const deps: PipelineDeps = { ...direct.deps, s3, dynamo, ...options };
  const reports: LogFileReport[] = [];
  const failures: FaultWorld['failures'] = [];
  const observer: IngestObserver = {
    logFile: (report) => reports.push(report),
    nothingAnnounced: () => {},
    failed: (place, error) => failures.push({ place, kind: failureKind(error), reason: describeError(error) }),
  };
  const handler = createIngestHandler(deps, observer);
  return {
    direct,
    deps,
    requests: () => [...proxies.s3.requests, ...proxies.dynamo.requests],
    faults: (script = () => undefined) => {
      proxies.s3.script = script;
      proxies.dynamo.script = script;
    },
    handle: async (event) => await handler(event, {} as Context),
    handleWithin: async (event, remaining) =>
      await handler(event, { getRemainingTimeInMillis: remaining } as Partial<Context> as Context),
    reports,
    failures,
    throttles,
    stop: async () => {
      s3.destroy();
      dynamo.destroy();
      await proxies.stop();
    },
  };
}

/** The SDK decides as always what is tried again and how often, but it does not wait before. */
async function retryQuickly(client: { config: { retryStrategy(): Promise<object> } }): Promise<void> {
  const backoff = { setDelayBase: () => {}, computeNextBackoffDelay: () => Math.random() * 4 };
  Object.assign(await client.config.retryStrategy(), { retryBackoffStrategy: backoff });
}

/** Puts the files of a scenario into the bucket. */
export async function upload({ direct }: FaultWorld, files: readonly ScenarioFile[]): Promise<PutFile[]> {
  return Promise.all(files.map(({ key, bytes }) => putObject(direct, key, bytes)));
}

/** One SQS message body for each file. */
export const bodiesOf = (files: readonly PutFile[]): object[] => files.map((file) => s3Event(file));

/** What may differ between two runs: who came first, and when. */
function withoutProvenance({
  logFile,
  recordIndex,
  ingestedAt,
  expiresAt,
  backfilled,
  ...item
}: StoredItem): StoredItem {
  const versions = recordText(item.previousVersions);
  if (versions === undefined) return item;
  const stripped = (JSON.parse(versions) as Record<string, unknown>[]).map((version) => ({
    ...version,
    ...{
      logFile: undefined,
      recordIndex: undefined,
      ingestedAt: undefined,
      expiresAt: undefined,
      backfilled: undefined,
    },
  }));
  return { ...item, previousVersions: { S: JSON.stringify(stripped) } };
}

/** The events table, for comparison with another run's. */
export async function eventsTableOf({ direct }: FaultWorld): Promise<Map<string, StoredItem>> {
  const items = await dumpTable(direct.dynamo, direct.deps.config.eventsTable);
  const sorted = items.sort((a, b) => (a.eventId!.S! < b.eventId!.S! ? -1 : 1));
  return new Map(sorted.map((item) => [item.eventId!.S!, withoutProvenance(item)]));
}

/** The text of a stored record. */
export function recordText(value: StoredItem[string] | undefined): string | undefined {
  return value?.S ?? (value?.B && gunzipSync(value.B).toString());
}

/** The table has every event once, unaltered, and nothing else. Invalid input is in the quarantine. The counts of every file add up. */
export async function expectAllStored(world: FaultWorld, { files, events }: Scenario): Promise<void> {
  await expectEvents(world, events);
  await expectBadRecordsQuarantined(world, files);
  for (const file of files) await expectEntry(world, file);
  await expectEnvironments(world, events);
}

export async function expectEvents(world: FaultWorld, events: ReadonlyMap<string, ExpectedItem>): Promise<void> {
  const table = await eventsTableOf(world);
  expect([...table.keys()]).toEqual([...events.keys()].sort());
  for (const [eventId, expected] of events) expectEvent(table.get(eventId)!, expected);
}

function expectEvent(item: StoredItem, { attributes, record, previousRecord, isAddendum }: ExpectedItem): void {
  expect(recordText(item.record)).toBe(record);
  const [previous] = JSON.parse(item.previousVersions?.S ?? '[]') as { record: string }[];
  expect(previous?.record).toBe(previousRecord);
  expect(item.flags).toEqual(isAddendum ? { L: [{ S: 'addendum' }] } : undefined);
  const flat = flatItem(item);
  for (const name of EXPECTED_ATTRIBUTES) expect(flat[name]?.BOOL ?? flat[name]?.S).toBe(attributes[name]);
}

async function expectBadRecordsQuarantined({ direct }: FaultWorld, files: readonly ScenarioFile[]): Promise<void> {
  const objects = await quarantined(direct);
  const expected = files.flatMap(({ key, badRecords }) =>
    badRecords.map(({ index, ...bad }) => ({ folder: `records/${direct.logBucket}/${key}/${index}-`, ...bad })),
  );
  const names = [...objects.keys()].filter((name) => !name.endsWith('.reason.json'));
  expect(names).toHaveLength(expected.length);
  for (const { folder, reason, text } of expected) {
    const name = names.find((candidate) => candidate.startsWith(folder)) ?? folder;
    expect(objects.get(name)?.toString()).toBe(text);
    expect(JSON.parse(objects.get(`${name}.reason.json`)?.toString() ?? '{}')).toMatchObject({ reason });
  }
}

async function expectEntry({ direct }: FaultWorld, { key, sha256, counts }: ScenarioFile): Promise<void> {
  const ledger = await dumpTable(direct.dynamo, direct.deps.config.logFilesTable);
  const entry = ledger.find((item) => item.objectKey?.S === key);
  const number = (name: string) => Number(entry?.[name]?.N);
  expect({
    state: entry?.state?.S,
    sha256: entry?.sha256?.S,
    recordsRead: number('recordsRead'),
    events: number('eventsStored') + number('eventsKnown'),
    recordsFiltered: number('recordsFiltered'),
    recordsQuarantined: number('recordsQuarantined'),
  }).toEqual({ state: 'ingested', sha256, ...counts });
}

/** The first and the last event of each environment, and the days. */
async function expectEnvironments({ direct }: FaultWorld, events: Scenario['events']): Promise<void> {
  const spans = new Map<string, string[]>();
  for (const { attributes } of events.values()) {
    if (attributes.environment === undefined) continue;
    const name = [attributes.environment, attributes.accountId, attributes.region].join(' ');
    spans.set(name, [...(spans.get(name) ?? []), new Date(attributes.eventTime).toISOString()].sort());
  }
  const expected = [...spans].map(([name, times]) => [name, times[0], times.at(-1)]).sort();
  const items = await dumpTable(direct.dynamo, direct.deps.config.environmentsTable);
  const found = items.filter((item) => item.listing?.S === 'environments');
  const text = (item: StoredItem, attribute: string) => item[attribute]?.S;
  const nameOf = (item: StoredItem) => ['environment', 'accountId', 'region'].map((part) => text(item, part)).join(' ');
  // A writer that stopped between its two updates leaves one end, which stands for both.
  const spanOf = (item: StoredItem) => {
    const [first, last] = [text(item, 'firstEventTime'), text(item, 'lastEventTime')];
    return [first ?? last, last ?? first];
  };
  expect(found.map((item) => [nameOf(item), ...spanOf(item)]).sort()).toEqual(expected);
  const days = items.filter((item) => item.listing?.S === 'days').map((item) => text(item, 'environmentKey'));
  const happened = new Set([...events.values()].map(({ attributes }) => attributes.eventTime.slice(0, 10)));
  expect(days.sort()).toEqual([...happened].sort());
}

/** Is called at each acknowledgement. */
export function acknowledgedOnlyWhenStored(
  world: FaultWorld,
  { files }: Scenario,
): (message: Message) => Promise<void> {
  return ({ body }) =>
    expectStoredWhatWasAcknowledged(
      world,
      files.filter(({ key }) => body.includes(encodeURIComponent(key))),
    );
}

/** Everything in these files is stored or quarantined. */
export async function expectStoredWhatWasAcknowledged(
  world: FaultWorld,
  acknowledged: readonly ScenarioFile[],
): Promise<void> {
  const { dynamo, deps, logBucket } = world.direct;
  const stored = new Set((await dumpTable(dynamo, deps.config.eventsTable)).map((item) => item.eventId!.S!));
  const setAside = await quarantined(world.direct);
  for (const { key, eventIds, badRecords } of acknowledged) {
    if ([...setAside.keys()].some((name) => name.startsWith(`files/${logBucket}/${key}/`))) continue;
    expect(eventIds.filter((id) => !stored.has(id))).toEqual([]);
    const reasons = [...setAside.keys()].filter(
      (name) => name.startsWith(`records/${logBucket}/${key}/`) && name.endsWith('.reason.json'),
    );
    expect(reasons).toHaveLength(badRecords.length);
  }
}
