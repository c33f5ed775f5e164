import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Finding } from '../../shared/integrity/finding.ts';
import {
  type BucketReport,
  type VerifyBucketDeps,
  type VerifyRequest,
  verifyBucket,
} from '../../shared/integrity/verify-bucket.ts';
import { type Item, toItem } from '../../shared/store/item.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { mwaaRecord } from './mwaa-record.ts';
import type { Random } from './random.ts';
import type { Servers } from './servers.ts';
import {
  digestBody,
  publicKeys,
  putTrailObject,
  SignedBucket,
  signDigest,
  type TestDigest,
  type TestLogFile,
  type TestTrail,
  type TrailObject,
  type TrailSettings,
} from './signed-trail.ts';
import { createWorld, ingestLogFile, type World } from './world.ts';

/** A bucket, and the tables that were made from it. */
export interface TamperWorld extends World {
  signed: SignedBucket;
  trails: { settings: TrailSettings; trail: TestTrail }[];
}

/** After the last digest of any trail, by little: each day until then is listed. */
export const UNTIL = '2031-03-05T00:00:00.000Z';

/** An event of MWAA, and one of another service. */
export function trailRecords(place: string): NonNullable<TrailSettings['records']> {
  return (hour, file) => [
    { eventSource: 's3.amazonaws.com', eventName: 'ListBuckets' },
    mwaaRecord(`${place}-${hour}-${file}`, {
      eventName: 'CreateWebLoginToken',
      eventTime: `2031-03-0${1 + Math.floor((20 + hour) / 24)}T${String((20 + hour) % 24).padStart(2, '0')}:10:00Z`,
      responseElements: { WebToken: `secret-${hour}` },
    }),
  ];
}

let buckets = 0;

/** Fills a bucket and ingests all of it. */
export async function createTamperWorld(
  servers: Servers,
  settings: readonly TrailSettings[],
  options?: ConstructorParameters<typeof SignedBucket>[1],
  { ingest = true } = {},
): Promise<TamperWorld> {
  const world = await createWorld(servers);
  buckets += 1;
  const signed = new SignedBucket(`signed-trail-${randomUUID()}`, options);
  const trails = settings.map((each, i) => ({
    settings: each,
    trail: signed.addTrail({ records: trailRecords(`${buckets}-${i}`), ...each }),
  }));
  await signed.upload(world.s3);
  if (!ingest) return { ...world, signed, trails };
  await pMap(
    trails.flatMap(({ trail }) => trail.logFiles),
    ({ bucket, key }) => ingestLogFile({ bucket, key }, world.deps),
    { concurrency: 4 },
  );
  return { ...world, signed, trails };
}

/** Ingests the log files that are in the bucket now, whatever has become of them. */
export async function ingestBucket({ s3, deps, signed: { bucket } }: TamperWorld): Promise<void> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  await pMap(Contents, ({ Key = '' }) => ingestLogFile({ bucket, key: Key }, deps), { concurrency: 4 });
}

/** Verifies the bucket of a world, ledger and events included. */
export function verifyWorld(
  world: TamperWorld,
  request: Partial<VerifyRequest> = {},
  options: Partial<VerifyBucketDeps> = {},
): Promise<BucketReport> {
  const { s3, dynamo, deps, signed } = world;
  const prefix = signed.root.slice(0, signed.root.indexOf('AWSLogs/'));
  return verifyBucket(
    { bucket: signed.bucket, prefix, until: UNTIL, ...request },
    {
      ...{ s3, keys: publicKeys(), now: deps.now, sleep: setTimeout, concurrency: 16 },
      index: { dynamo, tables: deps.config, copies: [] },
      ...options,
    },
  );
}

/** A finding in short: its kind and what it is about. */
export function inShort({ kind, key, from, to, eventId }: Finding): string {
  return `${kind} ${eventId ?? key ?? `${from} ${to}`}`;
}

/** A place to tamper with: some hours of one trail, with hours before and after them that nobody touches. */
export interface Target {
  world: TamperWorld;
  trail: TestTrail;
  settings: TrailSettings;
  /** An hour, with three before it and two after it. */
  hour: number;
  random: Random;
}

