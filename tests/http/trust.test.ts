import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { HOUR_MS } from '../../shared/cloudtrail/times.ts';
import { readProblemFiles } from '../../shared/query/quarantine.ts';
import { writeFinding } from '../../shared/store/findings.ts';
import { noteFailure } from '../../shared/store/ledger-writer.ts';
import { EventStore } from '../support/event-store.ts';
import { httpEvent } from '../support/http-event.ts';
import { useServers } from '../support/servers.ts';
import { putTrailObject, type TestLogFile } from '../support/signed-trail.ts';
import { Verification } from '../support/verification.ts';
import { logFileOf, NOW } from '../support/world.ts';

const servers = useServers();

/** Of the content of files that must not show. */
const SECRET = 'hunter2';

let check: Verification;
let files: Record<'good' | 'altered' | 'broken' | 'partly' | 'failed' | 'other', TestLogFile>;

/** A trail with a log file of each kind, and a digest that is gone. */
beforeAll(async () => {
  check = await Verification.of(servers, { hours: 3 });
  const [good, altered, broken, partly, failed, other] = check.trail.logFiles as [
    ...[TestLogFile, TestLogFile, TestLogFile, TestLogFile, TestLogFile, TestLogFile],
  ];
  files = { good, altered, broken, partly, failed, other };
  const { s3, dynamo, deps } = check.world;
  await check.ingest([good, other]);
  await check.forge(altered, [{ eventSource: 's3.amazonaws.com', SECRET }]);
  await putTrailObject(s3, { ...broken, body: Buffer.from(`{"Records":["${SECRET}`) });
  const bad = { eventSource: 'airflow.amazonaws.com', eventName: SECRET };
  await putTrailObject(s3, { ...partly, body: logFileOf([bad]) });
  await check.ingest([broken, partly]);
  const { bucket, key } = failed;
  await noteFailure(dynamo, deps.config.logFilesTable, { bucket, key, deliveryDay: '2031-03-01' }, 'AccessDenied');
  const [, gone] = check.trail.digests;
  await s3.send(new DeleteObjectCommand({ Bucket: gone!.bucket, Key: gone!.key }));
  check.now += 7 * HOUR_MS;
  await check.run();
}, 60_000);

async function ask(url: string, accept = 'application/json') {
  const { dynamo, deps } = check.world;
  const failed = (error: unknown) => {
    throw error;
  };
  const handler = createQueryHandler({ dynamo, tables: deps.config, now: () => check.now }, { failed });
  servers.requests.length = 0;
  const answer = await handler(httpEvent(url, { accept }), {} as Context);
  // The query function reads tables alone: neither log files nor the quarantine.
  expect(servers.requests.filter((name) => !['Query', 'GetItem', 'BatchGetItem'].includes(name))).toEqual([]);
  expect(answer.body).not.toContain(SECRET);
  return { ...answer, json: () => JSON.parse(answer.body) };
}

const PLACE = { account: '111122223333', region: 'eu-west-1' };
const nameOf = ({ bucket, key }: TestLogFile) => `${bucket}/${key}`;

describe('/coverage', () => {
  const counts = { ingested: 4, partly: 1, verified: 2, altered: 1, quarantined: 1, failed: 1, discarded: 0 };
  const row = { ...PLACE, day: '2031-03-01', ...counts };

  test('counts log files by account, Region and day', async () => {
    const { coverage, completeness } = (await ask('/coverage')).json();
    expect(coverage).toEqual([row]);
    expect(completeness.newestLogFiles).toMatchObject([PLACE]);
  });

  test.each([
    ['?since=2031-03-01&until=2031-03-02', 1],
    ['?since=2031-03-01&until=2031-03-01T00:00:01Z', 1],
    ['?since=2031-02-01&until=2031-03-01', 0],
    ['?account=111122223333&region=us-east-1&region=eu-west-1', 1],
    ['?account=444455556666', 0],
    ['?region=us-east-1', 0],
  ])('%s: %i', async (query, rows) => {
    expect((await ask(`/coverage${query}`)).json().coverage).toHaveLength(rows);
  });

  test('as CSV and NDJSON', async () => {
    const csv = await ask('/coverage', 'text/csv');
    expect(csv.body).toBe(`${Object.keys(row).join(',')}\r\n${Object.values(row).join(',')}\r\n`);
    const ndjson = await ask('/coverage', 'application/x-ndjson');
    expect(ndjson.body).toBe(`${JSON.stringify(row)}\n`);
  });

  test.each([
    ['since=401d', 400, 'since: expected a time at most 400 days before until'],
    ['since=2030-01-01&until=9999-12-31', 400, 'since: expected a time at most 400 days before until'],
    ['since=400d', 200, undefined],
    ['since=2029-01-01&until=2030-01-01', 200, undefined],
    ['since=1d&until=2d', 400, 'since: expected a time before until'],
    ['until=soon', 400, expect.stringContaining('until: expected an ISO 8601 time')],
  ])('%s: %i', async (query, status, detail) => {
    const answer = await ask(`/coverage?${query}`);
    expect([answer.statusCode, answer.json().detail]).toEqual([status, detail]);
  });
});

