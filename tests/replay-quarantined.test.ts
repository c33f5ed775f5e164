import { createHash } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { PipelineDeps } from '../shared/ingest/ingest-log-file.ts';
import { replayQuarantined } from '../shared/ingest/replay-quarantined.ts';
import { noteFailure } from '../shared/store/ledger-writer.ts';
import { listQuarantine } from '../shared/store/quarantine.ts';
import { mwaaRecord } from './support/mwaa-record.ts';
import { useServers } from './support/servers.ts';
import {
  createWorld,
  ledgerItem,
  logFileKey,
  type PutFile,
  putLogFile,
  putObject,
  quarantined,
  type StoredItem,
  s3Event,
  storedEvents,
  type World,
} from './support/world.ts';

const servers = useServers();

/** Set up in a world of its own each: what comes into quarantine, and how many events there must be in the end. */
const SITUATIONS: [string, (world: World) => Promise<PutFile>, number][] = [
  ['a log file at its place', capped, 2],
  [
    'a log file of which there are only the bytes in quarantine',
    async (world) => {
      const file = await capped(world);
      await world.s3.send(new DeleteObjectCommand({ Bucket: file.bucket, Key: file.key }));
      return file;
    },
    2,
  ],
  [
    'records',
    async (world) => {
      const file = await putLogFile(world, 'records', [mwaaRecord(''), mwaaRecord('e1'), mwaaRecord('')]);
      await world.handle(s3Event(file));
      for (const { name, recordIndex } of await entriesOf(world)) {
        const mended = Buffer.from(JSON.stringify(mwaaRecord(`mended-${recordIndex}`)));
        await putObject(world, name, mended, world.quarantineBucket);
      }
      return file;
    },
    3,
  ],
];

describe('killed after any number of requests, and then repeated: nothing lost, ledger right', () => {
  test.each(SITUATIONS)(
    '%s',
    async (_name, setUp, expectedEvents) => {
      for (let requests = 0, killed = true; killed; requests += 1) {
        const world = await createWorld(servers, {}, { caps: { records: 3 } });
        const file = await setUp(world);
        const deps = { ...world.deps, caps: {} };
        killed = await replayKilled(deps, requests);
        await replayAll(deps);

        expect((await storedEvents(world)).size).toBe(expectedEvents);
        const { state, ...counts } = (await ledgerItem(world, file))!;
        const { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined } = numbers(counts);
        expect(state?.S).toBe('ingested');
        expect(recordsQuarantined).toBe(0);
        expect(recordsRead).toBe(eventsStored! + eventsKnown! + recordsFiltered!);
        expect([...(await quarantined(world)).keys()]).toEqual([]);
      }
    },
    120_000,
  );
});

describe('two bad states of one object', () => {
  const setUp = async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    for (const state of ['one', 'two']) {
      await world.handle(
        s3Event(await putLogFile(world, 'states', [mwaaRecord(`${state}-1`), mwaaRecord(`${state}-2`)])),
      );
    }
    return { world, entries: await entriesOf(world), deps: { ...world.deps, caps: {} } };
  };

  test('are both kept, each with its hash, and both are replayed', async () => {
    const { world, entries, deps } = await setUp();
    expect(new Set(entries.map(({ key }) => key)).size).toBe(1);
    expect(new Set(entries.map(({ sha256 }) => sha256)).size).toBe(2);
    const objects = await quarantined(world);
    for (const { name, sha256, etag } of entries) {
      expect(createHash('sha256').update(objects.get(name)!).digest('hex')).toBe(sha256);
      expect(createHash('md5').update(objects.get(name)!).digest('hex')).toBe(etag);
    }
    expect(await replayAll(deps)).toMatchObject([{ outcome: 'replayed' }, { outcome: 'replayed' }]);
    expect([...(await storedEvents(world)).keys()].sort()).toEqual(['one-1', 'one-2', 'two-1', 'two-2']);
    expect((await quarantined(world)).size).toBe(0);
  });

  test.each(['one', 'two'])(
    'while one is left, whichever was replayed, the ledger says so of the newer: %s',
    async (first) => {
      const { world, entries, deps } = await setUp();
      const { etag } = await putLogFile(world, 'states', [mwaaRecord('two-1'), mwaaRecord('two-2')]);
      const older = entries.find((entry) => entry.etag !== etag)!;
      const newer = entries.find((entry) => entry.etag === etag)!;
      const file = { bucket: newer.bucket, key: newer.key, etag };
      expect(await replayQuarantined(first === 'one' ? older : newer, deps)).toMatchObject({ outcome: 'replayed' });
      expect(await ledgerItem(world, file)).toMatchObject({
        state: { S: first === 'one' ? 'quarantined' : 'ingested' },
        etag: { S: etag },
      });
      expect(await replayQuarantined(first === 'one' ? newer : older, deps)).toMatchObject({ outcome: 'replayed' });
      expect(await ledgerItem(world, file)).toMatchObject({ state: { S: 'ingested' }, etag: { S: etag } });
      expect((await storedEvents(world)).size).toBe(4);
    },
  );
});

