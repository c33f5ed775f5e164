import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writePublicKeys } from '../../shared/integrity/public-keys.ts';
import { startFaultProxy } from '../faults/support/fault-proxy.ts';
import { temporaryFolder } from '../support/cli.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import { publicKeysByRegion, putTrailObject } from '../support/signed-trail.ts';
import { createTamperWorld, type TamperWorld } from '../support/tampering.ts';

const folder = temporaryFolder();
const keyFile = join(folder.path, 'keys.json');
const servers = useServers();
let world: TamperWorld;
beforeAll(async () => {
  world = await createTamperWorld(servers, [{ hours: 6 }, { account: '444455556666', region: 'us-east-1', hours: 4 }]);
  await writeFile(keyFile, writePublicKeys(publicKeysByRegion()));
});
afterAll(async () => {
  folder.remove();
});

function run(...given: (string | Record<string, string>)[]) {
  const args = given.filter((arg) => typeof arg === 'string');
  const settings = {
    ...awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint }),
    // No server listens there.
    AWS_ENDPOINT_URL_CLOUDTRAIL: 'http://127.0.0.1:1',
    ...Object.assign({}, ...given.filter((arg) => typeof arg !== 'string')),
  };
  return runInProcess(args, settings);
}

const verify = (...args: Parameters<typeof run>) =>
  run('verify', `s3://${world.signed.bucket}`, '--until', '2031-03-05', '--public-keys', keyFile, ...args);
const table = () => ['--table', world.deps.config.eventsTable];

describe('verify', () => {
  test('everything', async () => {
    const { code, stdout, stderr } = await verify(...table());
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ACCOUNT +REGION +COVERED \(UTC\) +DIGESTS +SIGNED +LOG FILES +VERIFIED/);
    expect(stdout).toMatch(/\n111122223333 +eu-west-1 +2031-03-01 20:01 to 2031-03-02 02:01 +6 +6 +12 +12 +0 +0 +0\n/);
    expect(stdout).toContain('Events in the table: 20, 20 proven\n');
    expect(stdout).toMatch(
      /\nVerified: 10 digests and 20 log files are what CloudTrail delivered, and nothing is missing\.\n$/,
    );
    expect(code).toBe(0);
  });

  test('as JSON, of one account, without the ledger', async () => {
    const { code, stdout } = await verify('--no-ledger', '--account', '444455556666', '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verified: true,
      places: [{ account: '444455556666', logFiles: 8 }],
      findings: [],
    });
  });

  test('nothing there is not verified', async () => {
    expect(await verify('--no-ledger', '--region', 'eu-north-1')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/Nothing was verified/),
    });
  });

  test('findings, each with what it means and what to do', async () => {
    const other = await createTamperWorld(servers, [{ hours: 3 }]);
    const { key } = other.trails[0]!.trail.logFiles[2]!;
    await other.s3.send(new DeleteObjectCommand({ Bucket: other.signed.bucket, Key: key }));
    const args = ['--until', '2031-03-05', '--public-keys', keyFile, '--no-ledger'];
    const { code, stdout } = await run('verify', `s3://${other.signed.bucket}`, ...args);
    expect(code).toBe(1);
    expect(stdout).toContain('Log files that are gone (log-file-missing): 1\n  It means: ');
    expect(stdout).toContain(`  - 111122223333 eu-west-1 s3://${other.signed.bucket}/${key}\n`);
    expect(stdout).toMatch(/\nNot verified: 1 finding, 0 not checked; 3 digests and 5 log files/);
  });

  test('what could not be looked at is no finding', async () => {
    const { code, stdout } = await run('verify', `s3://${world.signed.bucket}`, '--until', '2031-03-05', '--no-ledger');
    expect(code).toBe(1);
    expect(stdout).toMatch(/Not checked, because of errors; this says nothing about the trail:/);
    expect(stdout).toMatch(/\nNot verified: 0 findings, /);
  });

  test('archived log files and digests were not looked at: they are to be restored', async () => {
    const proxy = await startFaultProxy('s3', servers.s3.endpoint);
    const archived = Buffer.from('<Error><Code>InvalidObjectState</Code><StorageClass>GLACIER</StorageClass></Error>');
    let [logFiles, digests] = [0, 0];
    proxy.script = ({ operation, key }) => {
      if (operation !== 'GetObject' || key === '') return undefined;
      const isDigest = key.includes('/CloudTrail-Digest/');
      if (isDigest ? digests > 0 : logFiles > 0) return undefined;
      if (isDigest) digests += 1;
      else logFiles += 1;
      return ({ answer }) => answer({ status: 403, headers: {}, body: archived });
    };
    try {
      const { code, stdout } = await verify('--no-ledger', { AWS_ENDPOINT_URL_S3: proxy.endpoint });
      expect(code).toBe(1);
      expect(stdout).toMatch(
        / {2}object-archived: expected an object that can be read, found it archived \(GLACIER\): restore it with aws s3api restore-object: 2\n/,
      );
      for (const name of ['CloudTrail', 'CloudTrail-Digest'])
        expect(stdout).toMatch(new RegExp(`\n {2}- s3://.*/${name}/`));
    } finally {
      await proxy.stop();
    }
  });

  test('a bucket that is not there', async () => {
    const { code, stderr } = await run('verify', 's3://no-such-bucket', '--no-ledger', '--public-keys', keyFile);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/NoSuchBucket/) });
  });

  test.each([
    [['s3://'], /Expected s3:\/\/BUCKET/],
    [['s3://b/AWSLogs/111122223333'], /what stands before AWSLogs/],
    [['s3://b', '--since', 'yesterday'], /--since: expected an ISO 8601 time/],
    [['s3://b', '--since', '2026-01-02', '--until', '2026-01-02'], /--since: expected a time before --until/],
    [['s3://b', '--account', 'me'], /'--account <id...>' argument 'me' is invalid. Expected 12 digits/],
    [['s3://b', '--public-keys', 'keys.json', '--save-public-keys', 'saved.json'], /--save-public-keys: /],
    [['bundle.json', '--save-public-keys', 'saved.json'], /--save-public-keys: /],
    [[], /missing required argument/],
  ])('usage error: %j', async (args, message) => {
    expect(await run('verify', ...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('a file without public keys', async () => {
    const file = join(folder.path, 'none.json');
    await writeFile(file, '{}x');
    expect(await run('verify', 's3://b', '--no-ledger', '--public-keys', file)).toMatchObject({
      code: 1,
      stderr: 'mwaa-trail: public keys: expected JSON\n',
    });
  });
});

test('a bucket that was downloaded and replayed into a local store', async () => {
  const download = join(folder.path, 'download');
  for (const { key, body } of world.signed.objects.values()) {
    await mkdir(dirname(join(download, key)), { recursive: true });
    await writeFile(join(download, key), body);
  }
  const store = join(folder.path, 'store');
  expect(await run('replay', download, '--store', store)).toMatchObject({ code: 0 });
  const { code, stdout } = await verify('--store', store);
  expect(stdout).toContain('Events in the table: 20, 20 proven\n');
  expect(code).toBe(0);
  const out = join(folder.path, 'from-a-copy.json');
  const { eventID } = JSON.parse(world.trails[0]!.trail.logFiles[4]!.text).Records[1];
  const from = `s3://${world.signed.bucket}`;
  const collected = await run(
    'evidence',
    eventID,
    '--out',
    out,
    '--store',
    store,
    '--from',
    from,
    '--public-keys',
    keyFile,
  );
  expect(collected).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nVerified: /) });
}, 60_000);

