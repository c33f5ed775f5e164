import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from '@jest/globals';
import { discardedTable, discardTable, entryTable, replayTable } from '../../cli/quarantine/render.ts';
import type { DiscardReport } from '../../shared/ingest/discard-quarantined.ts';
import type { ReplayReport } from '../../shared/ingest/replay-quarantined.ts';
import type { View } from '../../shared/render/view.ts';
import { NO_COUNTS } from '../../shared/store/ledger-entry.ts';
import type { QuarantineEntry } from '../../shared/store/quarantine.ts';
import { startFaultProxy } from '../faults/support/fault-proxy.ts';
import { temporaryFolder } from '../support/cli.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  ledgerItem,
  logFileKey,
  logFileOf,
  type PutFile,
  putLogFile,
  putObject,
  quarantined,
  s3Event,
  storedEvents,
  type World,
} from '../support/world.ts';

const servers = useServers();

describe('list', () => {
  test('nothing', async () => {
    const world = await createWorld(servers);
    expect(await quarantine(world, 'list')).toEqual({ code: 0, stdout: '', stderr: 'The quarantine is empty.\n' });
    expect(await list(world)).toEqual([]);
  });

  test('files and records: reason, time, file, record index, size, hash and ETag', async () => {
    const world = await createWorld(servers);
    const bad = await ingest(world, 'bad', Buffer.from('{"Records":['));
    const partly = await ingest(world, 'partly', [mwaaRecord('e1'), 7]);
    const { stdout } = await quarantine(world, 'list');
    expect(stdout).toMatch(/^ID +REASON +WHEN \(UTC\) +RECORD +BYTES +SHA-256 +ETAG +LOG FILE\n/);
    expect(stdout).toMatch(
      /\n[0-9a-f]{16} +json-truncated +2026-11-20 12:00:00 +- +12 +[0-9a-f]{16} +[0-9a-f]{32} +s3:\/\//,
    );
    expect(stdout).toMatch(
      /\n[0-9a-f]{16} +not-an-object +2026-11-20 12:00:00 +1 +1 +[0-9a-f]{16} +[0-9a-f]{32} +s3:\/\//,
    );
    expect(await list(world)).toMatchObject([
      { reason: 'json-truncated', ...bad, size: 12, quarantinedAt: '2026-11-20T12:00:00.000Z' },
      { reason: 'not-an-object', ...partly, recordIndex: 1, size: 1 },
    ]);
  });

  test('on a terminal every table fits, with each log file whole, below its entry', () => {
    const file = logFileKey('a'.repeat(40));
    const at = { id: '0123456789abcdef', bucket: 'mwaa-trail-prod-logs-111122223333-eu-west-1', key: file };
    const time = '2026-11-02T09:21:00.000Z';
    const view: View = { width: 80, colour: false, times: { kind: 'absolute', zone: 'UTC', now: Date.parse(time) } };
    const held = {
      ...at,
      name: 'n',
      etag: 'e'.repeat(32),
      detail: '',
      sha256: 'f'.repeat(64),
      size: 123456,
      recordIndex: 7,
    };
    const decision = {
      discardedAt: time,
      discardedBy: 'mei.tanaka@build-1',
      why: 'reports of another tool, each hour',
    };
    const tables = [
      entryTable([{ ...held, reason: 'uncompressed-bytes-cap', quarantinedAt: time }], view),
      replayTable([{ ...at, outcome: 'still-bad', from: 'quarantine', reason: 'json-syntax', detail: '' }], true, view),
      replayTable([{ ...at, outcome: 'replayed', from: 'original', books: NO_COUNTS }], false, view),
      discardTable([{ ...at, outcome: 'kept', reason: 'uncompressed-bytes-cap' }], false, view),
      discardedTable([{ ...at, ...decision, reason: 'records-missing' }], view),
    ];
    for (const table of tables) {
      const place = `  s3://${at.bucket}/${file}`;
      expect(table.split('\n')).toContain(place);
      for (const line of table.replace(place, '').split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(tables[0]).toContain('2026-11-02 09:21:00');
    expect(tables[4]).toMatch(/reports of another *\n +tool, each hour\n/);
  });

  test('by reason and time', async () => {
    const world = await createWorld(servers);
    await ingest(world, 'bad', Buffer.from('{"Records":['));
    await ingest(world, 'partly', [7]);
    const reasons = async (...args: string[]) => (await list(world, ...args)).map(({ reason }) => reason);
    expect(await reasons('--reason', 'not-an-object')).toEqual(['not-an-object']);
    expect(await reasons('--reason', 'not-an-object', '--reason', 'json-truncated')).toHaveLength(2);
    expect(await reasons('--since', '2026-11-20T12:00:00Z')).toHaveLength(2);
    expect(await reasons('--since', '2026-11-20T12:00:01Z')).toEqual([]);
    expect((await quarantine(world, 'list', '--reason', 'x')).stderr).toBe(
      'Nothing in quarantine matches; the reasons in it are json-truncated, not-an-object.\n',
    );
    expect((await quarantine(world, 'discard', '--reason', 'x', '--why', 'y')).stderr).toContain(
      'the reasons in it are json-truncated',
    );
  });

  test('what others have put into the bucket is told of', async () => {
    const world = await createWorld(servers);
    await putObject(world, 'files/b/k.reason.json', Buffer.from('{"reason":"x"}'), world.quarantineBucket);
    expect(await quarantine(world, 'list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('files/b/k.reason.json in the quarantine bucket is not an entry of mwaa-trail'),
    });
  });
});

describe('show', () => {
  test('the reason, or the raw bytes', async () => {
    const world = await createWorld(servers);
    const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0x00, 0x80]);
    await ingest(world, 'bad', bytes);
    const [entry] = await list(world);
    const shown = await quarantine(world, 'show', entry!.id);
    expect(JSON.parse(shown.stdout)).toEqual(entry);
    const raw = await quarantine(world, 'show', entry!.id, '--raw');
    expect(Buffer.from(raw.stdout, 'latin1')).toEqual(bytes);
    expect(raw).toMatchObject({ code: 0, stderr: expect.stringContaining('unredacted') });
  });

  test('1 for what is not there, and for bytes that never were', async () => {
    const world = await createWorld(servers);
    expect(await quarantine(world, 'show', '0123456789abcdef')).toMatchObject({ code: 1, stdout: '' });
    await world.handle(s3Event(missing(world, 'never')));
    const [{ id } = { id: '' }] = await list(world);
    expect(await quarantine(world, 'show', id, '--raw')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('replay of log files', () => {
  test('beyond a cap that is higher now; a dry run before and a second run change nothing', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    const file = await ingest(world, 'capped', [mwaaRecord('cap-1'), { eventSource: 's3.amazonaws.com' }, 7]);
    expect((await ledgerItem(world, file))?.state?.S).toBe('quarantined');
    const [{ id } = { id: '' }] = await list(world);

    const before = await dump(world);
    const dry = await replay(world, id, '--dry-run');
    const books = { recordsRead: 3, eventsStored: 1, eventsKnown: 0, recordsFiltered: 1, recordsQuarantined: 1 };
    expect(dry.reports).toMatchObject([{ id, outcome: 'replayed', from: 'original', books }]);
    expect(await dump(world)).toEqual(before);

    const first = await replay(world, id);
    // 1: one of its records is bad, and has an entry of its own now.
    expect(first).toMatchObject({ code: 1, reports: [{ id, outcome: 'replayed', from: 'original', books }] });
    expect([...(await storedEvents(world)).keys()]).toEqual(['cap-1']);
    expect(await ledgerItem(world, file)).toMatchObject({ state: { S: 'ingested' }, eventsStored: { N: '1' } });
    expect(await list(world)).toMatchObject([{ reason: 'not-an-object', recordIndex: 2 }]);

    const after = await dump(world);
    expect(await replay(world, id)).toMatchObject({ code: 1, reports: [], stderr: expect.stringContaining(id) });
    expect(await dump(world)).toEqual(after);
  });

  test('beyond a cap that is set for it', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    await ingest(world, 'caps', [mwaaRecord('set-1'), mwaaRecord('set-2')]);
    const stays = { outcome: 'still-bad', reason: 'records-cap' };
    expect(await replay(world, '--all', '--cap', 'records=1')).toMatchObject({ code: 1, reports: [stays] });
    expect(await replay(world, '--all', '--cap', 'records=2', '--cap', 'depth=9')).toMatchObject({ code: 0 });
    expect((await storedEvents(world)).size).toBe(2);
  });

  test('whose original is gone: from the bytes in quarantine, under its own name', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    const file = await ingest(world, 'gone', [mwaaRecord('gone-1'), mwaaRecord('gone-2')]);
    await remove(world, file);
    expect(await replay(world, '--all')).toMatchObject({ code: 0, reports: [{ from: 'quarantine' }] });
    const events = await storedEvents(world);
    expect(events.get('gone-1')?.logFile?.S).toBe(`${file.bucket}/${file.key}`);
    expect(await ledgerItem(world, file)).toMatchObject({ etag: { S: file.etag }, eventsStored: { N: '2' } });
    expect((await quarantined(world)).size).toBe(0);
    // Delivered once more, it is known.
    await putLogFile(world, 'gone', [mwaaRecord('gone-1'), mwaaRecord('gone-2')]);
    await world.handle(s3Event(file));
    expect(world.notified.at(-1)).toContain('already-ingested');
  });

  test('whose original is archived meanwhile: from the bytes in quarantine', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    await ingest(world, 'frozen', [mwaaRecord('frozen-1'), mwaaRecord('frozen-2')]);
    const proxy = await startFaultProxy('s3', servers.s3.endpoint);
    proxy.script = ({ operation, target }) =>
      operation !== 'HeadObject' || target === world.quarantineBucket
        ? undefined
        : async ({ forward, answer }) => {
            const head = await forward();
            answer({ ...head, headers: { ...head.headers, 'x-amz-storage-class': 'DEEP_ARCHIVE' } });
          };
    try {
      const ended = await replay(world, '--all', { AWS_ENDPOINT_URL_S3: proxy.endpoint });
      expect(ended).toMatchObject({ code: 0, reports: [{ outcome: 'replayed', from: 'quarantine' }] });
    } finally {
      await proxy.stop();
    }
    expect((await storedEvents(world)).size).toBe(2);
  });

  test('whose original was replaced and ingested: its events are stored, the ledger entry stays that of what is there', async () => {
    const world = await createWorld(servers, {}, { caps: { records: 1 } });
    await ingest(world, 'replaced', [mwaaRecord('old-1'), mwaaRecord('old-2')]);
    const newer = await ingest(world, 'replaced', [mwaaRecord('new-1')]);
    const entry = await ledgerItem(world, newer);
    expect(entry?.state?.S).toBe('ingested');
    expect(await replay(world, '--all')).toMatchObject({ code: 0, reports: [{ from: 'quarantine' }] });
    expect([...(await storedEvents(world)).keys()].sort()).toEqual(['new-1', 'old-1', 'old-2']);
    expect(await ledgerItem(world, newer)).toEqual(entry);
    expect((await quarantined(world)).size).toBe(0);
  });

  test('that are still bad stay, with exit code 1 and the time at which they were set aside', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'bad', Buffer.from('{"Records":['));
    const before = await quarantined(world);
    expect(await replay(world, '--all', '--dry-run')).toMatchObject({ code: 1, reports: [{ outcome: 'still-bad' }] });
    for (const from of ['original', 'quarantine']) {
      const stays = { outcome: 'still-bad', from, reason: 'json-truncated' };
      expect(await replay(world, '--all')).toMatchObject({ code: 1, reports: [stays] });
      expect(await quarantined(world)).toEqual(before);
      await remove(world, file);
    }
  });

  test('that were missing: still, and then there', async () => {
    const world = await createWorld(servers);
    const file = missing(world, 'late');
    await world.handle(s3Event(file));
    const stays = { outcome: 'still-bad', from: 'original', reason: 'object-missing' };
    expect(await replay(world, '--all', '--dry-run')).toMatchObject({ code: 1, reports: [stays] });
    expect(await replay(world, '--all')).toMatchObject({ code: 1, reports: [stays] });
    expect(await list(world)).toMatchObject([{ reason: 'object-missing' }]);
    await putLogFile(world, 'late', [mwaaRecord('late-1')]);
    expect(await replay(world, '--all')).toMatchObject({ code: 0, reports: [{ outcome: 'replayed' }] });
    expect([...(await storedEvents(world)).keys()]).toEqual(['late-1']);
    expect((await ledgerItem(world, file))?.state?.S).toBe('ingested');
    expect(await list(world)).toEqual([]);
  });

  test('that were missing, came, were ingested and have been removed since', async () => {
    const world = await createWorld(servers);
    await world.handle(s3Event({ ...missing(world, 'came'), etag: '' }));
    const file = await ingest(world, 'came', [mwaaRecord('came-1')]);
    const entry = await ledgerItem(world, file);
    await remove(world, file);
    expect(await replay(world, '--all')).toMatchObject({ code: 0, reports: [{ outcome: 'replayed' }] });
    expect(await ledgerItem(world, file)).toEqual(entry);
  });
});

