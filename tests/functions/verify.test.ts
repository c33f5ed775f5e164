import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  BatchExecuteStatementCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import pMap from 'p-map';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { objectName } from '../../shared/cloudtrail/object-key.ts';
import type { TableNames } from '../../shared/config.ts';
import { ingest } from '../../shared/ingest/ingest-log-file.ts';
import { writeResult } from '../../shared/ingest/ingest-result.ts';
import { s3Source } from '../../shared/ingest/log-source.ts';
import { recordStore } from '../../shared/ingest/store-records.ts';
import { UNLIMITED } from '../../shared/ingest/time-budget.ts';
import { verifyInLedger } from '../../shared/integrity/compare-with-ledger.ts';
import { KeysUnavailableError, type PublicKeySource } from '../../shared/integrity/public-keys.ts';
import { verifyBucket } from '../../shared/integrity/verify-bucket.ts';
import { listChains, writeChain } from '../../shared/store/digest-chains.ts';
import { noEnvironments } from '../../shared/store/environments-table.ts';
import { findingKey } from '../../shared/store/findings.ts';
import { listProblems, readLedger, readVerification } from '../../shared/store/ledger.ts';
import { type LedgerEntry, NO_COUNTS } from '../../shared/store/ledger-entry.ts';
import { type LedgerUpdate, LedgerWriter, writeVerification } from '../../shared/store/ledger-writer.ts';
import { httpEvent } from '../support/http-event.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { SEED, scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import {
  digestBody,
  publicKeys,
  putTrailObject,
  SignedBucket,
  signDigest,
  signingKey,
  type TestDigest,
  type TestLogFile,
  TRAIL_START,
} from '../support/signed-trail.ts';
import { Verification } from '../support/verification.ts';
import { createWorld, dumpTable, logFileKey, type StoredItem, type World, writeLedger } from '../support/world.ts';

/** Writes the entries of several readings together, as backfill does. */
async function writeTogether(
  dynamo: DynamoDBClient,
  tables: TableNames,
  updates: readonly LedgerUpdate[],
): Promise<void> {
  const ledger = new LedgerWriter(dynamo, tables);
  await Promise.all([...updates.map((update) => ledger.write(update)), ledger.flush()]);
}
const HOUR = 3600 * 1000;
const START = Date.parse(TRAIL_START);

const servers = useServers();

const all = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('what was ingested is what CloudTrail signed; a second run does nothing', async () => {
  const check = await Verification.of(servers);
  await check.ingest();
  const report = await check.run();
  expect(report).toEqual({
    ...{ places: 1, failedPlaces: 0, chains: 1, finished: true, keysUnavailable: {}, digestAgeMs: 60_000 },
  });
  expect(await check.states()).toEqual(all(6, 'verified'));
  expect([check.sum('verified'), check.findings()]).toEqual([6, []]);
  const [file] = check.trail.logFiles as [TestLogFile];
  const logFile = `${file.bucket}/${file.key}`;
  expect(await readVerification(check.world.dynamo, check.world.deps.config.logFilesTable, logFile)).toEqual({
    verification: 'verified',
    verifiedBy: file.digest,
    verifiedAt: new Date(check.now).toISOString(),
  });
  const before = await dumpTable(check.world.dynamo, check.world.deps.config.logFilesTable);
  servers.requests.length = 0;
  check.now += HOUR;
  expect(await check.run()).toMatchObject({ digestAgeMs: HOUR + 60_000 });
  expect(check.reports).toEqual([]);
  expect(servers.requests).not.toContain('GetObject');
  const after = await dumpTable(check.world.dynamo, check.world.deps.config.logFilesTable);
  const isRun = ({ logFile }: StoredItem) => logFile!.S === '#digests';
  expect(after.filter((item) => !isRun(item))).toEqual(before.filter((item) => !isRun(item)));
});