/** Stores an item that names some log file. */
async function putMadeUp(target: Target, time: string, others: Item): Promise<string[]> {
  const file = logFileOf(target);
  const eventId = `made-up-${target.random.hex(8)}`;
  const { dynamo, deps } = target.world;
  const logFile = target.random.pick([
    `${file.bucket}/${file.key}`,
    `${file.bucket}/${file.key.replace('.json.gz', '0.json.gz')}`,
    `elsewhere/${file.key.replace('.json.gz', '0.json.gz')}`,
    'nothing/of/the/kind',
  ]);
  const texts = {
    eventId,
    logFile,
    timeKey: `${time}#${eventId}`,
    day: time.slice(0, 10),
    contentHash: 'a'.repeat(64),
  };
  const item = toItem({ ...texts, ingestedAt: time, recordIndex: 1, schemaVersion: SCHEMA_VERSION });
  const put = { TableName: deps.config.eventsTable, Item: { ...item, ...others } };
  await dynamo.send(new PutItemCommand(put));
  return [`event-unproven ${eventId}`];
}

/** Tampers, and returns the findings that there must be, in short. */
export type Tampering = (target: Target) => Promise<string[]>;

/** Hours that a target takes. */
export const TARGET_HOURS = 6;

export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  async 'an edited log file'(target) {
    const file = logFileOf(target);
    const text = file.text.replace('prod-etl', 'test-etl');
    await put(target, { ...file, body: gzipSync(text) });
    return [`log-file-modified ${file.key}`];
  },
  async 'a cut log file'(target) {
    const file = logFileOf(target);
    await put(target, { ...file, body: file.body.subarray(0, -target.random.below(file.body.length - 1) - 1) });
    return [`log-file-modified ${file.key}`];
  },
  async 'a deleted log file'(target) {
    const file = logFileOf(target);
    await remove(target, file);
    return [`log-file-missing ${file.key}`];
  },
  async 'a deleted digest'(target) {
    const digest = digestAt(target, target.hour);
    await remove(target, digest);
    return [`digest-missing ${digest.key}`];
  },
  async 'several deleted digests'(target) {
    const digests = [-2, -1, 0].map((offset) => digestAt(target, target.hour + offset));
    for (const digest of digests) await remove(target, digest);
    return digests.map(({ key, start, end }, i) =>
      i === 2 ? `digest-missing ${key}` : `digest-missing ${start} ${end}`,
    );
  },
  async 'an edited digest'(target) {
    const digest = digestAt(target, target.hour);
    const text = digest.text!.replace(/(?<="hashValue":")./, (digit) => (digit === '0' ? '1' : '0'));
    await put(target, { ...digest, body: gzipSync(text) });
    return [`digest-signature-wrong ${digest.key}`];
  },
  async 'a digest edited to be of another time'(target) {
    const digest = digestAt(target, target.hour);
    const text = digest.text!.replaceAll(/"(digest(?:Start|End)Time)":"\d{4}/g, '"$1":"2036');
    await put(target, { ...digest, body: gzipSync(text) });
    return [`digest-signature-wrong ${digest.key}`];
  },
  async 'deleted digests, and the next edited to hide that'(target) {
    const [before, ...deleted] = [-3, -2, -1].map((offset) => digestAt(target, target.hour + offset));
    const digest = digestAt(target, target.hour);
    for (const each of deleted) await remove(target, each);
    const text = JSON.stringify({ ...digestBody(digest, before), digestStartTime: before!.end.replace('.000', '') });
    await put(target, { ...digest, body: gzipSync(text) });
    return [
      `digest-signature-wrong ${digest.key}`,
      ...deleted.map(({ start, end }) => `digest-missing ${start} ${end}`),
    ];
  },
  async 'a digest signed by somebody else'(target) {
    const digest = { ...digestAt(target, target.hour), metadata: {} };
    const body = digestBody(digest, digestAt(target, target.hour - 1));
    signDigest(digest, body, generateKeyPairSync('rsa', { modulusLength: 2048 }));
    await put(target, digest);
    return [`digest-signature-wrong ${digest.key}`];
  },
  async 'a digest signed with a key that is none of CloudTrail'(target) {
    const digest = { ...digestAt(target, target.hour), metadata: {} };
    const body = digestBody(digest, digestAt(target, target.hour - 1));
    const other = { ...body, digestPublicKeyFingerprint: 'f'.repeat(32) };
    signDigest(digest, other, generateKeyPairSync('rsa', { modulusLength: 2048 }));
    await put(target, digest);
    return [`digest-key-unknown ${digest.key}`];
  },
  async 'a digest that is none'(target) {
    const digest = digestAt(target, target.hour);
    await put(target, { ...digest, body: gzipSync('{"digestEndTime":') });
    return [`digest-malformed ${digest.key}`];
  },
  async 'a moved log file'(target) {
    const file = logFileOf(target);
    await remove(target, file);
    await put(target, { ...file, key: file.key.replace(/(\d{4}\/\d{2})\/\d{2}\//, '$1/03/') });
    return [`log-file-moved ${file.key}`];
  },
  async 'a moved digest'(target) {
    const digest = digestAt(target, target.hour);
    const key = digest.key.replace(/(\d{4}\/\d{2})\/\d{2}\//, '$1/05/');
    await remove(target, digest);
    await put(target, { ...digest, key });
    return [`digest-moved ${key}`];
  },
  async 'a log file that no digest names'(target) {
    const file = target.world.signed.addUnreferenced({ records: () => [], ...target.settings }, target.hour);
    await put(target, file);
    return [`log-file-unnamed ${file.key}`];
  },
  async 'bytes after the gzip stream'(target) {
    const file = logFileOf(target);
    const more = [Buffer.from('more'), Buffer.alloc(1 + target.random.below(9)), gzipSync('')];
    await put(target, { ...file, body: Buffer.concat([file.body, target.random.pick(more)]) });
    return [`log-file-trailing-bytes ${file.key}`];
  },
  async 'a log file that was never ingested'(target) {
    const file = logFileOf(target);
    const { dynamo, deps } = target.world;
    await dynamo.send(new DeleteItemCommand({ TableName: deps.config.logFilesTable, Key: ledgerKeyOf(file) }));
    return [`log-file-not-ingested ${file.key}`];
  },
  async 'other content that was ingested'(target) {
    const file = logFileOf(target);
    const { dynamo, deps } = target.world;
    await dynamo.send(
      new UpdateItemCommand({
        TableName: deps.config.logFilesTable,
        Key: ledgerKeyOf(file),
        UpdateExpression: 'SET sha256 = :other',
        ExpressionAttributeValues: { ':other': { S: target.random.hex(64) } },
      }),
    );
    return [`log-file-ingested-differently ${file.key}`];
  },
  async 'an event that was made up'(target) {
    const time = '2031-03-02T12:00:00.000Z';
    const listed = toItem({ action: 'dag.delete', access: 'write', outcome: 'ok', eventTime: time });
    return putMadeUp(target, time, {
      listed: { M: { ...listed, ...toItem({ eventSource: 'airflow.amazonaws.com' }) } },
    });
  },
  async 'an item that is no event'(target) {
    return putMadeUp(target, '2031-03-02T12:00:00.000Z', {});
  },
  async 'an event that was edited'(target) {
    const file = logFileOf(target);
    const eventId = JSON.parse(file.text).Records[1].eventID as string;
    const [name, value] = target.random.pick([
      ['principal', { S: 'user/eve' }],
      ['recordIndex', { N: '0' }],
      ['contentHash', { S: 'b'.repeat(64) }],
      ['environment', { S: 'test-etl' }],
      ['record', { S: file.text }],
      ['record', { B: Buffer.from('not gzip') }],
      ['user', { S: 'eve' }],
      ['listed', { M: toItem({ action: 'dag.list', access: 'read', outcome: 'ok' }) }],
    ] as const);
    const { dynamo, deps } = target.world;
    await dynamo.send(
      new UpdateItemCommand({
        TableName: deps.config.eventsTable,
        Key: { eventId: { S: eventId } },
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
    return [`event-unproven ${eventId}`];
  },
};

/** What a trail must report of an hour in which logging was off. */
export function gapAfter(trail: TestTrail, hour: number): string {
  return `logging-gap ${trail.digests.find((digest) => digest.hour === hour + 1)!.key}`;
}

function digestAt({ trail }: Target, hour: number): TestDigest {
  return trail.digests.find((digest) => digest.hour === hour)!;
}

function logFileOf({ trail, hour, random }: Target): TestLogFile {
  return random.pick(trail.logFiles.filter((file) => file.hour === hour));
}

const ledgerKeyOf = ({ bucket, key }: TrailObject) => ({ logFile: { S: `${bucket}/${key}` } });

function put({ world }: Target, object: TrailObject): Promise<void> {
  return putTrailObject(world.s3, object);
}

async function remove({ world }: Target, { bucket, key }: TrailObject): Promise<void> {
  await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** The hours of a trail that can be tampered with, one apart from the other. */
export function targetHours(hours: number): number[] {
  return Array.from({ length: Math.floor(hours / TARGET_HOURS) }, (_, i) => i * TARGET_HOURS + 3);
}