describe('replay of records', () => {
  test('an event conflict stays while there is one, and is stored when there is none', async () => {
    const world = await createWorld(servers);
    await ingest(world, 'first', [mwaaRecord('same')]);
    const file = await ingest(world, 'second', [
      mwaaRecord('same', { eventName: 'DeleteEnvironment' }),
      mwaaRecord('other'),
    ]);
    const stays = { outcome: 'still-bad', from: 'quarantine', reason: 'event-conflict' };
    const before = await dump(world);
    for (const args of [['--dry-run'], [], []]) {
      expect(await replay(world, '--all', ...args)).toMatchObject({ code: 1, reports: [stays] });
      expect(await dump(world)).toEqual(before);
    }

    const { eventsTable } = world.deps.config;
    await world.dynamo.send(new DeleteItemCommand({ TableName: eventsTable, Key: { eventId: { S: 'same' } } }));
    expect(await replay(world, '--all', '--dry-run')).toMatchObject({ reports: [{ books: { eventsStored: 1 } }] });
    expect(await replay(world, '--all')).toMatchObject({ code: 0, reports: [{ books: { eventsStored: 1 } }] });
    expect((await storedEvents(world)).get('same')?.eventName?.S).toBe('DeleteEnvironment');
    const books = { eventsStored: { N: '2' }, recordsQuarantined: { N: '0' }, recordsRead: { N: '2' } };
    expect(await ledgerItem(world, file)).toMatchObject(books);
    // It is no longer a log file of which something is missing.
    expect(await ledgerItem(world, file)).not.toHaveProperty('listing');
  });

  test('one that was mended; others of its log file stay', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'mended', [mwaaRecord(''), mwaaRecord('good'), 7]);
    const entries = await list(world);
    expect(entries.map(({ reason }) => reason)).toEqual(['event-id-missing', 'not-an-object']);
    await putObject(world, entries[0]!.name, Buffer.from(JSON.stringify(mwaaRecord('mended'))), world.quarantineBucket);
    const done = { outcome: 'replayed', recordIndex: 0, books: { eventsStored: 1 } };
    expect(await replay(world, '--all')).toMatchObject({ code: 1, reports: [done, { outcome: 'still-bad' }] });
    const books = { eventsStored: { N: '2' }, recordsQuarantined: { N: '1' }, recordsRead: { N: '3' } };
    expect(await ledgerItem(world, file)).toMatchObject({ ...books, listing: { S: 'problems' } });
    const after = await dump(world);
    expect(await replay(world, '--all')).toMatchObject({ code: 1, reports: [{ recordIndex: 2 }] });
    expect(await dump(world)).toEqual(after);
    expect((await storedEvents(world)).get('mended')).toMatchObject({
      logFile: { S: `${file.bucket}/${file.key}` },
      recordIndex: { N: '0' },
    });
  });

  test('one of another event source than is wanted now counts as filtered out', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'filtered', [mwaaRecord('')]);
    const { code, reports } = await replay(world, '--all', { EVENT_SOURCES: 's3.amazonaws.com' });
    expect({ code, reports }).toMatchObject({ code: 0, reports: [{ books: { recordsFiltered: 1 } }] });
    const books = { recordsFiltered: { N: '1' }, recordsQuarantined: { N: '0' } };
    expect(await ledgerItem(world, file)).toMatchObject(books);
  });
});

