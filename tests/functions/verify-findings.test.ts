import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { HOUR_MS as HOUR } from '../../shared/cloudtrail/times.ts';
import { KeysUnavailableError } from '../../shared/integrity/public-keys.ts';
import { listFindings, type StoredFinding } from '../../shared/store/findings.ts';
import { useServers } from '../support/servers.ts';
import { putTrailObject, type TestDigest, type TestLogFile, type TestTrail } from '../support/signed-trail.ts';
import { Verification } from '../support/verification.ts';
import { dumpTable } from '../support/world.ts';

const servers = useServers();

/** Ingest has an earlier clock here than verification. */
const findingsOf = ({ world: { dynamo, deps } }: Verification): Promise<StoredFinding[]> =>
  listFindings(dynamo, deps.config.logFilesTable, deps.now());

/** A finding in short. */
const inShort = ({ kind, key, resolvedAt }: StoredFinding) =>
  `${kind} ${key ?? '-'}${resolvedAt === undefined ? '' : ' resolved'}`;
const shortOf = async (check: Verification) => (await findingsOf(check)).map(inShort).sort();

const remove = ({ world }: Verification, { bucket, key }: TestDigest) =>
  world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));

test('of a whole trail there is nothing to find', async () => {
  const check = await Verification.of(servers);
  await check.ingest();
  await check.run();
  expect(await findingsOf(check)).toEqual([]);
});