describe('a log file that is not what CloudTrail signed', () => {
  test('changed before it was ingested', async () => {
    const check = await Verification.of(servers);
    const [first, ...others] = check.trail.logFiles as [TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.forge(first);
    await check.run();
    expect(await check.states()).toEqual(['failed', ...all(5, 'verified')]);
    expect([check.sum('verified'), check.sum('failed')]).toEqual([5, 1]);
    expect(check.reports[0]!.failedLogFiles).toEqual([`${first.bucket}/${first.key}`]);
    const { dynamo, deps } = check.world;
    expect(await listProblems(dynamo, deps.config.logFilesTable, {}, 10)).toMatchObject([
      { logFile: `${first.bucket}/${first.key}`, state: 'not-as-signed' },
    ]);
  });

  test('changed after it was verified, and announced', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    await check.run();
    await check.forge(check.trail.logFiles[2]!);
    expect(await check.states()).toEqual(['verified', 'verified', 'failed', ...all(3, 'verified')]);
    expect(check.world.notified.at(-1)).toContain('"notAsSigned":true');
    expect(check.world.notified.join().match(/notAsSigned/g)).toHaveLength(1);
    const { dynamo, deps } = check.world;
    expect(await listProblems(dynamo, deps.config.logFilesTable, {}, 10)).toMatchObject([{ state: 'not-as-signed' }]);
  });

  test('changed, ingested, and put back before its digest came: events of it may be there', async () => {
    const check = await Verification.of(servers);
    const [file] = check.trail.logFiles as [TestLogFile];
    await check.forge(file);
    await putTrailObject(check.world.s3, file);
    await check.ingest();
    await check.run();
    expect(await check.states()).toEqual(['failed', ...all(5, 'verified')]);
    // The command says the same.
    const { s3, dynamo, deps } = check.world;
    const { findings } = await verifyBucket(
      { bucket: file.bucket, prefix: '', until: check.trail.digests.at(-1)!.end },
      {
        ...{ s3, keys: publicKeys(), now: () => check.now, sleep: async () => {}, concurrency: 4 },
        index: { dynamo, tables: deps.config, copies: [] },
      },
    );
    expect(findings).toMatchObject([{ kind: 'log-file-ingested-differently', key: file.key }]);
  });

  test('changed and ingested, then broken, and in quarantine when its digest comes', async () => {
    const check = await Verification.of(servers);
    const [file, ...others] = check.trail.logFiles as [TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.forge(file);
    await putTrailObject(check.world.s3, { ...file, body: Buffer.from('{"Records":[') });
    await check.ingest([file]);
    await check.run();
    expect(await check.entry(file)).toMatchObject({ state: 'quarantined', verification: 'failed' });
    expect((await check.entry(file))?.reason).not.toBe('not-as-signed');
  });

  test('broken afterwards, and set aside: what was signed is not forgotten', async () => {
    const check = await Verification.of(servers);
    const [file] = check.trail.logFiles as [TestLogFile];
    await check.ingest();
    await check.run();
    await putTrailObject(check.world.s3, { ...file, body: Buffer.from('{"Records":[') });
    await check.ingest([file]);
    expect(await check.entry(file)).toMatchObject({ state: 'quarantined' });
    await putTrailObject(check.world.s3, file);
    await check.ingest([file]);
    expect(await check.statesOf([file])).toEqual(['verified']);
  });
});

describe('a log file that is not ingested yet', () => {
  test('is looked at again, and is overdue after the grace', async () => {
    const check = await Verification.of(servers);
    const [late, ...others] = check.trail.logFiles as [TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.run();
    expect([check.sum('verified'), check.sum('open'), check.sum('overdue')]).toEqual([5, 1, 0]);
    check.now += 6 * HOUR;
    await check.run();
    expect(check.reports).toMatchObject([{ again: true, key: late.digest, known: 1, open: 1, overdue: 1 }]);
    await check.ingest([late]);
    await check.run();
    expect(check.reports).toMatchObject([{ again: true, verified: 1, open: 0 }]);
    expect(await check.states()).toEqual(all(6, 'verified'));
    await check.run();
    expect(check.reports).toEqual([]);
  });

  test('is given up after 30 days', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    await check.run();
    expect(check.sum('open')).toBe(2);
    check.now += 31 * 24 * HOUR;
    await check.run();
    expect(check.sum('overdue')).toBe(2);
    await check.run();
    expect(check.reports).toEqual([]);
  });

  test('in quarantine is not ingested', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    const [file] = check.trail.logFiles as [TestLogFile];
    await putTrailObject(check.world.s3, { ...file, body: Buffer.from('{"Records":[') });
    await check.ingest();
    await check.run();
    expect([check.sum('verified'), check.sum('open')]).toEqual([1, 1]);
  });

  test('and was delivered before the trail was first seen does not count', async () => {
    const check = await Verification.of(servers);
    await check.ingest(check.trail.logFiles.slice(4));
    await check.run({ since: undefined });
    expect([check.sum('verified'), check.sum('open')]).toEqual([2, 0]);
    expect(check.reports).toHaveLength(3);
  });

  test('a repaired digest is read again when another start is configured', async () => {
    let mended: TestDigest | undefined;
    const check = await Verification.of(servers, {}, ({ digests }) => {
      mended = { ...digests[1]!, metadata: { ...digests[1]!.metadata } };
      digests[1]!.metadata.signature = 'ab';
    });
    await check.ingest();
    await check.run();
    expect(await check.states()).toEqual(['verified', 'verified', undefined, undefined, 'verified', 'verified']);
    await putTrailObject(check.world.s3, mended!);
    await check.run();
    expect(check.reports).toEqual([]);
    await check.run({ since: check.trail.digests[0]!.end });
    expect([check.reports.length, check.sum('verified')]).toEqual([2, 2]);
    expect(await check.states()).toEqual(all(6, 'verified'));
    // From a time after all of them: nothing is forgotten.
    await check.run({ since: check.trail.digests[2]!.end });
    const [chain] = await listChains(check.world.dynamo, check.world.deps.config.logFilesTable);
    expect(chain).toMatchObject({ asked: check.trail.digests[2]!.end, last: { key: check.trail.digests[2]!.key } });
  });

  test('also if the run with the new beginning ends before it has come so far', async () => {
    let mended: TestDigest | undefined;
    const check = await Verification.of(servers, {}, ({ digests }) => {
      mended = { ...digests[1]!, metadata: { ...digests[1]!.metadata } };
      digests[1]!.metadata.signature = 'ab';
    });
    await check.ingest(check.trail.logFiles.slice(1));
    await check.run();
    await putTrailObject(check.world.s3, mended!);
    await check.ingest();
    const since = check.trail.digests[0]!.end;
    let asked = 0;
    const getRemainingTimeInMillis = () => {
      asked += 1;
      return asked > 2 ? 30_000 : 600_000;
    };
    await check.run({ since }, { getRemainingTimeInMillis });
    expect(check.reports).toMatchObject([{ key: check.trail.digests[0]!.key, again: true }]);
    await check.run({ since });
    expect(await check.states()).toEqual(all(6, 'verified'));
  });

  test('until it is asked for, by an earlier time to begin with', async () => {
    const check = await Verification.of(servers);
    await check.run({ since: undefined });
    await check.ingest();
    check.now += HOUR;
    await check.run();
    expect(await check.states()).toEqual(all(6, 'verified'));
    await check.run();
    expect(check.reports).toEqual([]);
  });
});