describe('discard', () => {
  const because = ['--why', 'a note, not a log file', '--by', 'ops@example'];

  test('a file that is no log file: gone from quarantine, in the ledger with who, when and why, and missed by nobody', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'note', Buffer.from('{"title":"a note"}'));
    const [{ id } = { id: '' }] = await list(world);
    const before = await dump(world);
    expect(await discard(world, id, '--dry-run')).toMatchObject({ code: 0, reports: [{ id, outcome: 'discarded' }] });
    expect(await dump(world)).toEqual(before);
    expect((await coverage(world)).code).toBe(1);

    expect(await discard(world, id, ...because)).toMatchObject({ code: 0, reports: [{ id, outcome: 'discarded' }] });
    expect(await list(world)).toEqual([]);
    expect((await quarantined(world)).size).toBe(0);
    expect(await coverage(world)).toMatchObject({ code: 0, rows: [{ quarantined: 0, failed: 0, discarded: 1 }] });
    const withBucket = await coverage(world, '--bucket', `s3://${world.logBucket}`);
    const [row] = withBucket.rows;
    expect(row).toMatchObject({ discarded: 1 });
    expect(Number(row!.delivered) + Number(row!.gone)).toBe(
      Number(row!.ingested) +
        Number(row!.quarantined) +
        Number(row!.failed) +
        Number(row!.discarded) +
        Number(row!.missing) +
        Number(row!.underway),
    );
    const ledger = await ledgerItem(world, file);
    expect(ledger).toMatchObject({ state: { S: 'discarded' }, reason: { S: 'records-missing' } });
    const discarded = await quarantine(world, 'discarded', '--format', 'json');
    expect(JSON.parse(discarded.stdout)).toEqual([
      {
        ...{ id, bucket: file.bucket, key: file.key, reason: 'records-missing' },
        ...{ discardedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), discardedBy: 'ops@example' },
        why: 'a note, not a log file',
      },
    ]);
    expect((await quarantine(world, 'discarded')).stdout).toContain('a note, not a log file');
    expect(await quarantine(world, 'show', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('discarded'),
    });

    // Announced once more, it stays discarded, whatever event sources are wanted.
    await world.handle(s3Event(file));
    expect(world.notified.at(-1)).toContain('already-discarded');
    expect(await ledgerItem(world, file)).toEqual(ledger);
    expect((await quarantined(world)).size).toBe(0);
  });

  test('another state of the object is read, and the ledger still says what was discarded', async () => {
    const world = await createWorld(servers);
    await ingest(world, 'replaced', Buffer.from('hello'));
    await discard(world, '--reason', 'not-gzip-or-json', ...because);
    const good = await ingest(world, 'replaced', [mwaaRecord('good-1')]);
    expect([...(await storedEvents(world)).keys()]).toEqual(['good-1']);
    expect(await ledgerItem(world, good)).toMatchObject({ state: { S: 'ingested' }, listing: { S: 'discards' } });
    expect(JSON.parse((await quarantine(world, 'discarded', '--format', 'json')).stdout)).toHaveLength(1);
    expect(await coverage(world)).toMatchObject({ code: 0, rows: [{ ingested: 1, discarded: 0 }] });
  });

  test('by reason, and nothing else', async () => {
    const world = await createWorld(servers);
    await ingest(world, 'a', Buffer.from('hello'));
    await ingest(world, 'b', Buffer.from('{}'));
    await ingest(world, 'c', Buffer.from('{"Records":{}}'));
    const { code, reports } = await discard(world, '--reason', 'not-gzip-or-json', 'records-missing', ...because);
    expect({ code, outcomes: reports.map(({ outcome }) => outcome) }).toEqual({
      code: 0,
      outcomes: ['discarded', 'discarded'],
    });
    expect(await list(world)).toMatchObject([{ reason: 'records-not-an-array' }]);
    expect(await discard(world, '--reason', 'empty', ...because)).toMatchObject({ code: 0, reports: [] });
  });

  test.each<[string, (world: World) => Promise<unknown>, string]>([
    ['good now', (world) => ingest(world, 'capped', [mwaaRecord('c-1'), mwaaRecord('c-2')]), 'it is good now'],
    ['truncated', (world) => ingest(world, 'cut', Buffer.from('{"Records":[')), 'it may hold events (json-truncated)'],
    ['missing', (world) => world.handle(s3Event(missing(world, 'lost'))), 'it may hold events (object-missing)'],
    [
      'a record without an eventID',
      (world) => ingest(world, 'anon', [mwaaRecord('')]),
      'it may hold events (event-id-missing)',
    ],
  ])('what may hold events is kept without --force: %s', async (what, put, reason) => {
    const world = await createWorld(servers, {}, what === 'good now' ? { caps: { records: 1 } } : {});
    await put(world);
    const [{ id } = { id: '' }] = await list(world);
    const before = await dump(world);
    for (const args of [[], ['--dry-run']]) {
      const kept = await discard(world, id, ...because, ...args);
      expect(kept).toMatchObject({ code: 1, reports: [{ outcome: 'kept', reason: expect.stringContaining(reason) }] });
      expect(await dump(world)).toEqual(before);
    }
    const { stdout } = await quarantine(world, 'discard', id, ...because);
    expect(stdout).toContain(`kept without --force: ${reason}`);
    expect(await discard(world, id, ...because, '--force')).toMatchObject({ code: 0 });
    expect(await list(world)).toEqual([]);
    expect((await coverage(world)).code).toBe(0);
    expect((await storedEvents(world)).size).toBe(0);
  });

  test('what was missing, was discarded, and comes all the same is read', async () => {
    const world = await createWorld(servers);
    const bytes = logFileOf([mwaaRecord('late-1')]);
    const file = { ...missing(world, 'late'), etag: createHash('md5').update(bytes).digest('hex') };
    await world.handle(s3Event(file));
    await discard(world, '--reason', 'object-missing', '--force', ...because);
    expect(await ingest(world, 'late', bytes)).toEqual(file);
    expect([...(await storedEvents(world)).keys()]).toEqual(['late-1']);
  });

  test('records that are no events count as filtered out: the counts add up, and the rest of the file stays', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'partly', [mwaaRecord('p-1'), 7, null, { eventSource: 's3.amazonaws.com' }]);
    const [first, second] = await list(world);
    expect(await discard(world, first!.id, ...because)).toMatchObject({ code: 0, reports: [{ recordIndex: 1 }] });
    const half = { recordsRead: { N: '4' }, eventsStored: { N: '1' }, recordsFiltered: { N: '2' } };
    const problem = { recordsQuarantined: { N: '1' }, listing: { S: 'problems' } };
    expect(await ledgerItem(world, file)).toMatchObject({ ...half, ...problem, state: { S: 'ingested' } });
    expect(await discard(world, second!.id, ...because)).toMatchObject({ code: 0 });
    const whole = { recordsFiltered: { N: '3' }, recordsQuarantined: { N: '0' }, listing: { S: 'discards' } };
    expect(await ledgerItem(world, file)).toMatchObject(whole);
    expect(await coverage(world)).toMatchObject({ code: 0, rows: [{ ingested: 1, partly: 0 }] });
    expect([...(await storedEvents(world)).keys()]).toEqual(['p-1']);
  });

  test('interrupted before the removal: repeated, it is done once', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'twice', Buffer.from('{}'));
    const [{ id, name } = { id: '', name: '' }] = await list(world);
    const objects = await quarantined(world);
    await discard(world, id, ...because);
    const entry = await ledgerItem(world, file);
    for (const [key, bytes] of objects) await putObject(world, key, bytes, world.quarantineBucket);
    expect([...objects.keys()]).toContain(name);
    expect(await discard(world, id, '--why', 'another', '--by', 'me')).toMatchObject({ code: 0 });
    expect(await ledgerItem(world, file)).toEqual(entry);
    expect((await quarantined(world)).size).toBe(0);
  });

  test('not in the ledger: it stays', async () => {
    const world = await createWorld(servers);
    const file = await ingest(world, 'unknown', Buffer.from('{}'));
    const { logFilesTable } = world.deps.config;
    const Key = { logFile: { S: `${file.bucket}/${file.key}` } };
    await world.dynamo.send(new DeleteItemCommand({ TableName: logFilesTable, Key }));
    const failed = { outcome: 'failed', reason: expect.stringContaining('ledger-entry-open') };
    expect(await discard(world, '--reason', 'records-missing', ...because)).toMatchObject({
      code: 1,
      reports: [failed],
    });
    expect(await list(world)).toHaveLength(1);
    expect(await discard(world, '0123456789abcdef', ...because)).toMatchObject({ code: 1, reports: [] });
  });
});