test('a replica, and evidence from it', async () => {
  const original = world.signed.bucket;
  const replica = `${original}-replica`;
  await world.s3.send(new CreateBucketCommand({ Bucket: replica }));
  for (const object of world.signed.objects.values()) await putTrailObject(world.s3, { ...object, bucket: replica });
  const range = ['--until', '2031-03-05', '--public-keys', keyFile, ...table()];
  const verified = await run('verify', `s3://${replica}`, '--original-bucket', original, ...range);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('Events in the table: 20, 20 proven\n') });
  expect(await run('verify', `s3://${replica}`, ...range)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('(digest-moved): 10\n'),
  });
  const { eventID } = JSON.parse(world.trails[0]!.trail.logFiles[4]!.text).Records[1];
  const out = join(folder.path, 'from-a-replica.json');
  const from = ['--from', `s3://${replica}`, '--original-bucket', original];
  const collected = await run('evidence', eventID, '--out', out, ...from, '--public-keys', keyFile, ...table());
  expect(collected).toMatchObject({ code: 0, stdout: expect.stringContaining(`Log file s3://${original}/`) });
  expect(await run('verify', out, '--public-keys', keyFile)).toMatchObject({ code: 0 });
});

describe('evidence', () => {
  const out = join(folder.path, 'evidence.json');
  const eventId = () => JSON.parse(world.trails[0]!.trail.logFiles[4]!.text).Records[1].eventID as string;

  test('of an event, verified without a network', async () => {
    const written = await run('evidence', eventId(), '--out', out, '--public-keys', keyFile, ...table());
    expect(written).toMatchObject({ code: 0, stderr: expect.stringMatching(/unredacted/) });
    const verified = await runInProcess(['verify', out], { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' });
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toMatch(/These keys come from the bundle itself/);
    expect(verified.stdout).toMatch(/\nVerified: the event is what CloudTrail delivered/);
    const withKeys = await run('verify', out, '--public-keys', keyFile, '--format', 'json');
    expect(JSON.parse(withKeys.stdout)).toMatchObject({ verified: true, eventId: eventId(), digests: 3, problems: [] });
  });

  test('does not write over a file', async () => {
    const again = await run('evidence', eventId(), '--out', out, '--public-keys', keyFile, ...table());
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/expected to write a new file, but it exists already/),
    });
  });

  test('changed', async () => {
    const changed = join(folder.path, 'changed.json');
    await writeFile(changed, (await readFile(out, 'utf8')).replace('prod-etl', 'test-etl'));
    expect(await run('verify', changed)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `mwaa-trail: ${changed}: expected every byte as it was written: it was changed, or damaged\n`,
    });
  });

  test('of an event that is not there', async () => {
    const missing = join(folder.path, 'missing.json');
    expect(await run('evidence', 'nobody', '--out', missing, ...table())).toMatchObject({ code: 1, stdout: '' });
  });
});
