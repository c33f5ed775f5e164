import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { redirectedRegion } from '../../shared/aws/bucket-regions.ts';
import { isReadable, openObject } from '../../shared/aws/open-object.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { failureKind } from '../../shared/ingest/failure.ts';
import { sent } from '../faults/support/faults.ts';
import { type Redirect, type RegionalS3, signedFor, startRegionalS3 } from '../support/s3-regions.ts';
import { useServers } from '../support/servers.ts';

const servers = useServers();
let regional: RegionalS3;
let s3: S3Client;
const clients: S3Client[] = [];
beforeAll(async () => {
  regional = await startRegionalS3(servers.s3.endpoint);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  regional.redirect = 'header';
});
afterAll(async () => {
  await regional.proxy.stop();
});

function createClient(): S3Client {
  const settings = { endpoint: regional.proxy.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, settings);
  clients.push(client);
  return client;
}

async function createBucket(region: string): Promise<string> {
  const bucket = `bucket-${randomUUID().slice(0, 8)}`;
  await servers.s3.client.send(new CreateBucketCommand({ Bucket: bucket }));
  regional.regions.set(bucket, region);
  return bucket;
}

const put = (bucket: string, key: string, text: string) =>
  servers.s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));

async function textOf(client: S3Client, bucket: string, key: string): Promise<string> {
  const object = await openObject(client, { bucket, key }, { sleep: async () => {} });
  return Buffer.concat(await Readable.from(object!.body).toArray()).toString();
}

async function keysOf(client: S3Client, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket: bucket }))
    keys.push(...Contents.map(({ Key }) => Key!));
  return keys;
}

/** Works on a bucket with the objects `a` (whose text is `text of a`) and `b`. */
const OPERATIONS: Record<string, (client: S3Client, bucket: string) => Promise<void>> = {
  GetObject: async (client, bucket) => {
    expect(await textOf(client, bucket, 'a')).toBe('text of a');
  },
  ListObjectsV2: async (client, bucket) => {
    expect(await keysOf(client, bucket)).toEqual(['a', 'b']);
  },
  HeadObject: async (client, bucket) => {
    const { ETag } = await put(bucket, 'a', 'text of a');
    expect(await isReadable(client, { bucket, key: 'a' }, ETag!.replaceAll('"', ''))).toBe(true);
  },
  PutObject: async (client, bucket) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: Buffer.from('put') }));
    expect(await textOf(servers.s3.client, bucket, 'b')).toBe('put');
  },
  CopyObject: async (client, bucket) => {
    await client.send(new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: `${bucket}/a` }));
    expect(await textOf(servers.s3.client, bucket, 'b')).toBe('text of a');
  },
  DeleteObject: async (client, bucket) => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'b' }));
    expect(await keysOf(servers.s3.client, bucket)).toEqual(['a']);
  },
};

const REDIRECTS: Redirect[] = ['header', 'body', 'wrong-signature', 'wrong-signature-body', 'opt-in', 'ask'];

describe.each(REDIRECTS)('a bucket in another Region, said by %s', (redirect) => {
  test.each(Object.keys(OPERATIONS))('%s finds it, and remembers it', async (operation) => {
    const bucket = await createBucket('eu-west-1');
    await put(bucket, 'a', 'text of a');
    await put(bucket, 'b', 'text of b');
    s3 = createClient();
    regional.redirect = redirect;
    regional.redirected = [];
    await OPERATIONS[operation]!(s3, bucket);
    // The request itself, and for `ask` the bucket's HEAD.
    expect(regional.redirected.length).toBe(redirect === 'ask' ? 2 : 1);
    expect(await textOf(s3, bucket, 'a')).toBe('text of a');
    expect(regional.redirected.length).toBe(redirect === 'ask' ? 2 : 1);
  });
});