describe('/verification', () => {
  const time = () => new Date(check.now).toISOString();

  test('tells how far each trail is verified', async () => {
    const { chains, checkedAt } = (await ask('/verification')).json();
    const { bucket } = check.bucket;
    const trail = { trail: 'management_events', homeRegion: 'eu-west-1', backfill: false };
    const last = check.trail.digests.at(-1)!;
    expect(chains).toEqual([
      { bucket, ...PLACE, ...trail, verifiedUntil: last.end, signed: true, pending: 1, retired: false },
    ]);
    expect(checkedAt).toBe(time());
  });

  test('lists what was found', async () => {
    const { findings, truncated } = (await ask('/verification')).json();
    const seen = { firstSeen: time(), lastSeen: time() };
    const [, gone, last] = check.trail.digests;
    const about = { ...PLACE, bucket: check.bucket.bucket, trail: 'management_events', ...seen };
    expect(findings).toHaveLength(3);
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ ...about, kind: 'digest-missing', key: gone!.key, digest: last!.key },
          ...{ from: gone!.start, to: gone!.end, detail: 'expected this digest, which its successor names' },
        }),
        expect.objectContaining({
          ...about,
          ...{ kind: 'log-file-ingested-differently', key: files.altered.key, digest: files.altered.digest },
        }),
        expect.objectContaining({ ...about, kind: 'log-file-not-ingested', key: last!.key, digest: last!.key }),
      ]),
    );
    expect(truncated).toBe(false);
  });

  test('as CSV and NDJSON, with the findings as lines', async () => {
    const csv = await ask('/verification', 'text/csv');
    expect(csv.body.split('\r\n')[0]).toBe(
      'firstSeen,lastSeen,resolvedAt,kind,account,region,trail,bucket,key,from,to,digest,eventId,detail',
    );
    const ndjson = await ask('/verification', 'application/x-ndjson');
    const kinds = ndjson.body.trimEnd().split('\n');
    expect(kinds.map((line) => JSON.parse(line).kind).sort()).toEqual([
      'digest-missing',
      'log-file-ingested-differently',
      'log-file-not-ingested',
    ]);
  });
});

describe('/quarantine', () => {
  test('lists each log file that is not as it should be, with the reason', async () => {
    const { logFiles, truncated } = (await ask('/quarantine')).json();
    const about = { ...PLACE, deliveryDay: '2031-03-01' };
    const listed = new Map(logFiles.map((file: { logFile: string }) => [file.logFile, file]));
    expect(listed.size).toBe(4);
    expect(listed.get(nameOf(files.broken))).toMatchObject({
      ...{ ...about, state: 'quarantined', reason: 'json-truncated', detail: expect.stringContaining('at byte') },
    });
    expect(listed.get(nameOf(files.partly))).toEqual({
      ...{ ...about, logFile: nameOf(files.partly), state: 'records-quarantined', recordsQuarantined: 1 },
    });
    expect(listed.get(nameOf(files.failed))).toEqual({
      ...{ ...about, logFile: nameOf(files.failed), state: 'failed', reason: 'AccessDenied' },
    });
    expect(listed.get(nameOf(files.altered))).toMatchObject({
      ...{ ...about, state: 'not-as-signed', reason: 'not-as-signed', recordsQuarantined: 0 },
    });
    expect(truncated).toBe(false);
  });

  test.each([
    ['since=2031-03-01', 4],
    ['since=2031-03-02', 0],
    ['until=2031-03-01', 0],
    ['until=2031-03-01T00:00:01Z', 4],
  ])('%s: %i', async (query, count) => {
    expect((await ask(`/quarantine?${query}`)).json().logFiles).toHaveLength(count);
  });

  test('what was discarded, and was never as CloudTrail signed it, is not as signed', async () => {
    const store = await EventStore.start({ now: NOW });
    await store.addLogFile({ key: 'a', state: 'discarded', reason: 'empty', verification: 'failed', verifiedBy: 'd' });
    await store.addLogFile({ key: 'b', state: 'discarded', reason: 'empty', verification: 'verified' });
    const { logFiles } = await readProblemFiles({}, store.deps, 10);
    expect(logFiles).toMatchObject([{ logFile: 'bucket/a', state: 'not-as-signed', reason: 'empty' }]);
    store.stop();
  });

  test('as CSV', async () => {
    const { body } = await ask('/quarantine', 'text/csv');
    const [head, ...rows] = body.trimEnd().split('\r\n');
    expect(head).toBe('deliveryDay,account,region,state,reason,detail,recordsQuarantined,logFile,path');
    expect(rows).toHaveLength(4);
    expect(rows).toContain(`2031-03-01,111122223333,eu-west-1,failed,AccessDenied,,,${nameOf(files.failed)},`);
  });
});

test('long lists are cut, and say so; the newest stay', async () => {
  const { dynamo, deps } = check.world;
  const table = deps.config.logFilesTable;
  const older = { ...PLACE, bucket: 'logs', kind: 'logging-gap', detail: 'expected a digest' };
  for (let i = 0; i < 500; i += 1) {
    const name = String(i).padStart(3, '0');
    await writeFinding(dynamo, table, { ...older, digest: name }, '2031-02-01T00:00:00.000Z');
    await noteFailure(dynamo, table, { bucket: 'logs', key: name, deliveryDay: '2031-02-01' }, 'AccessDenied');
  }
  const verification = (await ask('/verification')).json();
  expect([verification.findings.length, verification.truncated]).toEqual([500, true]);
  const kinds = new Set(verification.findings.slice(0, 3).map(({ kind }: { kind: string }) => kind));
  expect(kinds.size).toBe(3);
  expect(kinds).not.toContain('logging-gap');
  const quarantine = (await ask('/quarantine')).json();
  expect([quarantine.logFiles.length, quarantine.truncated]).toEqual([500, true]);
  const days = quarantine.logFiles.map(({ deliveryDay }: { deliveryDay: string }) => deliveryDay);
  expect(days.slice(0, 5)).toEqual([...Array(4).fill('2031-03-01'), '2031-02-01']);
}, 60_000);