describe('the chain of digests', () => {
  test('a digest that is missing is waited for, then reported, and the rest continues', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    const [, gone] = check.trail.digests;
    await check.world.s3.send(new DeleteObjectCommand({ Bucket: gone!.bucket, Key: gone!.key }));
    await check.run();
    expect([check.reports.length, check.findings()]).toEqual([1, []]);
    check.now += 6 * HOUR;
    await check.run();
    expect(check.findings()).toEqual(['digest-missing']);
    expect(check.reports[0]!.findings).toMatchObject([{ key: gone!.key }]);
    expect(await check.states()).toEqual(['verified', 'verified', undefined, undefined, 'verified', 'verified']);
  });

  test('a digest that comes late is no finding', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    const late = check.trail.digests[1]!;
    await check.world.s3.send(new DeleteObjectCommand({ Bucket: late.bucket, Key: late.key }));
    await check.run();
    await putTrailObject(check.world.s3, late);
    check.now += HOUR;
    await check.run();
    expect([check.reports.length, check.findings()]).toEqual([2, []]);
    expect(await check.states()).toEqual(all(6, 'verified'));
  });

  test('one that was changed proves nothing', async () => {
    const check = await Verification.of(servers, {}, ({ digests, logFiles }) => {
      const body = digestBody(digests[1]!, digests[0]);
      (body.logFiles as { hashValue: string }[])[0]!.hashValue = '0'.repeat(64);
      const { signature } = digests[1]!.metadata;
      signDigest(digests[1]!, body);
      digests[1]!.metadata.signature = signature!;
      expect(logFiles).toHaveLength(6);
    });
    await check.ingest();
    await check.run();
    expect(check.findings()).toContain('digest-signature-wrong');
    expect(await check.states()).toEqual(['verified', 'verified', undefined, undefined, 'verified', 'verified']);
  });

  test('signed by another than CloudTrail, it is waited for a key, then reported', async () => {
    const stranger = signingKey('xx-strange-1');
    const check = await Verification.of(servers, {}, ({ digests }) => {
      const body = { ...digestBody(digests[0]!, undefined), digestPublicKeyFingerprint: 'ab'.repeat(16) };
      signDigest(digests[0]!, body, stranger);
    });
    await check.ingest();
    await check.run();
    expect(check.reports).toEqual([]);
    check.now += 6 * HOUR;
    await check.run();
    expect(check.findings()).toEqual(['digest-key-unknown']);
    expect((await check.states()).slice(0, 2)).toEqual([undefined, undefined]);
  });

  test('replaced by a signed one after it was verified', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    const { digests } = check.trail;
    // The first hour again, with nothing in it, as CloudTrail could have signed it.
    await check.world.s3.send(new DeleteObjectCommand({ Bucket: digests[2]!.bucket, Key: digests[2]!.key }));
    await check.run();
    const other = { ...digests[1]!, names: [], metadata: {} };
    signDigest(other, digestBody(other, digests[0]));
    const next = { ...digests[2]!, metadata: {} };
    signDigest(next, digestBody(next, other));
    await putTrailObject(check.world.s3, other);
    await putTrailObject(check.world.s3, next);
    await check.run();
    expect(check.findings()).toEqual(['digest-replaced']);
  });

  test('in a copy of the bucket they are elsewhere than they say, and prove nothing there', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    const copy = `copy-${check.bucket.bucket}`;
    await check.world.s3.send(new CreateBucketCommand({ Bucket: copy }));
    for (const object of check.bucket.objects.values()) {
      await putTrailObject(check.world.s3, { ...object, bucket: copy });
    }
    await check.run({ locations: [{ bucket: copy, prefix: '' }] });
    expect(check.findings()).toEqual(['digest-moved']);
    expect(check.sum('open')).toBe(0);
  });

  test('one that is a day behind another goes on from where it is', async () => {
    const check = await Verification.of(servers, { hours: 30, filesPerHour: 1 });
    const behind = check.bucket.addTrail({ hours: 30, filesPerHour: 1, trail: 'behind' });
    await check.bucket.upload(check.world.s3);
    const late = behind.digests[1]!;
    await check.world.s3.send(new DeleteObjectCommand({ Bucket: late.bucket, Key: late.key }));
    const patient = { graceMs: 100 * HOUR };
    await check.run(patient);
    expect(check.reports).toHaveLength(31);
    await putTrailObject(check.world.s3, late);
    await check.run(patient);
    expect([check.reports.filter(({ again }) => !again).length, check.findings()]).toEqual([29, []]);
  });

  test('logging that was off is a gap', async () => {
    const check = await Verification.of(servers, { hours: 4, off: [1, 2] });
    await check.ingest();
    await check.run();
    expect(check.findings()).toEqual(['logging-gap']);
    expect(await check.states()).toEqual(all(4, 'verified'));
  });

  test('log files that were left out, and named by a digest made later', async () => {
    const check = await Verification.of(servers, { hours: 4, backfilled: [1, 2] });
    await check.ingest();
    expect(await check.run()).toMatchObject({ chains: 2, digestAgeMs: 60_000 });
    expect(check.findings()).toEqual([]);
    expect(await check.states()).toEqual(all(8, 'verified'));
  });

  test('after nine days in which the function did not run, it continues from where it was', async () => {
    const check = await Verification.of(servers, { hours: 9 * 24, filesPerHour: 0 });
    const { s3 } = check.world;
    const later = check.trail.digests.slice(2);
    const end = check.now;
    await pMap(later, ({ bucket, key }) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })), {
      concurrency: 16,
    });
    check.now = START + 2 * HOUR + 60_000;
    await check.run({ since: undefined });
    await pMap(later, (digest) => putTrailObject(s3, digest), { concurrency: 16 });
    check.now = end;
    await check.run({ since: undefined });
    expect([check.reports.length, check.findings()]).toEqual([later.length, []]);
  });

  test('one that is silent has an age for a week', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    await check.run();
    check.now += 3 * 24 * HOUR;
    expect((await check.run()).digestAgeMs).toBe(3 * 24 * HOUR + 60_000);
    check.now += 5 * 24 * HOUR;
    await check.run();
    check.now += HOUR;
    expect((await check.run()).digestAgeMs).toBeUndefined();
  });
});