test('a broken transfer goes on in the Region of the bucket', async () => {
  const bucket = await createBucket('eu-west-1');
  await put(bucket, 'a', 'text of a, which is longer');
  const inRegion = regional.proxy.script;
  let broken = 0;
  regional.proxy.script = (request) => {
    const fault = inRegion(request);
    if (fault || broken > 1) return fault;
    broken += 1;
    return sent({ bytes: 7, ending: 'reset' });
  };
  const before = regional.proxy.requests.length;
  try {
    expect(await textOf(createClient(), bucket, 'a')).toBe('text of a, which is longer');
  } finally {
    regional.proxy.script = inRegion;
  }
  const sentSince = regional.proxy.requests.slice(before);
  expect(sentSince.map(({ headers }) => headers.range)).toEqual([undefined, undefined, 'bytes=7-', 'bytes=14-']);
  expect(sentSince.map(signedFor)).toEqual(['us-east-1', 'eu-west-1', 'eu-west-1', 'eu-west-1']);
});

test('buckets of several Regions at the same time by one client: each request goes to the right one', async () => {
  const regions = ['us-east-1', 'eu-west-1', 'ap-southeast-2', 'eu-west-1'];
  const buckets = await Promise.all(regions.map(createBucket));
  for (const bucket of buckets) await put(bucket, 'a', `in ${bucket}`);
  const client = createClient();
  regional.redirected = [];
  const work = Array.from({ length: 120 }, (_, i) => buckets[i % buckets.length]!);
  const concurrency = 12;
  const texts = await pMap(work, (bucket) => textOf(client, bucket, 'a'), { concurrency });
  expect(texts).toEqual(work.map((bucket) => `in ${bucket}`));
  // At most those that were under way before the first answer.
  expect(regional.redirected.length).toBeLessThanOrEqual(concurrency);
  expect(new Set(regional.redirected.map(signedFor))).toEqual(new Set([LOCAL_REGION]));
  expect(await client.config.region()).toBe(LOCAL_REGION);
});

test('a bucket that has been made anew in another Region is found again', async () => {
  const bucket = await createBucket('eu-west-1');
  await put(bucket, 'a', 'first');
  const client = createClient();
  expect(await textOf(client, bucket, 'a')).toBe('first');
  regional.regions.set(bucket, LOCAL_REGION);
  expect(await textOf(client, bucket, 'a')).toBe('first');
  regional.regions.set(bucket, 'eu-north-1');
  expect(await textOf(client, bucket, 'a')).toBe('first');
});

test.each<[Redirect, string]>([
  ['silent', 'eu-west-1'],
  // It says the Region that was asked.
  ['header', LOCAL_REGION],
])('an answer that leads nowhere (%s) stays the error that it is', async (redirect, region) => {
  const bucket = await createBucket('eu-west-1');
  const inRegion = regional.proxy.script;
  regional.redirect = redirect;
  if (region === LOCAL_REGION) {
    regional.proxy.script = () => (exchange) =>
      exchange.answer({ status: 301, headers: { 'x-amz-bucket-region': region }, body: Buffer.from('') });
  }
  const before = regional.proxy.requests.length;
  const error = await textOf(createClient(), bucket, 'a').then(
    () => undefined,
    (caught: unknown) => caught,
  );
  regional.proxy.script = inRegion;
  expect(error).toMatchObject({ $metadata: { httpStatusCode: 301 } });
  expect(failureKind(error)).toBe('fatal');
  expect(regional.proxy.requests.length - before).toBeLessThanOrEqual(2);
});

test.each([
  ['a first answer that is out of date', ['eu-west-3', 'eu-west-1'], [LOCAL_REGION, 'eu-west-3', 'eu-west-1'], 200],
  ['answers in a circle', ['eu-west-1', LOCAL_REGION, 'eu-west-1'], [LOCAL_REGION, 'eu-west-1', LOCAL_REGION], 301],
])('%s', async (_, answers, expected, status) => {
  const bucket = await createBucket(LOCAL_REGION);
  await put(bucket, 'a', 'text of a');
  const inRegion = regional.proxy.script;
  const left = [...answers];
  regional.proxy.script = () => {
    const region = left.shift();
    if (region === undefined) return undefined;
    return (exchange) =>
      exchange.answer({ status: 301, headers: { 'x-amz-bucket-region': region }, body: Buffer.from('') });
  };
  const before = regional.proxy.requests.length;
  const answer = await textOf(createClient(), bucket, 'a').then(
    () => 200,
    (error: S3ServiceException) => error.$metadata.httpStatusCode,
  );
  regional.proxy.script = inRegion;
  expect(answer).toBe(status);
  expect(regional.proxy.requests.slice(before).map(signedFor)).toEqual(expected);
});