test('an access point in a notification fails, with a sentence, before any request', async () => {
  const world = await createWorld(servers);
  servers.requests.length = 0;
  const bucket = 'arn:aws:s3:eu-west-1:111122223333:accesspoint/trail';
  const file = { bucket, key: logFileKey('through'), etag: 'e' };
  await expect(world.handle(s3Event(file))).rejects.toThrow('found an access point of one');
  expect(servers.requests).toEqual([]);
});

describe('what stays in quarantine', () => {
  test('a record of a log file whose ledger entry is open: it may count it yet', async () => {
    const world = await createWorld(servers);
    const file = await putLogFile(world, 'open', [mwaaRecord('')]);
    await world.handle(s3Event(file));
    const { logFilesTable } = (await createWorld(servers)).deps.config;
    const elsewhere = { ...world.deps, config: { ...world.deps.config, logFilesTable } };
    const failed = { outcome: 'failed', reason: expect.stringContaining('ledger-entry-open') };
    expect(await replayAll(elsewhere)).toMatchObject([failed]);
    await noteFailure(world.dynamo, logFilesTable, { ...file, deliveryDay: '2026-11-02' }, 'x');
    expect(await replayAll(elsewhere)).toMatchObject([failed]);
    expect((await quarantined(world)).size).toBe(2);
  });

  test('a record whose bytes somebody has removed', async () => {
    const world = await createWorld(servers);
    await world.handle(s3Event(await putLogFile(world, 'removed', [mwaaRecord('')])));
    const [entry] = await entriesOf(world);
    await world.s3.send(new DeleteObjectCommand({ Bucket: world.quarantineBucket, Key: entry!.name }));
    const failed = { outcome: 'failed', reason: expect.stringContaining('no-bytes') };
    expect(await replayAll(world.deps)).toMatchObject([failed]);
    expect((await quarantined(world)).size).toBe(1);
  });

  test('a log file of a bucket that is no longer allowed', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    await capped(world);
    const config = { ...world.deps.config, logBuckets: [{ name: 'another' }] };
    expect(await replayAll({ ...world.deps, config, caps: {} })).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('bucket-not-allowed') },
    ]);
  });
});

/** A log file in quarantine for having more records than the world's cap. */
async function capped(world: World): Promise<PutFile> {
  const other = { eventSource: 's3.amazonaws.com' };
  const file = await putLogFile(world, 'capped', [mwaaRecord('e1'), mwaaRecord('e2'), other, other]);
  await world.handle(s3Event(file));
  return file;
}

const entriesOf = async ({ s3, quarantineBucket }: Pick<World, 's3' | 'quarantineBucket'>) =>
  (await listQuarantine(s3, quarantineBucket)).entries;

async function replayAll(deps: PipelineDeps) {
  const reports = [];
  const entries = await entriesOf({ s3: deps.s3, quarantineBucket: deps.config.quarantineBucket! });
  for (const entry of entries) reports.push(await replayQuarantined(entry, deps));
  return reports;
}

/** @returns whether there were more requests to send */
async function replayKilled(deps: PipelineDeps, requests: number): Promise<boolean> {
  let sent = 0;
  const stacks = [deps.s3, deps.dynamo].map(({ middlewareStack }) => middlewareStack as typeof deps.s3.middlewareStack);
  for (const stack of stacks) {
    stack.add(
      (next) => (args) => {
        sent += 1;
        if (sent > requests) throw new Error('killed');
        return next(args);
      },
      { name: 'kill', step: 'initialize' },
    );
  }
  try {
    await replayAll(deps);
  } catch (error) {
    if ((error as Error).message !== 'killed') throw error;
  } finally {
    for (const stack of stacks) stack.remove('kill');
  }
  return sent > requests;
}

function numbers(item: StoredItem): Record<string, number> {
  return Object.fromEntries(Object.entries(item).map(([name, { N }]) => [name, Number(N)]));
}