describe('public keys that are unavailable', () => {
  const refused = Object.assign(new Error('secret'), { name: 'UnrecognizedClientException' });
  const unavailable = (region: string): PublicKeySource => ({
    async find(fingerprint, regions, time) {
      const others = regions.filter((one) => one !== region);
      const key = await publicKeys().find(fingerprint, others, time);
      if (key === undefined && others.length < regions.length) throw new KeysUnavailableError(region, refused);
      return key;
    },
  });

  test('of one Region: it is named, the others go on, and it is verified when they are there', async () => {
    const check = await Verification.of(servers);
    const there = check.bucket.addTrail({ hours: 3, region: 'ap-east-1', homeRegion: 'eu-west-1' });
    await check.bucket.upload(check.world.s3);
    await check.ingest();
    await check.ingest(there.logFiles);
    const createKeys = () => unavailable('ap-east-1');
    const reason = 'public-keys-unavailable: public keys of CloudTrail in ap-east-1: UnrecognizedClientException';
    // Neither a failure, nor a finding, nor an age, however long it lasts.
    for (const hours of [0, 1, 10]) {
      check.now += hours * HOUR;
      const report = await check.run({ createKeys });
      expect(report).toMatchObject({ failedPlaces: 0, finished: true, keysUnavailable: { 'ap-east-1': reason } });
      expect(check.findings()).toEqual([]);
      expect(check.reports.filter(({ unchecked }) => unchecked === reason).length).toBeGreaterThan(0);
    }
    expect(await check.states()).toEqual(all(6, 'verified'));
    expect(await check.statesOf(there.logFiles)).toEqual(all(6, undefined));
    expect(await check.run()).toMatchObject({ keysUnavailable: {} });
    expect(await check.statesOf(there.logFiles)).toEqual(all(6, 'verified'));
    await check.run();
    expect(check.reports).toEqual([]);
  });
});

