import { type GetObjectCommand, type ListObjectsV2Command, S3ServiceException } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from '@jest/globals';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { useServers } from '../support/servers.ts';
import { createTamperWorld, type TamperWorld, verifyWorld } from '../support/tampering.ts';

const servers = useServers();
let world: TamperWorld;
beforeAll(async () => {
  world = await createTamperWorld(servers, [{ hours: 5 }, { region: 'us-east-1', hours: 2 }]);
});

/** An S3 that refuses requests about some keys, or prefixes. */
function refusing(isRefused: (key: string) => boolean, status = 403) {
  const settings = { endpoint: servers.s3.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, settings);
  client.middlewareStack.add(
    (next) => async (args) => {
      const { Key, Prefix } = args.input as GetObjectCommand['input'] & ListObjectsV2Command['input'];
      if (!isRefused(Key ?? Prefix ?? '')) return next(args);
      const name = status === 403 ? 'AccessDenied' : 'InternalError';
      throw new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status } });
    },
    { step: 'initialize' },
  );
  return client;
}

test.each([403, 500])('a log file and a digest that cannot be read (%i) are no findings', async (status) => {
  const { trail } = world.trails[0]!;
  const file = trail.logFiles[6]!;
  const digest = trail.digests[1]!;
  const s3 = refusing((key) => key === file.key || key === digest.key, status);
  const { findings, unchecked, events } = await verifyWorld(world, {}, { s3 });
  expect(findings).toEqual([]);
  expect(unchecked).toEqual(
    [digest, file].map(({ bucket, key }) => ({
      place: `s3://${bucket}/${key}`,
      reason: expect.stringContaining(`HTTP ${status}`),
    })),
  );
  expect(events).toMatchObject({ events: 14, proven: 11, unproven: 3 });
});

test('a Region that cannot be listed says nothing about it, nor about its events', async () => {
  const s3 = refusing((key) => key.includes('CloudTrail-Digest/us-east-1/2031'));
  const { findings, unchecked, events, places } = await verifyWorld(world, {}, { s3 });
  expect(findings).toEqual([]);
  expect(unchecked).toHaveLength(1);
  expect(events).toMatchObject({ events: 14, proven: 10, unproven: 4 });
  expect(places.map(({ unlisted }) => unlisted)).toEqual([false, true]);
});

test('accounts that cannot be listed end it', async () => {
  const s3 = refusing((key) => key === 'AWSLogs/');
  await expect(verifyWorld(world, {}, { s3 })).rejects.toThrow();
});

test('tables that cannot be read leave what was found in the bucket', async () => {
  const tables = { eventsTable: 'no-events', logFilesTable: 'no-log-files', environmentsTable: 'no-environments' };
  const report = await verifyWorld(world, {}, { index: { dynamo: world.dynamo, tables, copies: [] } });
  expect(report.findings).toEqual([]);
  expect(report.places.map(({ logFilesVerified }) => logFilesVerified)).toEqual([10, 4]);
  expect(report.unchecked.map(({ place }) => place)).toEqual([
    'the ledger, for 111122223333 eu-west-1',
    'the ledger, for 111122223333 us-east-1',
    'the events',
  ]);
});