describe('what came from a file on this machine', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  test.each(['replay', 'backfill'])(
    'is shown by the path given, and discarded: %s',
    async (command) => {
      const local = (...args: string[]) => runInProcess([...args, '--store', join(folder.path, `${command}-store`)]);
      const [bad, partly] = [join(folder.path, command, 'bad.json'), join(folder.path, command, 'partly.json')];
      mkdirSync(join(folder.path, command));
      writeFileSync(bad, '{}');
      writeFileSync(partly, JSON.stringify({ Records: [mwaaRecord(`${command}-1`), 7] }));
      const given = relative(process.cwd(), join(folder.path, command));
      expect((await local(command, given)).code).toBe(1);
      const listed = JSON.parse((await local('quarantine', 'list', '--format', 'json')).stdout) as QuarantineEntry[];
      const paths = ['bad.json', 'partly.json'].map((name) => join(given, name));
      expect(listed.map(({ path }) => path).sort()).toEqual(paths);
      const table = (await local('quarantine', 'list')).stdout;
      for (const path of paths) expect(table).toContain(` ${path}\n`);
      expect(table).not.toContain('s3://');
      expect((await local('quarantine', 'show', listed[0]!.id)).stdout).toContain(JSON.stringify(listed[0]!.path));
      for (const args of [['--all', '--dry-run'], ['--all'], ['--all']]) {
        const { code, stdout } = await local('quarantine', 'replay', ...args);
        expect({ code, s3: stdout.includes('s3://') }).toEqual({ code: 1, s3: false });
        for (const path of paths) expect(stdout).toContain(` ${path}\n`);
      }
      const query = await local('query', '--all');
      for (const path of paths) expect(query.stderr).toContain(path);
      expect(query.stderr).not.toContain('s3://');

      const ids = listed.map(({ id }) => id);
      const ended = await local('quarantine', 'discard', ...ids, '--why', 'mine');
      expect({ code: ended.code, s3: ended.stdout.includes('s3://') }).toEqual({ code: 0, s3: false });
      for (const path of paths) expect(ended.stdout).toContain(` ${path}\n`);
      const discarded = (await local('quarantine', 'discarded')).stdout;
      for (const path of paths) expect(discarded).toContain(` ${path}\n`);
      expect((await local('quarantine', 'list')).stderr).toBe('The quarantine is empty.\n');
      expect((await local('query', '--all')).stderr).toBe('');
      expect((await local('coverage')).code).toBe(0);
      const again = await local(command, given, '--format', 'json');
      expect(again.code).toBe(0);
    },
    60_000,
  );
});