describe('trails that go, and go elsewhere', () => {
  test('one that is retired beside another is reported once, and has no age', async () => {
    const check = await Verification.of(servers, { hours: 12, filesPerHour: 0 });
    const old = check.bucket.addTrail({ hours: 4, filesPerHour: 0, trail: 'old' });
    await check.bucket.upload(check.world.s3);
    expect(await check.run()).toMatchObject({ digestAgeMs: 60_000 });
    const { bucket } = check.bucket;
    const end = old.digests.at(-1)!.end;
    expect(check.retired).toEqual([{ bucket, account: '111122223333', region: 'eu-west-1', trail: 'old', end }]);
    check.now += HOUR;
    expect(await check.run()).toMatchObject({ digestAgeMs: HOUR + 60_000 });
    expect([check.retired.length, check.findings()]).toEqual([1, []]);
  });

  test('the only one is not retired, but late', async () => {
    const check = await Verification.of(servers);
    await check.run();
    check.now += 10 * HOUR;
    expect(await check.run()).toMatchObject({ digestAgeMs: 10 * HOUR + 60_000 });
    expect(check.retired).toEqual([]);
  });

  test('one that becomes an organization’s continues there', async () => {
    const check = await Verification.of(servers, { hours: 4 });
    await check.ingest();
    await check.run();
    const organization = new SignedBucket(check.bucket.bucket, { organization: 'o-abc123', seed: 1 });
    const start = check.trail.digests.at(-1)!.end;
    const moved = organization.addTrail({ hours: 4, start, after: check.trail });
    await organization.upload(check.world.s3);
    await check.ingest(moved.logFiles);
    check.now += 4 * HOUR;
    expect(await check.run()).toMatchObject({ chains: 2, digestAgeMs: 60_000 });
    expect([check.sum('verified'), check.findings(), check.retired]).toEqual([8, [], []]);
  });

  test.each([false, true])('one that comes from another bucket (read as well: %s)', async (isRead) => {
    const check = await Verification.of(servers, { hours: 4 });
    const next = new SignedBucket(`${check.bucket.bucket}-next`);
    const moved = next.addTrail({ hours: 2, start: check.trail.digests.at(-1)!.end, after: check.trail });
    await next.upload(check.world.s3);
    const [last] = check.trail.digests.slice(-1);
    const { s3 } = check.world;
    await s3.send(new DeleteObjectCommand({ Bucket: last!.bucket, Key: last!.key }));
    check.now += 10 * HOUR;
    const locations = [{ bucket: next.bucket, prefix: '' }, ...(isRead ? [{ bucket: last!.bucket, prefix: '' }] : [])];
    await check.run({ locations });
    const [first] = check.reports.filter(({ key }) => key === moved.digests[0]!.key);
    if (isRead) expect(first).toMatchObject({ findings: [{ kind: 'digest-missing', key: last!.key }] });
    else expect(first).toMatchObject({ findings: [], earlier: `s3://${last!.bucket}/${last!.key}` });
  });

  test('the first backfill digest is missing, and the next one names it', async () => {
    const check = await Verification.of(servers, { hours: 6, backfilled: [1, 3] });
    const [gone] = check.trail.digests.filter(({ key }) => key.includes('_backfill'));
    await check.world.s3.send(new DeleteObjectCommand({ Bucket: gone!.bucket, Key: gone!.key }));
    check.now += 10 * HOUR;
    await check.run();
    expect(check.findings()).toEqual(['digest-missing']);
  });

  test('a replica is verified for what its original is', async () => {
    const check = await Verification.of(servers);
    const replica = `${check.bucket.bucket}-replica`;
    const copy = new SignedBucket(replica);
    for (const [key, object] of check.bucket.objects) copy.objects.set(key, { ...object, bucket: replica });
    await copy.upload(check.world.s3);
    const files = check.trail.logFiles.map((file) => ({ ...file, bucket: replica }));
    await check.ingest(files);
    await check.run({ locations: [{ bucket: replica, prefix: '' }], originals: [check.bucket.bucket] });
    expect([check.sum('verified'), check.findings()]).toEqual([6, []]);
  });
});

test('accounts, Regions and trails have chains of their own', async () => {
  const check = await Verification.of(servers);
  const others = [{ account: '444455556666' }, { region: 'us-east-1' }, { trail: 'data_events' }].map((settings) =>
    check.bucket.addTrail({ hours: 3, ...settings }),
  );
  await check.bucket.upload(check.world.s3);
  await check.ingest();
  for (const { logFiles } of others) await check.ingest(logFiles);
  expect(await check.run()).toMatchObject({ places: 3, chains: 4, finished: true });
  expect([check.sum('verified'), check.findings()]).toEqual([24, []]);
  expect(await check.run()).toMatchObject({ chains: 4 });
  expect(check.reports).toEqual([]);
});