describe('a log file that was ingested with other content', () => {
  test('is one finding, however often it is seen', async () => {
    const check = await Verification.of(servers);
    const [first, ...others] = check.trail.logFiles as [TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.forge(first, [{ eventSource: 's3.amazonaws.com', secret: 'hunter2' }]);
    await check.run();
    const seen = new Date(check.now).toISOString();
    const expected = {
      kind: 'log-file-ingested-differently',
      ...{ account: first.account, region: first.region, bucket: first.bucket, key: first.key, digest: first.digest },
      detail: 'expected the content whose hash CloudTrail signed, ingested other content',
      firstSeen: seen,
    };
    expect(await findingsOf(check)).toEqual([{ ...expected, lastSeen: seen }]);
    const items = await dumpTable(check.world.dynamo, check.world.deps.config.logFilesTable);
    expect(JSON.stringify(items)).not.toContain('hunter2');
    // Read again, by the ingest function.
    await check.forge(first, [{ eventSource: 's3.amazonaws.com', forged: 'again' }]);
    const lastSeen = new Date(check.world.deps.now()).toISOString();
    expect(await findingsOf(check)).toEqual([{ ...expected, lastSeen }]);
  });

  test('after it was verified is found when it is ingested', async () => {
    const check = await Verification.of(servers);
    await check.ingest();
    await check.run();
    const [first] = check.trail.logFiles as [TestLogFile];
    await check.forge(first);
    expect(await shortOf(check)).toEqual([`log-file-ingested-differently ${first.key}`]);
  });

  test('is found also when nothing of it stays ingested', async () => {
    const check = await Verification.of(servers);
    const [file, ...others] = check.trail.logFiles as [TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.forge(file);
    await putTrailObject(check.world.s3, { ...file, body: Buffer.from('{"Records":[') });
    await check.ingest([file]);
    await check.run();
    expect(await shortOf(check)).toEqual([`log-file-ingested-differently ${file.key}`]);
  });
});

describe('log files that are not ingested', () => {
  test('are a finding of their digest while they are overdue', async () => {
    const check = await Verification.of(servers);
    const [one, other, ...others] = check.trail.logFiles as [TestLogFile, TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.run();
    expect(await findingsOf(check)).toEqual([]);
    check.now += 6 * HOUR;
    const firstSeen = new Date(check.now).toISOString();
    await check.run();
    check.now += HOUR;
    await check.run();
    const lastSeen = new Date(check.now).toISOString();
    const detail =
      'expected all log files that this digest names to be ingested; not ingested: 2, such as ' +
      `${one.bucket}/${one.key}`;
    expect(await findingsOf(check)).toMatchObject([
      { kind: 'log-file-not-ingested', key: one.digest, digest: one.digest, detail, firstSeen, lastSeen },
    ]);
    await check.ingest([one]);
    await check.run();
    expect(await shortOf(check)).toEqual([`log-file-not-ingested ${one.digest}`]);
    await check.ingest([other]);
    await check.run();
    expect(await shortOf(check)).toEqual([`log-file-not-ingested ${one.digest} resolved`]);
  });

  test('leave an altered one alone', async () => {
    const check = await Verification.of(servers);
    const [one, other, ...others] = check.trail.logFiles as [TestLogFile, TestLogFile, ...TestLogFile[]];
    await check.ingest(others);
    await check.forge(one);
    await check.run();
    await check.ingest([other]);
    check.now += HOUR;
    await check.run();
    expect(await shortOf(check)).toEqual([`log-file-ingested-differently ${one.key}`]);
  });
});

describe('digests', () => {
  test('that are missing in a row are one finding, with the newest, whose name is known', async () => {
    const check = await Verification.of(servers, { hours: 6 });
    const { digests } = check.trail;
    await check.ingest();
    check.now += 7 * HOUR;
    for (const digest of digests.slice(1, 4)) await remove(check, digest);
    await check.run();
    const about = { kind: 'digest-missing', account: digests[0]!.account, digest: digests[4]!.key };
    const found = await findingsOf(check);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(
      expect.objectContaining({ ...about, key: digests[3]!.key, from: digests[3]!.start, to: digests[3]!.end }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({
        ...about,
        ...{ from: digests[1]!.start.replace(/\.\d+Z/, '.000Z'), to: digests[2]!.end },
        detail: 'expected a digest of trail management_events for this hour, and for each of the 1 after it',
      }),
    );
  });

  test('with a wrong signature are found, and resolved once they are repaired and read again', async () => {
    let mended: TestDigest | undefined;
    const check = await Verification.of(servers, {}, ({ digests }) => {
      mended = { ...digests[1]!, metadata: { ...digests[1]!.metadata } };
      digests[1]!.metadata.signature = 'ab';
    });
    await check.ingest();
    await check.run();
    const { key } = check.trail.digests[1]!;
    expect(await shortOf(check)).toEqual([`digest-signature-wrong ${key}`]);
    await putTrailObject(check.world.s3, mended!);
    await check.run();
    expect(await shortOf(check)).toEqual([`digest-signature-wrong ${key}`]);
    await check.run({ since: check.trail.digests[0]!.end });
    expect(await shortOf(check)).toEqual([`digest-signature-wrong ${key} resolved`]);
    // Broken once more.
    await putTrailObject(check.world.s3, { ...mended!, metadata: { ...mended!.metadata, signature: 'ab' } });
    await check.run();
    await check.run({ since: check.trail.digests[0]!.start });
    expect(await shortOf(check)).toEqual([`digest-signature-wrong ${key}`]);
  });

  test('that are gone stay a finding if the verification begins again after them', async () => {
    const check = await Verification.of(servers);
    const [, gone, after] = check.trail.digests as [TestDigest, TestDigest, TestDigest];
    await check.ingest();
    await remove(check, gone);
    check.now += 7 * HOUR;
    await check.run();
    expect(await shortOf(check)).toEqual([`digest-missing ${gone.key}`]);
    await check.run({ since: after.start });
    expect(await shortOf(check)).toEqual([`digest-missing ${gone.key}`]);
    await putTrailObject(check.world.s3, gone);
    await check.run({ since: check.trail.digests[0]!.start });
    expect(await shortOf(check)).toEqual([`digest-missing ${gone.key} resolved`]);
  });

  test('of which nothing can be checked, because there are no keys, leave everything as it is', async () => {
    const check = await Verification.of(servers, {}, breakFirst);
    await check.ingest();
    await check.run();
    const before = await findingsOf(check);
    expect(before).toHaveLength(1);
    const createKeys = () => ({
      find: async () => {
        throw new KeysUnavailableError('eu-west-1', new Error('denied'));
      },
    });
    check.now += HOUR;
    await check.run({ since: check.trail.digests[0]!.start, createKeys });
    expect(await findingsOf(check)).toEqual(before);
  });

  test('are found once, though a run was interrupted before it noted how far it had come', async () => {
    const check = await Verification.of(servers, {}, breakFirst);
    await check.ingest();
    const { dynamo } = check.world;
    let isBroken = true;
    const send = dynamo.send.bind(dynamo) as (command: unknown) => Promise<unknown>;
    const failing = Object.assign(Object.create(dynamo) as typeof dynamo, {
      send: (command: { input: { Key?: { logFile?: { S?: string } } } }) =>
        isBroken && command.input.Key?.logFile?.S?.startsWith('#digests/')
          ? Promise.reject(new Error('interrupted'))
          : send(command),
    });
    await expect(check.run({ dynamo: failing })).rejects.toThrow();
    expect(check.failures).toHaveLength(1);
    const [first] = await findingsOf(check);
    isBroken = false;
    check.now += HOUR;
    await check.run({ dynamo: failing });
    expect(await findingsOf(check)).toEqual([{ ...first, lastSeen: new Date(check.now).toISOString() }]);
  });
});

function breakFirst({ digests }: TestTrail): void {
  digests[0]!.metadata.signature = 'ab';
}