describe('wrong usage', () => {
  test.each([
    [[]],
    [['list', '--since', 'soon']],
    [['list', '--format', 'csv']],
    [['show']],
    [['replay']],
    [['replay', 'a', '--all']],
    [['replay', '--all', '--cap', 'height=3']],
    [['replay', '--all', '--cap', 'depth=deep']],
    [['replay', '--all', '--bucket', 'without-a-table']],
    [['discard', '--why', 'x']],
    [['discard', 'a']],
    [['discard', 'a', '--why', ' ']],
    [['discard', 'a', '--reason', 'empty', '--why', 'x']],
    [['discard', 'a', '--why', 'x', '--bucket', 'without-a-table']],
    [['discarded', '--bucket', 'without-a-table']],
  ])('%j', async (args) => {
    expect(await runInProcess(['quarantine', ...args])).toMatchObject({ code: 2, stdout: '' });
  });

  test('no store', async () => {
    const { code, stderr } = await runInProcess(['quarantine', 'list', '--store', '/nowhere/at/all']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('no quarantine in /nowhere') });
  });
});

function quarantine(world: World, ...args: string[]) {
  return runQuarantine(world, args);
}

function runQuarantine({ quarantineBucket, deps }: World, args: readonly string[], env: Record<string, string> = {}) {
  return runInProcess(['quarantine', ...args, '--bucket', quarantineBucket, '--table', deps.config.eventsTable], {
    ...awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint }),
    ...env,
  });
}