test('an event says whether CloudTrail signed its log file', async () => {
  const record = (hour: number, file: number) => ({
    eventVersion: '1.11',
    eventID: `event-${hour}-${file}`,
    eventTime: '2031-03-01T20:00:00Z',
    eventSource: 'airflow.amazonaws.com',
    eventName: 'GetEnvironment',
  });
  const check = await Verification.of(servers, { hours: 1, records: (hour, file) => [record(hour, file)] });
  const [first, second] = check.trail.logFiles as [TestLogFile, TestLogFile];
  await check.ingest([first]);
  await check.forge(
    second,
    [record(0, 1)].map((one) => ({ ...one, eventName: 'DeleteEnvironment' })),
  );
  const { dynamo, deps } = check.world;
  const { eventsTable } = deps.config;
  const settings = awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint });
  const show = async (id: string, ...args: string[]) =>
    (await runInProcess(['show', id, '--table', eventsTable, ...args], settings)).stdout;
  const ask = createQueryHandler({ dynamo, tables: deps.config, now: () => check.now }, { failed: () => {} });
  const get = async (id: string) =>
    JSON.parse((await ask(httpEvent(`/events/${id}`), {} as Context)).body) as Record<string, unknown>;

  expect(await get('event-0-0')).toMatchObject({ verification: 'pending' });
  expect(await show('event-0-0', '--format', 'text')).toContain('verified     not yet');
  await check.run();
  const { key } = check.trail.digests[0]!;
  const verifiedAt = new Date(check.now).toISOString();
  expect(await get('event-0-0')).toMatchObject({ verification: 'verified', verifiedBy: key, verifiedAt });
  expect(JSON.parse(await show('event-0-0', '--format', 'json'))).toMatchObject({
    verification: 'verified',
    verifiedBy: key,
    verifiedAt,
  });
  expect(await show('event-0-0', '--format', 'text')).toMatch(
    new RegExp(`verified {5}yes, CloudTrail signed.*\\n {13}digest s3://${check.bucket.bucket}/${key}\\n`),
  );
  expect(await get('event-0-1')).toMatchObject({ eventName: 'DeleteEnvironment', verification: 'failed' });
  expect(await show('event-0-1', '--format', 'text')).toContain('verified     NO: ');
  const { stderr } = await runInProcess(['query', '--table', eventsTable], settings);
  expect(stderr).toContain('Not trustworthy: CloudTrail signed other content for 1 log file: s3://');
});

