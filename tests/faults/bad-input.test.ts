import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SQSBatchResponse } from 'aws-lambda';
import { flatItem } from '../support/dynamo-item.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  ledgerItem,
  logFileKey,
  logFileOf,
  type PutFile,
  putObject,
  quarantined,
  type StoredItem,
  s3Event,
  sqsEvent,
  type World,
} from '../support/world.ts';
import { BAD_INPUTS, type Outcome, type Stored } from './bad-inputs.ts';
import { recordText } from './support/fault-world.ts';
import { environmentOf, IngestProcesses } from './support/ingest-process.ts';

const servers = useServers();
const processes = new IngestProcesses();

beforeAll(async () => {
  await processes.build();
}, 60_000);
afterAll(async () => {
  processes.stop();
});

const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

test('there are at least sixty bad inputs', () => expect(Object.keys(BAD_INPUTS).length).toBeGreaterThanOrEqual(60));

describe('bad input', () => {
  test.each(Object.entries(BAD_INPUTS))('%s', async (_, input) => {
    const world = await createWorld(servers);
    const file = 'file' in input ? await putObject(world, input.key ?? logFileKey('bad'), input.file()) : undefined;
    const body = 'file' in input ? s3Event(file!) : input.message;
    servers.requests.length = 0;
    const answer = await world.handle(sqsEvent(body));
    await expectOutcome(world, input.outcome, answer, file);
    // Delivered again, nothing changes.
    const before = await dumpTable(world.dynamo, world.deps.config.eventsTable);
    expect(await world.handle(sqsEvent(body))).toEqual(answer);
    expect(await dumpTable(world.dynamo, world.deps.config.eventsTable)).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

async function expectOutcome(
  world: World,
  outcome: Outcome,
  answer: SQSBatchResponse | undefined,
  file: PutFile | undefined,
): Promise<void> {
  const [told] = world.notified.map((line) => JSON.parse(line) as [string, ...unknown[]]);
  if ('fails' in outcome) {
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(String(told?.[2])).toMatch(new RegExp(`^${outcome.fails}:`));
    expect(servers.requests).toEqual([]);
    return;
  }
  expect(answer).toEqual(ACKNOWLEDGED);
  if ('nothingAnnounced' in outcome) expect(told).toEqual(['nothingAnnounced', outcome.nothingAnnounced]);
  else if ('skipped' in outcome) expect(told?.[1]).toMatchObject({ outcome: 'skipped', reason: outcome.skipped });
  else if ('quarantined' in outcome) await expectQuarantined(world, outcome.quarantined, file!);
  else await expectStored(world, outcome, file!);
}

/** Nothing of it is stored. Its raw bytes and the reason are in the quarantine, and the ledger says so. */
async function expectQuarantined(world: World, reason: string, file: PutFile): Promise<void> {
  expect(await dumpTable(world.dynamo, world.deps.config.eventsTable)).toEqual([]);
  const objects = await quarantined(world);
  const name = `files/${file.bucket}/${file.key}/${file.etag}`;
  expect([...objects.keys()]).toEqual([name, `${name}.reason.json`]);
  const written = JSON.parse(objects.get(`${name}.reason.json`)!.toString());
  expect(written).toMatchObject({
    ...{ reason, bucket: file.bucket, key: file.key, etag: file.etag },
    sha256: createHash('sha256').update(objects.get(name)!).digest('hex'),
  });
  expect(await ledgerItem(world, file)).toMatchObject({ state: { S: 'quarantined' }, reason: { S: reason } });
}

async function expectStored(
  world: World,
  { stored, filtered = 0, bad = [] }: Extract<Outcome, { stored: unknown }>,
  file: PutFile,
): Promise<void> {
  const items = await dumpTable(world.dynamo, world.deps.config.eventsTable);
  const inOrder = items.sort((a, b) => Number(a.recordIndex!.N) - Number(b.recordIndex!.N));
  expect(inOrder).toHaveLength(stored.length);
  for (const [i, item] of inOrder.entries()) expectItem(item, stored[i]!);
  const reasons = [...(await quarantined(world))].filter(([name]) => name.endsWith('.reason.json'));
  expect(reasons.map(([, text]) => JSON.parse(text.toString()).reason)).toEqual(bad);
  expect(await ledgerItem(world, file)).toMatchObject({
    state: { S: 'ingested' },
    recordsRead: { N: String(stored.length + filtered + bad.length) },
    eventsStored: { N: String(stored.length) },
    recordsFiltered: { N: String(filtered) },
    recordsQuarantined: { N: String(bad.length) },
  });
}

function expectItem(item: StoredItem, { record, flags = [], attributes = {} }: Stored): void {
  expect(recordText(item.record)).toBe(record ?? undefined);
  expect((item.flags?.L ?? []).map(({ S }) => S)).toEqual(flags);
  const flat = flatItem(item);
  for (const [name, value] of Object.entries(attributes)) expect(flat[name]?.S ?? flat[name]?.N).toBe(value);
  // Limits of DynamoDB that the embedded server does not enforce.
  for (const value of Object.values(item)) expect(value.S).not.toBe('');
}

test('a missing object is retried, then quarantined as object-missing', async () => {
  const world = await createWorld(servers);
  const file: PutFile = { bucket: world.logBucket, key: logFileKey('nowhere'), etag: 'e' };
  expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(ACKNOWLEDGED);
  expect([...(await quarantined(world)).keys()]).toEqual([`files/${file.bucket}/${file.key}/e.reason.json`]);
  expect(servers.requests.filter((name) => name === 'GetObject').length).toBeGreaterThan(1);
});

test('the same event in two files, and from two trails: one item', async () => {
  const world = await createWorld(servers);
  const record = { eventSource: 'airflow.amazonaws.com', eventID: 'shared', eventTime: '2026-11-02T09:15:00Z' };
  const reordered = Object.fromEntries(Object.entries(record).reverse());
  const files = [
    await putObject(world, logFileKey('first'), logFileOf([record])),
    await putObject(world, logFileKey('second'), logFileOf([reordered])),
    await putObject(world, `other-trail/${logFileKey('third')}`, logFileOf([record])),
  ];
  expect(await world.handle(sqsEvent(...files.map((file) => s3Event(file))))).toEqual(ACKNOWLEDGED);
  expect(await dumpTable(world.dynamo, world.deps.config.eventsTable)).toHaveLength(1);
  expect(await quarantined(world)).toEqual(new Map());
});

/** Files that try to use up time or memory, and how each must end. */
const BOMBS: Readonly<Record<string, { file: () => Buffer; reason?: string; stored?: number; bad?: number }>> = {
  'a gzip bomb': { file: () => gzipSync(`{"Records":[${' '.repeat(150_000_000)}`), reason: 'ratio-cap' },
  'a gzip bomb of many members, just below the highest ratio': {
    file: () => Buffer.concat([gzipSync('{"Records":['), ...new Array(400).fill(gzipSync(' '.repeat(1_000_000)))]),
    reason: 'json-truncated',
  },
  'a JSON bomb of millions of records': {
    file: () => gzipSync(`{"Records":[${'{},'.repeat(5_300_000)}{}]}`, { level: 1 }),
    reason: 'records-cap',
  },
  'a JSON bomb of millions of levels': {
    file: () => gzipSync(`{"Records":[${'['.repeat(8_000_000)}`),
    reason: 'depth-cap',
  },
  'a JSON bomb of millions of levels of objects': {
    file: () => gzipSync(`{"a":${'{"a":'.repeat(3_000_000)}`),
    reason: 'depth-cap',
  },
  'a record that is one huge string': {
    file: () => gzipSync(`{"Records":[{"eventSource":"airflow.amazonaws.com","a":"${'a'.repeat(40_000_000)}"}]}`),
    reason: 'record-bytes-cap',
  },
  'kept records that are millions of small values': {
    file: () => {
      const record = (i: number) =>
        `{"eventSource":"airflow.amazonaws.com","eventID":"e${i}","a":[${'{},'.repeat(2_700_000)}0]}`;
      return gzipSync(`{"Records":[${[0, 1, 2].map(record).join()}]}`);
    },
    bad: 3,
  },
  'kept records of nearly too many values': {
    file: () => {
      const record = (i: number) =>
        `{"eventSource":"airflow.amazonaws.com","eventID":"e${i}","a":[${'{},'.repeat(24_900)}0]}`;
      return gzipSync(`{"Records":[${Array.from({ length: 30 }, (_, i) => record(i)).join()}]}`);
    },
    stored: 30,
  },
};

/** About what Node.js gives itself in a function of 512 MB; on a larger machine it would collect garbage late. */
const LAMBDA_HEAP = ['--max-old-space-size=320'];

describe('decompression bombs are stopped within 10 s and 512 MB', () => {
  test.each(Object.entries(BOMBS))(
    '%s',
    async (_, { file, reason, stored = 0, bad = 0 }) => {
      const world = await createWorld(servers);
      const put = await putObject(world, logFileKey('bomb'), file());
      const endpoints = { s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint };
      const environment = environmentOf(world.deps.config, endpoints);
      const { done } = await processes.start(LAMBDA_HEAP).run({ environment, bodies: [s3Event(put)], maxReceives: 1 });
      expect(done?.dead).toEqual([]);
      const entry = await ledgerItem(world, put);
      expect([entry?.state?.S, entry?.reason?.S]).toEqual(
        reason === undefined ? ['ingested', undefined] : ['quarantined', reason],
      );
      expect(await dumpTable(world.dynamo, world.deps.config.eventsTable)).toHaveLength(stored);
      expect(entry?.recordsQuarantined).toEqual({ N: String(bad) });
      expect(done?.milliseconds).toBeLessThan(10_000);
      expect((done?.maxRssBytes ?? 0) / 1024 ** 2).toBeLessThan(512);
    },
    60_000,
  );
});

test('a stored record is the same as in the file, even if it is compressed', async () => {
  const world = await createWorld(servers);
  const record = `{"eventSource":"airflow.amazonaws.com","eventID":"e","x":"${'ab'.repeat(50_000)}"}`;
  await world.s3.send(
    new PutObjectCommand({ Bucket: world.logBucket, Key: logFileKey('long'), Body: logFileOf([record]) }),
  );
  await world.handle(sqsEvent(s3Event({ bucket: world.logBucket, key: logFileKey('long'), etag: 'e' })));
  const [item] = await dumpTable(world.dynamo, world.deps.config.eventsTable);
  expect(gunzipSync(item!.record!.B!).toString()).toBe(record);
});
