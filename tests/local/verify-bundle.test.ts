import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { embeddedSettings } from '../../local/local-names.ts';
import { readVerification } from '../../shared/store/ledger.ts';
import { ROOT } from '../support/cli.ts';
import { useServers } from '../support/servers.ts';
import { SignedBucket, signingKey } from '../support/signed-trail.ts';
import { createWorld, s3Event } from '../support/world.ts';

const BUNDLE = join(ROOT, 'dist', 'verify', 'index.cjs');
const SCRIPT = `
  const { handler } = require(${JSON.stringify(BUNDLE)});
  handler({}, {}).then(
    (answer) => console.log(JSON.stringify({ answer })),
    (error) => { console.error(String(error)); process.exitCode = 1; },
  );`;

const servers = useServers();
/** A CloudTrail that only lists the public key of a Region. */
const cloudTrail = createServer((_, response) => {
  const { fingerprint, value } = signingKey('eu-west-1').publicKey;
  const key = { Fingerprint: fingerprint, Value: Buffer.from(value).toString('base64') };
  response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ PublicKeyList: [key] }));
});
beforeAll(async () => {
  await once(cloudTrail.listen(0, '127.0.0.1'), 'listening');
}, 60_000);
afterAll(async () => {
  cloudTrail.close();
});

test('the deployed bundle works with only its environment variables', async () => {
  const world = await createWorld(servers);
  const bucket = new SignedBucket(`trail-${world.quarantineBucket}`);
  const start = new Date(Math.floor(Date.now() / 1000) * 1000 - 3 * 3600 * 1000).toISOString();
  const { logFiles } = bucket.addTrail({ start, hours: 2 });
  await bucket.upload(world.s3);
  const files = logFiles.map(({ bucket, key }) => ({ bucket, key, etag: '' }));
  await world.handle(s3Event(...files));
  const env = {
    LOG_FILES_TABLE: world.deps.config.logFilesTable,
    LOG_BUCKETS: bucket.bucket,
    KEY_PREFIX: 'AWSLogs/',
    VERIFY_SINCE: '',
    VERIFY_GRACE_HOURS: '6',
    ...embeddedSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint }),
    AWS_ENDPOINT_URL_CLOUDTRAIL: `http://127.0.0.1:${(cloudTrail.address() as AddressInfo).port}`,
  };
  const invoke = (variables: Record<string, string>) =>
    promisify(execFile)(process.execPath, ['-e', SCRIPT], { env: variables, timeout: 60_000 });
  const { stdout } = await invoke(env);
  const answer = stdout.split('\n').find((line) => line.startsWith('{"answer"'));
  expect(JSON.parse(answer!)).toMatchObject({ answer: { places: 1, failedPlaces: 0, finished: true, chains: 1 } });
  for (const { bucket, key } of files) {
    const verification = readVerification(world.dynamo, env.LOG_FILES_TABLE, `${bucket}/${key}`);
    expect(await verification).toMatchObject({ verification: 'verified' });
  }
  // Metrics of an hour.
  expect(stdout).toContain('"FilesVerified"');
  expect(stdout).toContain('"DigestAgeSeconds"');

  const { stderr } = await invoke({ ...env, LOG_BUCKETS: '' }).catch((error: { stderr: string }) => error);
  expect(stderr).toContain('LOG_BUCKETS must name the buckets in which digests are');
}, 120_000);