describe('interrupted', () => {
  /** Ends a run after a number of requests. */
  async function stopped(check: Verification, after: number): Promise<boolean> {
    let left = after;
    const { dynamo } = check.world;
    const stop = new Error('killed');
    dynamo.middlewareStack.add(
      (next) => (args) => {
        if (left === 0) throw stop;
        left -= 1;
        return next(args);
      },
      { step: 'initialize', name: 'kill', override: true },
    );
    try {
      await check.run();
      return false;
    } catch {
      return true;
    } finally {
      dynamo.middlewareStack.remove('kill');
    }
  }

  test('at every request to DynamoDB, and run again: the same in the end', async () => {
    const check = await Verification.of(servers);
    await check.ingest(check.trail.logFiles.slice(1));
    let after = 0;
    while (await stopped(check, after)) after += 1;
    expect(after).toBeGreaterThan(6);
    await check.run();
    expect(await check.states()).toEqual([undefined, ...all(5, 'verified')]);
    const [chain] = await listChains(check.world.dynamo, check.world.deps.config.logFilesTable);
    expect(chain).toMatchObject({ pending: [check.trail.digests[0]!.key] });
    expect(chain!.last!.key).toBe(check.trail.digests[2]!.key);
  });

  test('when time is up, and the next run continues', async () => {
    const check = await Verification.of(servers, { hours: 5 });
    await check.ingest();
    let runs = 0;
    for (let finished = false; !finished; runs += 1) {
      let asked = 0;
      const getRemainingTimeInMillis = () => {
        asked += 1;
        return asked > 5 ? 30_000 : 600_000;
      };
      ({ finished } = await check.run({}, { getRemainingTimeInMillis }));
      expect(check.reports.length).toBeLessThanOrEqual(3);
    }
    expect(runs).toBeGreaterThan(1);
    expect(await check.states()).toEqual(all(10, 'verified'));
  });

  test('by a concurrent run: the second one does not write', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    await check.run();
    const { dynamo, deps } = check.world;
    const [chain] = await listChains(dynamo, deps.config.logFilesTable);
    const written = await writeChain(dynamo, deps.config.logFilesTable, { ...chain!, pending: [] });
    expect(written?.revision).toBe(chain!.revision + 1);
    expect(await writeChain(dynamo, deps.config.logFilesTable, chain!)).toBeUndefined();
    expect(await listChains(dynamo, deps.config.logFilesTable)).toEqual([written]);
  });

  test('by another reading of a log file: its new content is not said to be verified', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    const [file] = check.trail.logFiles as [TestLogFile];
    await check.ingest();
    const { dynamo, deps } = check.world;
    const before = (await check.entry(file))!;
    const entry = { ...before, sha256: 'other', ingestedAt: 'later' };
    await writeLedger(dynamo, deps.config, { entry, before, seen: noEnvironments() });
    const signed = { signedSha256: before.sha256!, verifiedBy: file.digest, verifiedAt: 'now' };
    expect(await writeVerification(dynamo, deps.config.logFilesTable, before, signed)).toBeUndefined();
    expect((await check.entry(file))?.verification).toBeUndefined();
  });

  test.each(['one by one', 'in a group'])('by a reading that began before: its mark is kept (%s)', async (how) => {
    const check = await Verification.of(servers, { hours: 1 });
    const [file] = check.trail.logFiles as [TestLogFile];
    await check.ingest();
    const { s3, dynamo, deps } = check.world;
    const before = (await check.entry(file))!;
    const content = '{"Records":[]}';
    await putTrailObject(s3, { ...file, body: gzipSync(content) });
    const result = await ingested(check, file, before);
    // The reading has ended; the verification comes before its entry is written.
    await check.run();
    if (how === 'in a group') await writeTogether(dynamo, deps.config, [result.update]);
    else
      expect(await writeResult(result, deps, new LedgerWriter(dynamo, deps.config))).toMatchObject({
        outcome: 'ingested',
        notAsSigned: true,
      });
    expect(await check.entry(file)).toMatchObject({
      ...{ verification: 'failed', signedSha256: before.sha256, otherSha256: [before.sha256] },
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  });

  test('by a backfill that did not know of the log file: its mark is kept', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    const { dynamo, deps } = check.world;
    await check.ingest();
    await check.run();
    const results = await Promise.all(check.trail.logFiles.map((file) => ingested(check, file, undefined)));
    await writeTogether(
      dynamo,
      deps.config,
      results.map(({ update }) => update),
    );
    expect(await check.states()).toEqual(all(2, 'verified'));
  });

  test('by a backfill that looked before the log file was read and verified: its mark is kept', async () => {
    const check = await Verification.of(servers, { hours: 1 });
    const { dynamo, deps } = check.world;
    const results = await Promise.all(check.trail.logFiles.map((file) => ingested(check, file, undefined)));
    let isMeanwhile = false;
    const late = {
      async send(command: { input: object }) {
        const isWrite = command instanceof BatchExecuteStatementCommand || command instanceof PutItemCommand;
        if (isWrite && !isMeanwhile && JSON.stringify(command.input).includes(deps.config.logFilesTable)) {
          isMeanwhile = true;
          await check.ingest();
          await check.run();
        }
        return await dynamo.send(command as PutItemCommand);
      },
    } as unknown as DynamoDBClient;
    await writeTogether(
      late,
      deps.config,
      results.map(({ update }) => update),
    );
    expect(await check.states()).toEqual(all(2, 'verified'));
  });

  test('two at a time: one of them stops, and everything is verified once', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    const runs = await Promise.allSettled([check.run(), check.run()]);
    expect(runs.some(({ status }) => status === 'fulfilled')).toBe(true);
    await check.run();
    expect(await check.states()).toEqual(all(6, 'verified'));
  });
});