async function list(world: World, ...args: string[]): Promise<QuarantineEntry[]> {
  return JSON.parse((await quarantine(world, 'list', '--format', 'json', ...args)).stdout) as QuarantineEntry[];
}

async function replay(world: World, ...args: (string | Record<string, string>)[]) {
  const words = args.filter((arg) => typeof arg === 'string');
  const env = Object.assign({}, ...args.filter((arg) => typeof arg !== 'string')) as Record<string, string>;
  const ended = await runQuarantine(world, ['replay', '--format', 'json', ...words], env);
  return { ...ended, reports: JSON.parse(ended.stdout) as ReplayReport[] };
}

async function discard(world: World, ...args: string[]) {
  const ended = await quarantine(world, 'discard', '--format', 'json', ...args);
  return { ...ended, reports: JSON.parse(ended.stdout) as DiscardReport[] };
}

async function coverage({ deps }: World, ...args: string[]) {
  const times = ['--since', '2026-11-01', '--until', '2026-11-05', '--format', 'json'];
  const ended = await runInProcess(
    ['coverage', '--table', deps.config.eventsTable, ...times, ...args],
    awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint }),
  );
  return { code: ended.code, rows: JSON.parse(ended.stdout) as Record<string, unknown>[] };
}

async function ingest(world: World, name: string, content: Buffer | readonly unknown[]): Promise<PutFile> {
  const file = await putLogFile(world, name, content);
  await world.handle(s3Event(file));
  return file;
}

function missing({ logBucket }: World, name: string): PutFile {
  return { bucket: logBucket, key: logFileKey(name), etag: 'd41d8cd98f00b204e9800998ecf8427e' };
}

/** Everything that is stored. */
async function dump({ dynamo, deps, ...world }: World): Promise<unknown> {
  const { eventsTable, logFilesTable, environmentsTable } = deps.config;
  const tables = await Promise.all([eventsTable, logFilesTable, environmentsTable].map((t) => dumpTable(dynamo, t)));
  return { tables, quarantine: await quarantined({ dynamo, deps, ...world }) };
}

async function remove({ s3 }: World, { bucket, key }: PutFile): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}