test('a Region in which no S3 answers is forgotten', async () => {
  const regions: unknown[] = [];
  const requestHandler = {
    handle: async ({ hostname }: { hostname: string }) => {
      regions.push(/\.s3\.([^.]+)\./.exec(hostname)?.[1]);
      if (hostname.includes('.nowhere-1.')) throw new Error('getaddrinfo ENOTFOUND');
      // The first answer is a mistake.
      const region = regions.length === 1 ? 'nowhere-1' : 'eu-west-1';
      const headers = hostname.includes('.eu-west-1.') ? { etag: '"e"' } : { 'x-amz-bucket-region': region };
      return { response: { statusCode: 'etag' in headers ? 200 : 301, headers, body: Readable.from([]) } };
    },
  };
  const settings = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, maxAttempts: 1, requestHandler };
  const client = createS3Client({}, settings as object);
  const read = () => client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
  await expect(read()).rejects.toThrow('ENOTFOUND');
  await read();
  await read();
  expect(regions).toEqual([LOCAL_REGION, 'nowhere-1', LOCAL_REGION, 'eu-west-1', 'eu-west-1']);
  expect(redirectedRegion(client, 'bucket')).toBe('eu-west-1');
});

test('an error that is about something else is not sent again', async () => {
  const bucket = await createBucket(LOCAL_REGION);
  const client = createClient();
  const before = regional.proxy.requests.length;
  await expect(client.send(new GetObjectCommand({ Bucket: bucket, Key: 'nothing' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
  expect(await isReadable(client, { bucket, key: 'nothing' }, 'x')).toBe(false);
  expect(regional.proxy.requests.length - before).toBe(2);
});

test('a stream, which has been read, is not sent a second time; the next one arrives', async () => {
  const bucket = await createBucket('eu-west-1');
  const client = createClient();
  const putStream = () => {
    const input = { Bucket: bucket, Key: 'a', ContentLength: 4, Body: Readable.from([Buffer.from('text')]) };
    return client.send(new PutObjectCommand(input));
  };
  await expect(putStream()).rejects.toMatchObject({ name: 'PermanentRedirect' });
  await putStream();
  expect(await textOf(servers.s3.client, bucket, 'a')).toBe('text');
});

test.each([
  [{}, 'bucket.s3.eu-central-1.amazonaws.com', '/key'],
  [{ forcePathStyle: true }, 's3.eu-central-1.amazonaws.com', '/bucket/key'],
  [{ useFipsEndpoint: true, region: 'us-west-2' }, 'bucket.s3-fips.us-gov-west-1.amazonaws.com', '/key'],
  [{ useDualstackEndpoint: true }, 'bucket.s3.dualstack.eu-central-1.amazonaws.com', '/key'],
])("without an endpoint of its own it asks the Region's, with %j", async (settings, hostname, path) => {
  const asked: { hostname: string; path: string }[] = [];
  const region = /\.([a-z-]+-\d)\./.exec(hostname)![1]!;
  const requestHandler = {
    handle: async (request: { hostname: string; path: string }) => {
      asked.push({ hostname: request.hostname, path: request.path });
      const isFirst = asked.length === 1;
      const headers = isFirst ? { 'x-amz-bucket-region': region } : { etag: '"e"' };
      return { response: { statusCode: isFirst ? 301 : 200, headers, body: Readable.from([]) } };
    },
  };
  const client = createS3Client({}, {
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    ...settings,
    requestHandler,
  } as object);
  await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
  expect(asked[1]).toEqual({ hostname, path });
});