describe('readings of a log file and the check of its digest, at the same time', () => {
  /** A log file that CloudTrail signed as `a`. */
  class Signed {
    static files = 0;
    readonly file: { bucket: string; key: string };
    private readonly world: World;

    constructor(world: World, time: string) {
      this.world = world;
      Signed.files += 1;
      this.file = { bucket: 'logs', key: logFileKey(String(Signed.files)).replace(/T0915Z_/, `${time}15Z_`) };
    }

    /** Ingests content, which is its own ETag and hash. */
    async read(client: DynamoDBClient, sha256: string): Promise<void> {
      const { config } = this.world.deps;
      const before = await readLedger(client, config.logFilesTable, this.file);
      // It is not read again while its object is the same.
      if (before?.etag === sha256) return;
      const entry: LedgerEntry = {
        ...{ ...this.file, ...NO_COUNTS, state: 'ingested', etag: sha256, sha256, eventSources: [], schemaVersion: 1 },
        ...{ compressedBytes: 0, uncompressedBytes: 0, deliveryDay: '2026-11-02', region: 'eu-west-1' },
        ingestedAt: '2026-11-02T09:20:00.000Z',
      };
      await new LedgerWriter(client, config).write({ entry, before, seen: noEnvironments() });
    }

    /** Fails if it is not ingested yet: then the digest is checked again. */
    async verify(client: DynamoDBClient): Promise<void> {
      const ledger = { dynamo: client, table: this.world.deps.config.logFilesTable };
      const digest = { key: DIGEST, logFiles: [{ ...this.file, sha256: 'a' }] };
      for await (const { outcome } of verifyInLedger(ledger, digest, VERIFIED_AT))
        if (outcome === 'open') throw new Error('to be checked again');
    }

    /** If other content than was signed was ever ingested, everybody says so, and otherwise nobody. */
    async expectFound(isAltered: boolean): Promise<void> {
      const { dynamo, deps } = this.world;
      const { logFilesTable: table } = deps.config;
      expect(await readVerification(dynamo, table, objectName(this.file))).toMatchObject({
        verification: isAltered ? 'failed' : 'verified',
        verifiedBy: DIGEST,
      });
      // Then it is listed as a problem, too.
      expect((await readLedger(dynamo, table, this.file))?.verification === 'failed').toBe(isAltered);
      const finding = { kind: 'log-file-ingested-differently', ...this.file, digest: DIGEST };
      const logFile = { S: findingKey({ ...finding, account: '-', region: 'eu-west-1', detail: '' }) };
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { logFile } }));
      expect(Item !== undefined).toBe(isAltered);
    }
  }

  const DIGEST = 'AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2031/03/01/digest.json.gz';
  const VERIFIED_AT = '2026-11-02T10:30:00.000Z';
  /** In the names of log files. */
  const TIMES = ['T09', 'no time'];
  /** DynamoDB, with something else that happens before a request, or instead. */
  const clientOf = (world: World, before: () => Promise<void>) =>
    ({
      send: async (command: PutItemCommand) => {
        await before();
        return await world.dynamo.send(command);
      },
    }) as unknown as DynamoDBClient;

  test('one within the other: other content than was signed is found', async () => {
    const world = await createWorld(servers);
    const { dynamo } = world;
    for (const time of TIMES)
      for (const outer of ['read', 'verify'])
        for (let at = 0, isReached = true; isReached; at += 1) {
          const signed = new Signed(world, time);
          await signed.read(dynamo, 'a');
          let requests = 0;
          isReached = false;
          const client = clientOf(world, async () => {
            requests += 1;
            if (requests !== at + 1) return;
            isReached = true;
            await (outer === 'read' ? signed.verify(dynamo) : signed.read(dynamo, 'b'));
          });
          await (outer === 'read' ? signed.read(client, 'b') : signed.verify(client));
          if (isReached) await signed.expectFound(true);
        }
  });

  test('in every order, and killed: other content than was signed is found, and nothing else', async () => {
    const world = await createWorld(servers);
    const { dynamo } = world;
    const content = fc.constantFrom('a', 'b');
    /** How many of its requests come to an end. */
    const life = fc.option(fc.nat({ max: 6 }), { nil: Number.POSITIVE_INFINITY });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.constantFrom(...TIMES),
        fc.constantFrom(['a'], ['b'], []),
        fc.array(fc.record({ content, life }), { minLength: 1, maxLength: 2 }),
        life,
        async (scheduler, time, earlier, readings, lifeOfCheck) => {
          const signed = new Signed(world, time);
          for (const sha256 of earlier) await signed.read(dynamo, sha256);
          const begin = async (work: (client: DynamoDBClient) => Promise<void>, requests: number) => {
            let left = requests;
            const client = clientOf(world, async () => {
              await scheduler.schedule(Promise.resolve());
              left -= 1;
              if (left < 0) throw new Error('killed');
            });
            const isDone = await work(client).then(
              () => true,
              () => false,
            );
            // What is killed is delivered again.
            return async () => void (isDone || (await work(dynamo)));
          };
          const begun = [
            ...readings.map((one) => begin((client) => signed.read(client, one.content), one.life)),
            begin((client) => signed.verify(client), lifeOfCheck),
          ];
          for (const again of await scheduler.waitFor(Promise.all(begun))) await again();
          await signed.expectFound([...earlier, ...readings.map((one) => one.content)].includes('b'));
        },
      ),
      { numRuns: scaled(50, 5_000), seed: SEED },
    );
  });
});

/** A log file that was read, and whose ledger entry is not written yet. */
async function ingested({ world: { s3, deps } }: Verification, file: TestLogFile, before: LedgerEntry | undefined) {
  const job = { ref: file, source: s3Source(s3, file), store: recordStore(deps), time: UNLIMITED };
  const result = await ingest({ ...job, findEntry: async () => before }, deps);
  if ('error' in result || result.update === undefined) throw new Error('expected to be ingested', { cause: result });
  const update: LedgerUpdate = result.update;
  return { report: result.report, update };
}

test('a bucket that cannot be listed fails the run, and the others are verified', async () => {
  const check = await Verification.of(servers);
  await check.ingest();
  const { bucket } = check.bucket;
  const locations = [
    { bucket: 'there-is-no-such-bucket', prefix: '' },
    { bucket, prefix: '' },
  ];
  await expect(check.run({ locations })).rejects.toMatchObject({ code: 'verification-failed' });
  expect(check.failures).toEqual(['s3://there-is-no-such-bucket/: NoSuchBucket']);
  expect(await check.states()).toEqual(all(6, 'verified'));
});
