import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  BatchExecuteStatementCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LOCAL_LOG_BUCKET, SAMPLE_KEY } from '../../local/local-names.ts';
import { ObjectChangedError } from '../../shared/aws/open-object.ts';
import { TrailError } from '../../shared/errors.ts';
import { type LogSource, s3Source } from '../../shared/ingest/log-source.ts';
import { fromEventItem } from '../../shared/store/event-item.ts';
import { listWatermarks } from '../../shared/store/ledger.ts';
import { flatItem } from '../support/dynamo-item.ts';
import {
  EXPECTED_ATTRIBUTES,
  type ExpectedEvent,
  generateEvents,
  generateOthers,
} from '../support/generate-records.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { seededRandom } from '../support/random.ts';
import { useServers } from '../support/servers.ts';
import {
  cloudTrailNotification,
  createWorld,
  dumpTable,
  ingestLogFile,
  ledgerItem,
  logFileKey,
  logFileOf,
  NOW,
  type PutFile,
  putLogFile,
  putObject,
  quarantined,
  type StoredItem,
  s3Event,
  sqsEvent,
  storedEvents,
  type World,
} from '../support/world.ts';

const servers = useServers();
let world: World;

beforeEach(async () => {
  world = await createWorld(servers);
}, 30_000);

const ids = (items: ReadonlyMap<string, StoredItem>) => [...items.keys()].sort();
const NO_FAILURES = { batchItemFailures: [] };
const failures = (...messages: string[]) => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
});

/** A world in which DynamoDB refuses some requests. */
async function worldWithout(isRefused: (command: unknown) => boolean): Promise<World> {
  const send = world.dynamo.send.bind(world.dynamo) as (command: unknown) => Promise<never>;
  const dynamo = {
    send: (command: unknown) => (isRefused(command) ? Promise.reject(new Error('made up')) : send(command)),
  } as unknown as DynamoDBClient;
  return createWorld(servers, {}, { dynamo });
}

function tallyOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]));
}

/** An item without where and when it was read, which a redelivery may change. */
function withoutProvenance({ logFile, recordIndex, ingestedAt, expiresAt, ...item }: StoredItem): StoredItem {
  return item;
}

async function table(of = world): Promise<Map<string, StoredItem>> {
  return new Map([...(await storedEvents(of))].sort().map(([id, item]) => [id, withoutProvenance(item)]));
}

describe('every way in which a log file is announced', () => {
  const folder = new URL('../../events/deliveries/', import.meta.url);
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const NOTHING_ANNOUNCED: Readonly<Record<string, string>> = {
    's3-test-event-through-sqs.json': 's3-test-event',
    'cloudtrail-validation-message.json': 'cloudtrail-validation-message',
    'object-removed.json': 'not-object-created',
    'sns-subscription-confirmation-through-sqs.json': 'sns-confirmation',
    'sns-unsubscribe-confirmation-through-sqs.json': 'sns-confirmation',
    'scheduled-event.json': 'scheduled-event',
  };
  const LIVE = 'live-event-through-sqs.json';
  const announcing = readdirSync(folder).filter((name) => !(name in NOTHING_ANNOUNCED) && name !== LIVE);

  test('there are ten of them', () => expect(announcing).toHaveLength(10));

  test.each(announcing)('%s', async (name) => {
    const guide = readFileSync(new URL('../log-files/guide-create-environment.json', folder));
    const file = await putObject(world, SAMPLE_KEY, gzipSync(guide), LOCAL_LOG_BUCKET);
    const batch = name.includes('sqs');
    expect(await world.handle(read(name))).toEqual(batch ? NO_FAILURES : undefined);
    const [event] = (await storedEvents(world)).values();
    expect(event).toMatchObject({
      environment: { S: 'test-cloudtrail' },
      eventName: { S: 'CreateEnvironment' },
      errorCode: { S: 'AccessDenied' },
      logFile: { S: `${file.bucket}/${file.key}` },
    });
    // And again, with the list of buckets it must come from.
    const listed = await createWorld(servers, { LOG_BUCKETS: `another, ${LOCAL_LOG_BUCKET}` });
    await listed.handle(read(name));
    expect(ids(await storedEvents(listed))).toHaveLength(1);
  });

  test('the event that comes before its log file is the same, and its log file replaces it', async () => {
    const live = await createWorld(servers, { LIVE_ACCOUNTS: '012345678901' });
    expect(await live.handle(read(LIVE))).toEqual(NO_FAILURES);
    const [before] = (await storedEvents(live)).values();
    const guide = readFileSync(new URL('../log-files/guide-create-environment.json', folder));
    await live.handle(s3Event(await putObject(live, SAMPLE_KEY, gzipSync(guide))));
    const [after, ...others] = (await storedEvents(live)).values();
    expect(others).toEqual([]);
    // The log file is indented.
    const { record: _, ...event } = withoutProvenance(after!);
    const { record: __, provisional, ...copy } = withoutProvenance(before!);
    expect(copy).toEqual(event);
    expect([provisional, after!.provisional, after!.environment?.S]).toEqual([
      { BOOL: true },
      undefined,
      'test-cloudtrail',
    ]);
  });

  test.each(Object.entries(NOTHING_ANNOUNCED))('%s is acknowledged and announces nothing', async (name, reason) => {
    servers.requests.length = 0;
    expect(await world.handle(read(name))).toEqual(name.includes('sqs') ? NO_FAILURES : undefined);
    expect(world.notified).toEqual([JSON.stringify(['nothingAnnounced', reason])]);
    expect(servers.requests).toEqual([]);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'CloudTrail'],
    ['an empty object', {}],
    ['no records', { Records: [] }],
    ['a record of another service', { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] }],
    ['an S3 record without key', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] }],
    ['an SQS message without id', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['an SQS message with an empty id', { Records: [{ eventSource: 'aws:sqs', messageId: '', body: '{}' }] }],
    ['an event of another source', { 'detail-type': 'Object Created', source: 'aws.ec2', detail: {} }],
    ['a CloudTrail notification without keys', { s3Bucket: 'b', s3ObjectKey: [] }],
  ])('%s fails', async (_, event) => {
    await expect(world.handle(event)).rejects.toThrow(TrailError);
    expect(world.notified).toHaveLength(1);
  });

  test('an undecodable key fails', async () => {
    const event = s3Event({ bucket: world.logBucket, key: 'k', etag: 'e' });
    const text = JSON.stringify(event).replace('"key":"k"', '"key":"%ZZ"');
    await expect(world.handle(JSON.parse(text))).rejects.toThrow(/form-urlencoded/);
    expect(await world.handle(sqsEvent(text))).toEqual(failures('m0'));
  });

  test('beside an undecodable key the other log files of the message are stored', async () => {
    const file = await putLogFile(world, 'beside', [mwaaRecord('beside')]);
    const event = s3Event({ bucket: world.logBucket, key: 'k', etag: 'e' }, file);
    const text = JSON.stringify(event).replace('"key":"k"', '"key":"%ZZ"');
    expect(await world.handle(sqsEvent(text))).toEqual(failures('m0'));
    expect((await storedEvents(world)).has('beside')).toBe(true);
  });

  test('keys with spaces, plus signs, percent signs, quotes, line breaks and letters of all kinds', async () => {
    const name = 'a b+c%2Bd"e\'f&g?h#i\nj(ü漢😀)';
    const file = await putLogFile(world, name, [mwaaRecord('odd-key')]);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect((await storedEvents(world)).get('odd-key')?.logFile).toEqual({ S: `${file.bucket}/${file.key}` });
  });
});

describe('a batch of SQS messages', () => {
  test('one bad message among ten fails alone', async () => {
    const bodies: (object | string)[] = [];
    for (let i = 0; i < 10; i += 1) bodies.push(s3Event(await putLogFile(world, `f${i}`, [mwaaRecord(`e${i}`)])));
    bodies[6] = '{"not":"a notification"}';
    expect(await world.handle(sqsEvent(...bodies))).toEqual(failures('m6'));
    expect(ids(await storedEvents(world))).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e7', 'e8', 'e9']);
  });

  describe('with nothing to keep', () => {
    /** Puts ten log files of other services, delivered at a time of 2026-11-02, and returns how often each request was made. */
    const requestsOfBatch = async (time: string) => {
      const bodies: object[] = [];
      for (let i = 0; i < 10; i += 1) {
        const key = logFileKey(`${time}-${i}`).replace('0915Z', `${time}Z`);
        bodies.push(s3Event(await putObject(world, key, logFileOf(generateOthers(i, 3)))));
      }
      servers.requests.length = 0;
      expect(await world.handle(sqsEvent(...bodies))).toEqual(NO_FAILURES);
      const { BatchExecuteStatement: groups, ...others } = tallyOf(servers.requests);
      // One, unless the machine is slow: entries wait for each other 100 ms.
      expect(groups).toBeLessThan(bodies.length);
      return others;
    };
    const watermark = async () =>
      (await listWatermarks(world.dynamo, world.deps.config.logFilesTable)).map(({ deliveredAt }) => deliveredAt);

    test('a batch takes one look into the ledger, and its entries are written together; a watermark moves in steps', async () => {
      const each = { BatchGetItem: 1, GetObject: 10 };
      expect(await requestsOfBatch('0915')).toEqual({ ...each, UpdateItem: 1 });
      expect(await watermark()).toEqual(['2026-11-02T09:15:00.000Z']);
      expect(await requestsOfBatch('0929')).toEqual(each);
      expect(await requestsOfBatch('0910')).toEqual(each);
      expect(await watermark()).toEqual(['2026-11-02T09:15:00.000Z']);
      expect(await requestsOfBatch('0931')).toEqual({ ...each, UpdateItem: 1 });
      expect(await watermark()).toEqual(['2026-11-02T09:31:00.000Z']);
    });

    test('a watermark that cannot be moved fails no message, and a later invocation moves it', async () => {
      let fails = true;
      const failing = await worldWithout((command) => fails && command instanceof UpdateItemCommand);
      const file = await putLogFile(failing, 'stuck', generateOthers(1, 1));
      expect(await failing.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
      expect(await ledgerItem(failing, file)).toMatchObject({ state: { S: 'ingested' } });
      expect(failing.notified.map((text) => JSON.parse(text)[1])).toContain('watermarks');
      fails = false;
      await failing.handle({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
      expect(await listWatermarks(world.dynamo, failing.deps.config.logFilesTable)).toHaveLength(1);
    });
  });

  test('entries that may not be inserted together are written one by one, and this is told', async () => {
    const refusing = await worldWithout((command) => command instanceof BatchExecuteStatementCommand);
    const files = await Promise.all(['one', 'two'].map((name) => putLogFile(refusing, name, generateOthers(1, 1))));
    expect(await refusing.handle(sqsEvent(...files.map((file) => s3Event(file))))).toEqual(NO_FAILURES);
    for (const file of files) expect(await ledgerItem(refusing, file)).toMatchObject({ state: { S: 'ingested' } });
    expect(refusing.notified).toContain('["insertFailed","Error"]');
  });

  test('a message whose ledger entry cannot be written fails alone', async () => {
    const failing = await worldWithout(
      (command) =>
        (command instanceof BatchExecuteStatementCommand || command instanceof PutItemCommand) &&
        JSON.stringify(command.input).includes('unwritten'),
    );
    const names = ['written', 'unwritten', 'written-too'];
    const files = await Promise.all(names.map((name) => putLogFile(failing, name, generateOthers(1, 1))));
    expect(await failing.handle(sqsEvent(...files.map((file) => s3Event(file))))).toEqual(failures('m1'));
    const told = failing.notified.map((text) => JSON.parse(text)[0]).filter((what) => what !== 'insertFailed');
    expect(told.sort()).toEqual(['failed', 'logFile', 'logFile']);
    for (const [i, state] of ['ingested', 'failed', 'ingested'].entries())
      expect(await ledgerItem(failing, files[i]!)).toMatchObject({ state: { S: state } });
  });

  test('what the ledger has on a log file is good for one reading', async () => {
    const file = await putLogFile(world, 'twice-in-one', [mwaaRecord('twice-in-one')]);
    const other = await putLogFile(world, 'beside', [mwaaRecord('beside')]);
    expect(await world.handle(sqsEvent(s3Event(file, other, file)))).toEqual(NO_FAILURES);
    expect(world.notified.map((text) => JSON.parse(text)[1].outcome)).toEqual([
      'ingested',
      'ingested',
      'already-ingested',
    ]);
    expect(await ledgerItem(world, file)).toMatchObject({ eventsStored: { N: '1' } });
  });

  test('a log file that the ledger cannot have, or has an unreadable entry of, fails alone', async () => {
    const { logFilesTable } = world.deps.config;
    const files: PutFile[] = [];
    for (let i = 0; i < 3; i += 1) files.push(await putLogFile(world, `fine-${i}`, [mwaaRecord(`fine-${i}`)]));
    const long = { ...files[0]!, key: logFileKey('x'.repeat(910)) };
    const logFile = { S: `${files[1]!.bucket}/${files[1]!.key}` };
    await world.dynamo.send(
      new PutItemCommand({ TableName: logFilesTable, Item: { logFile, state: { S: 'ingested' } } }),
    );
    const answer = await world.handle(sqsEvent(...[...files, long].map((file) => s3Event(file))));
    expect(answer).toEqual(failures('m1', 'm3'));
    expect(ids(await storedEvents(world))).toEqual(['fine-0', 'fine-2']);
  });

  test('a message with several files, of which one fails: the others are stored, and the message comes again', async () => {
    const files = [];
    for (let i = 0; i < 4; i += 1) files.push(await putLogFile(world, `n${i}`, [mwaaRecord(`n${i}`)]));
    const bucket = `late-${randomUUID()}`;
    const message = s3Event(files[0]!, { ...files[1]!, bucket }, files[2]!, files[3]!);
    expect(await world.handle(sqsEvent(message, s3Event(files[1]!)))).toEqual(failures('m0'));
    expect(ids(await storedEvents(world))).toEqual(['n0', 'n1', 'n2', 'n3']);
    await world.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await putObject(world, files[1]!.key, logFileOf([mwaaRecord('late')]), bucket);
    expect(await world.handle(sqsEvent(message))).toEqual(NO_FAILURES);
    expect(ids(await storedEvents(world))).toEqual(['late', 'n0', 'n1', 'n2', 'n3']);
  });

  test('an object that is not there is noted, and read when it is there and announced once more', async () => {
    const body = logFileOf([mwaaRecord('late')]);
    const etag = createHash('md5').update(body).digest('hex');
    const file = { bucket: world.logBucket, key: logFileKey(randomUUID()), etag };
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect(await ledgerItem(world, file)).toMatchObject({
      state: { S: 'quarantined' },
      reason: { S: 'object-missing' },
    });
    await putObject(world, file.key, body);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect(ids(await storedEvents(world))).toEqual(['late']);
    expect(await ledgerItem(world, file)).toMatchObject({ state: { S: 'ingested' }, etag: { S: etag } });
  });

  test('whatever fails: the answer names messages of the batch, each once', async () => {
    const random = seededRandom(11);
    const good = s3Event(await putLogFile(world, 'good', [mwaaRecord('good')]));
    const absent = s3Event({ bucket: 'no-such-bucket', key: logFileKey('absent'), etag: 'x' });
    const choices = [
      { body: good, fails: false },
      { body: 'CloudTrail validation message.', fails: false },
      { body: absent, fails: true },
      { body: '', fails: true },
      { body: 'null', fails: true },
      { body: '[]', fails: true },
      { body: '{"Records":[]}', fails: true },
      { body: '{"Type":"Notification"}', fails: true },
    ];
    for (let run = 0; run < 15; run += 1) {
      const chosen = Array.from({ length: 1 + random.below(10) }, () => random.pick(choices));
      const answer = await world.handle(sqsEvent(...chosen.map(({ body }) => body)));
      expect(answer).toEqual(failures(...chosen.flatMap(({ fails }, i) => (fails ? [`m${i}`] : []))));
    }
  });

  test('no batch: the failure is thrown, and its text holds no record content', async () => {
    const noQuarantine = await createWorld(servers, { QUARANTINE_BUCKET: '' });
    const text = `{"Records":[{"eventSource":"airflow.amazonaws.com","eventID":"","secret":"CANARY-1"}]}`;
    const file = await putLogFile(noQuarantine, 'thrown', gzipSync(text));
    await expect(noQuarantine.handle(s3Event(file))).rejects.toThrow(/QUARANTINE_BUCKET/);
    // An SDK error, which could echo the request.
    const noTables = await createWorld(servers);
    await noTables.dynamo.send(new DeleteTableCommand({ TableName: noTables.deps.config.eventsTable }));
    const good = await putLogFile(noTables, 'thrown-2', [mwaaRecord('x', { userAgent: 'CANARY-2' })]);
    const error: unknown = await noTables.handle(s3Event(good)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TrailError);
    expect(String(error)).toContain(good.key);
    expect(String(error)).toContain('ResourceNotFoundException');
    for (const said of [String(error), ...noTables.notified, ...noQuarantine.notified])
      expect(said).not.toContain('CANARY');
  });

  test('a foreign bucket fails, without a request', async () => {
    const listed = await createWorld(servers, { LOG_BUCKETS: 'trusted,other@111122223333' });
    const file = await putLogFile(listed, 'foreign', [mwaaRecord('foreign')]);
    servers.requests.length = 0;
    expect(await listed.handle(sqsEvent(s3Event(file), cloudTrailNotification(file)))).toEqual(failures('m0', 'm1'));
    await expect(listed.handle(s3Event(file))).rejects.toThrow(/LOG_BUCKETS/);
    // Also when its key would be skipped.
    const marker = { ...file, key: 'AWSLogs/111122223333/CloudTrail/' };
    expect(await listed.handle(sqsEvent(s3Event(marker)))).toEqual(failures('m0'));
    expect(servers.requests).toEqual([]);
  });
});

describe('the same again', () => {
  test('a repeated notification costs one read of the ledger', async () => {
    const file = await putLogFile(world, 'twice', [mwaaRecord('twice')]);
    await world.handle(s3Event(file));
    const before = await table();
    servers.requests.length = 0;
    await world.handle(s3Event(file));
    expect(servers.requests).toEqual(['GetItem']);
    expect(await table()).toEqual(before);
    expect(JSON.parse(world.notified[1]!)[1]).toMatchObject({
      outcome: 'already-ingested',
      counts: { eventsStored: 1 },
    });
  });

  test('... also of a file in quarantine', async () => {
    const file = await putLogFile(world, 'bad-twice', Buffer.from('{"Records":'));
    await world.handle(s3Event(file));
    servers.requests.length = 0;
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect(servers.requests).toEqual(['GetItem']);
    expect(JSON.parse(world.notified[1]!)[1]).toMatchObject({ outcome: 'already-quarantined' });
  });

  test("CloudTrail's own notification has no ETag: S3 is asked whether the object has changed", async () => {
    const file = await putLogFile(world, 'no-etag', [mwaaRecord('no-etag')]);
    await world.handle(cloudTrailNotification(file));
    servers.requests.length = 0;
    await world.handle(cloudTrailNotification(file));
    expect(servers.requests).toEqual(['GetItem', 'GetObject']);
    expect(JSON.parse(world.notified[1]!)[1]).toMatchObject({ outcome: 'already-ingested' });
  });

  test('an overwritten object is read again; the late notification of its older state changes nothing', async () => {
    const old = await putLogFile(world, 'overwritten', [mwaaRecord('old')]);
    await world.handle(s3Event(old));
    const current = await putLogFile(world, 'overwritten', [mwaaRecord('old'), mwaaRecord('new')]);
    await world.handle(s3Event(current));
    const entry = await ledgerItem(world, current);
    expect(entry).toMatchObject({
      etag: { S: current.etag },
      recordsRead: { N: '2' },
      eventsStored: { N: '1' },
      eventsKnown: { N: '1' },
    });
    const before = await table();
    expect([...before.keys()]).toEqual(['new', 'old']);
    await world.handle(s3Event(old));
    expect(await table()).toEqual(before);
    expect(await ledgerItem(world, current)).toEqual(entry);
  });

  test('overwritten before it was read: the current bytes count, for both notifications', async () => {
    const old = await putLogFile(world, 'overtaken', [mwaaRecord('old')]);
    const current = await putLogFile(world, 'overtaken', [mwaaRecord('new')]);
    expect(await world.handle(sqsEvent(s3Event(old)))).toEqual(NO_FAILURES);
    servers.requests.length = 0;
    expect(await world.handle(sqsEvent(s3Event(current)))).toEqual(NO_FAILURES);
    expect(servers.requests).toEqual(['GetItem']);
    expect(ids(await storedEvents(world))).toEqual(['new']);
  });

  test('other event sources: the file is read again', async () => {
    const file = await putLogFile(world, 'sources', [
      mwaaRecord('mwaa'),
      mwaaRecord('serverless', { eventSource: 'airflow-serverless.amazonaws.com' }),
    ]);
    await world.handle(s3Event(file));
    expect(ids(await storedEvents(world))).toEqual(['mwaa']);
    world.deps.config = {
      ...world.deps.config,
      eventSources: ['airflow.amazonaws.com', 'airflow-serverless.amazonaws.com'],
    };
    await world.handle(s3Event(file));
    expect(ids(await storedEvents(world))).toEqual(['mwaa', 'serverless']);
  });

  test('an event in several files, at the same time, in any order: one item, the counts add up', async () => {
    const random = seededRandom(5);
    for (let run = 0; run < 5; run += 1) {
      const each = await createWorld(servers);
      const files: PutFile[] = [];
      for (let i = 0; i < 6; i += 1) {
        // The same members in another order are the same event.
        const record = Object.fromEntries(random.shuffled(Object.entries(mwaaRecord('shared'))));
        files.push(await putLogFile(each, `shared-${run}-${i}`, [mwaaRecord(`own-${i}`), record]));
      }
      const batches = [random.shuffled(files), random.shuffled(files), random.shuffled(files)];
      const answers = await Promise.all(batches.map((batch) => each.handle(sqsEvent(...batch.map((f) => s3Event(f))))));
      expect(answers).toEqual([NO_FAILURES, NO_FAILURES, NO_FAILURES]);
      expect(ids(await storedEvents(each))).toEqual(['own-0', 'own-1', 'own-2', 'own-3', 'own-4', 'own-5', 'shared']);
      expect(await quarantined(each)).toEqual(new Map());
    }
  });
});

describe('addenda and conflicts', () => {
  const original = mwaaRecord('amended', { responseElements: null });
  const addendum = mwaaRecord('amended', {
    responseElements: { Arn: 'arn:aws:airflow:eu-west-1:111122223333:environment/prod-etl' },
    addendum: { reason: 'UPDATED_DATA', updatedFields: 'responseElements', originalEventID: 'amended' },
  });
  test.each([
    ['before', [addendum, original]],
    ['after', [original, addendum]],
  ])('an addendum %s its original wins, and the original stays', async (_, records) => {
    for (const [i, record] of [...records, ...records].entries()) {
      const file = await putLogFile(world, `addendum-${i}-${records[0] === original}`, [record]);
      expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    }
    const { record, previousVersions } = fromEventItem((await storedEvents(world)).get('amended')!);
    expect(JSON.parse(record!)).toEqual(addendum);
    expect(previousVersions?.map((version) => JSON.parse(version.record!))).toEqual([original]);
    expect(await quarantined(world)).toEqual(new Map());
  });

  test('an addendum with an eventID of its own is an event that names the other', async () => {
    const own = mwaaRecord('own', { addendum: { reason: 'UPDATED_DATA', originalEventID: 'amended' } });
    await world.handle(s3Event(await putLogFile(world, 'own', [original, own])));
    expect((await storedEvents(world)).get('own')?.supersedes).toEqual({ S: 'amended' });
  });

  test('another event under a known eventID is quarantined, and the first stays', async () => {
    const first = mwaaRecord('same-id', { userAgent: 'first' });
    const second = mwaaRecord('same-id', { userAgent: 'second' });
    await world.handle(s3Event(await putLogFile(world, 'conflict-1', [first])));
    const before = await table();
    const file = await putLogFile(world, 'conflict-2', [mwaaRecord('fine'), second]);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect((await table()).get('same-id')).toEqual(before.get('same-id'));
    const aside = await quarantined(world);
    const [name] = [...aside.keys()].filter((key) => !key.endsWith('.reason.json'));
    expect(aside.get(name!)?.toString()).toBe(JSON.stringify(second));
    expect(JSON.parse(aside.get(`${name}.reason.json`)!.toString())).toMatchObject({
      reason: 'event-conflict',
      bucket: file.bucket,
      key: file.key,
      etag: file.etag,
      recordIndex: 1,
    });
    expect(await ledgerItem(world, file)).toMatchObject({ eventsStored: { N: '1' }, recordsQuarantined: { N: '1' } });
  });
});

describe('bad files', () => {
  const good = logFileOf([mwaaRecord('never')]);
  const flipped = Buffer.from(good);
  flipped[good.length - 6]! ^= 1;
  const BAD_FILES: readonly [string, Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['truncated gzip', good.subarray(0, -10)],
    ['a wrong checksum', flipped],
    ['bytes after the gzip', Buffer.concat([good, Buffer.from('tail')])],
    ['neither gzip nor JSON', Buffer.from('PK\u0003\u0004')],
    ['broken JSON', gzipSync(`{"Records":[${JSON.stringify(mwaaRecord('never'))},]}`)],
    ['no Records', gzipSync('{"Messages":[]}')],
    ['Records twice', gzipSync(`{"Records":[${JSON.stringify(mwaaRecord('never'))}],"Records":[]}`)],
    ['an array', gzipSync(`[${JSON.stringify(mwaaRecord('never'))}]`)],
    ['nested too deep', gzipSync(`{"Records":[${'['.repeat(5_000)}${']'.repeat(5_000)}]}`)],
  ];

  test.each(BAD_FILES)('%s: in quarantine as it came, nothing stored', async (name, bytes) => {
    const file = await putLogFile(world, `bad ${name}`, bytes);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect(await dumpTable(world.dynamo, world.deps.config.eventsTable)).toEqual([]);
    const aside = await quarantined(world);
    const place = `files/${file.bucket}/${file.key}/${file.etag}`;
    expect([...aside.keys()]).toEqual([place, `${place}.reason.json`]);
    expect(aside.get(place)?.equals(bytes)).toBe(true);
    const reason = JSON.parse(aside.get(`${place}.reason.json`)!.toString());
    expect(reason).toMatchObject({ bucket: file.bucket, key: file.key, etag: file.etag });
    expect(await ledgerItem(world, file)).toMatchObject({
      state: { S: 'quarantined' },
      reason: { S: reason.reason },
      etag: { S: file.etag },
      recordsRead: { N: '0' },
      eventsStored: { N: '0' },
    });
  });

  describe('a second opinion, of the other inflate, comes before the quarantine', () => {
    const isIngested = async (file: PutFile) => (await ledgerItem(world, file))?.state?.S;

    /** Ingests a good log file whose n-th reading is as told: its last byte is missing, or the object has changed. */
    async function ingestAs(readings: readonly ('cut' | 'changed' | undefined)[], isSpent = () => false) {
      const file = await putLogFile(world, 'opinion', [mwaaRecord('opinion')]);
      const source = s3Source(world.s3, file);
      let count = 0;
      const open: LogSource['open'] = async (options) => {
        const reading = readings[count];
        count += 1;
        if (reading === 'changed') throw new ObjectChangedError(file);
        const object = await source.open(options);
        if (reading === undefined) return object;
        const bytes = await buffer(object.body);
        return { ...object, body: Readable.from([bytes.subarray(0, -1)]) };
      };
      const ingesting = ingestLogFile(file, world.deps, { isSpent: () => count > 0 && isSpent() }, { ...source, open });
      return { file, ingesting };
    }

    test('no time is left for it: the log file is delivered again', async () => {
      const { file, ingesting } = await ingestAs(['cut'], () => true);
      await expect(ingesting).rejects.toMatchObject({ code: 'out-of-time' });
      expect(await quarantined(world)).toEqual(new Map());
      expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
      expect(await isIngested(file)).toBe('ingested');
    });

    test.each([1, 2, 3])('the first bad reading comes after %d in which the object has changed', async (changes) => {
      const { file, ingesting } = await ingestAs([...Array.from({ length: changes }, () => 'changed' as const), 'cut']);
      expect(await ingesting).toMatchObject({ outcome: 'ingested' });
      expect(await isIngested(file)).toBe('ingested');
    });
  });

  test('the file that replaces it is read', async () => {
    await world.handle(s3Event(await putLogFile(world, 'mended', good.subarray(0, -1))));
    const mended = await putLogFile(world, 'mended', good);
    await world.handle(s3Event(mended));
    expect(ids(await storedEvents(world))).toEqual(['never']);
    expect(await ledgerItem(world, mended)).toMatchObject({ state: { S: 'ingested' } });
  });

  test('without a quarantine, neither a bad file nor a bad record is acknowledged', async () => {
    const none = await createWorld(servers, { QUARANTINE_BUCKET: '' });
    const file = await putLogFile(none, 'bad-no-quarantine', Buffer.from('{'));
    const records = await putLogFile(none, 'bad-record-no-quarantine', ['1']);
    expect(await none.handle(sqsEvent(s3Event(file), s3Event(records)))).toEqual(failures('m0', 'm1'));
    expect(await ledgerItem(none, file)).toMatchObject({ state: { S: 'failed' } });
    expect(await ledgerItem(none, records)).toMatchObject({ state: { S: 'failed' } });
  });

  test('a quarantine that cannot be written: not acknowledged', async () => {
    const none = await createWorld(servers, { QUARANTINE_BUCKET: 'no-such-bucket' });
    const file = await putLogFile(none, 'bad-no-bucket', Buffer.from('{'));
    expect(await none.handle(sqsEvent(s3Event(file)))).toEqual(failures('m0'));
    expect(await ledgerItem(none, file)).toMatchObject({ state: { S: 'failed' } });
  });

  test('keys that are no log files are skipped without a request', async () => {
    const keys = [
      'AWSLogs/111122223333/CloudTrail/',
      logFileKey('digest', 'CloudTrail-Digest'),
      logFileKey('insight', 'CloudTrail-Insight'),
      logFileKey('network', 'CloudTrail-NetworkActivity'),
      logFileKey('aggregated', 'CloudTrail-Aggregated'),
      'something/else.json.gz',
    ];
    const files = keys.map((key) => ({ bucket: world.logBucket, key, etag: 'e' }));
    servers.requests.length = 0;
    expect(await world.handle(sqsEvent(s3Event(...files)))).toEqual(NO_FAILURES);
    expect(servers.requests).toEqual([]);
    expect(world.notified.map((line) => JSON.parse(line)[1].reason)).toEqual([
      'folder-marker',
      'digest-file',
      'insight-file',
      'network-activity-file',
      'aggregated-file',
      'not-a-cloudtrail-log-file',
    ]);
  });
});

describe('bad records', () => {
  const BAD_RECORDS: readonly [string, string, string][] = [
    ['null', 'null', 'not-an-object'],
    ['an array', '[{"eventSource":"airflow.amazonaws.com"}]', 'not-an-object'],
    ['a text', '"airflow.amazonaws.com"', 'not-an-object'],
    ['no eventID', '{"eventSource":"airflow.amazonaws.com"}', 'event-id-missing'],
    ['an empty eventID', '{"eventSource":"airflow.amazonaws.com","eventID":""}', 'event-id-missing'],
    ['a number as eventID', '{"eventSource":"airflow.amazonaws.com","eventID":1}', 'event-id-malformed'],
    ['a long eventID', `{"eventSource":"airflow.amazonaws.com","eventID":"${'x'.repeat(513)}"}`, 'event-id-too-long'],
  ];

  test('each is quarantined with its own bytes and reason, the rest is stored', async () => {
    const records = BAD_RECORDS.flatMap(([, text], i) => [text, JSON.stringify(mwaaRecord(`good-${i}`))]);
    const file = await putLogFile(world, 'bad-records', records);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    expect(ids(await storedEvents(world))).toEqual(BAD_RECORDS.map((_, i) => `good-${i}`));
    const aside = await quarantined(world);
    const reasons = [...aside].filter(([key]) => key.endsWith('.reason.json'));
    const found = reasons.map(([key, body]) => ({
      ...(JSON.parse(body.toString()) as { recordIndex: number; reason: string }),
      text: aside.get(key.replace('.reason.json', ''))?.toString(),
    }));
    expect(found.sort((a, b) => a.recordIndex - b.recordIndex)).toMatchObject(
      BAD_RECORDS.map(([, text, reason], i) => ({ recordIndex: 2 * i, reason, text })),
    );
    expect(await ledgerItem(world, file)).toMatchObject({
      state: { S: 'ingested' },
      recordsRead: { N: '14' },
      eventsStored: { N: '7' },
      recordsQuarantined: { N: '7' },
    });
  });

  test('a kept record that is not UTF-8 is quarantined, byte for byte', async () => {
    const bytes = Buffer.from('{"eventSource":"airflow.amazonaws.com","eventID":"x","userAgent":"\xff"}', 'latin1');
    const text = Buffer.concat([Buffer.from('{"Records":['), bytes, Buffer.from(']}')]);
    await world.handle(s3Event(await putLogFile(world, 'not-utf8', gzipSync(text))));
    const aside = [...(await quarantined(world))].filter(([key]) => !key.endsWith('.reason.json'));
    expect(aside.map(([, body]) => body)).toEqual([bytes]);
    expect(ids(await storedEvents(world))).toEqual([]);
  });

  test('aggregated and Insight records are skipped by rule, and counted', async () => {
    const records = [
      { eventSource: 'airflow.amazonaws.com', eventCategory: 'Aggregated', eventId: 'a', timeWindow: {} },
      { eventSource: 'airflow.amazonaws.com', eventCategory: 'Insight', eventID: 'i' },
      mwaaRecord('event'),
    ];
    const file = await putLogFile(world, 'aggregated', records);
    await world.handle(s3Event(file));
    expect(ids(await storedEvents(world))).toEqual(['event']);
    expect(await ledgerItem(world, file)).toMatchObject({
      recordsRead: { N: '3' },
      eventsStored: { N: '1' },
      recordsFiltered: { N: '2' },
      recordsQuarantined: { N: '0' },
    });
  });
});

describe('what is stored', () => {
  const attribute = (item: StoredItem, name: string) => item[name]?.S ?? item[name]?.BOOL;
  const indexed = (stored: StoredItem) => {
    const item = flatItem(stored);
    return Object.fromEntries(
      EXPECTED_ATTRIBUTES.flatMap((name) => (item[name] === undefined ? [] : [[name, attribute(item, name)]])),
    );
  };
  const indexedTable = async (of: World) =>
    [...(await storedEvents(of)).values()].map(indexed).sort((a, b) => (a.eventId! < b.eventId! ? -1 : 1));
  const sorted = (events: readonly ExpectedEvent[]) => [...events].sort((a, b) => (a.eventId < b.eventId ? -1 : 1));

  test.each([1, 2, 3])(
    'generated files in any order, some twice: the events that went in, the counts added up (%i)',
    async (seed) => {
      const random = seededRandom(seed);
      const events = generateEvents(seed, 120, 10);
      const others = generateOthers(seed, 150);
      const bad = ['7', 'null', '{"eventSource":"airflow.amazonaws.com"}'];
      const files: { file: PutFile; read: number; wanted: number; bad: number; bytes: Buffer }[] = [];
      for (let i = 0; i < 12; i += 1) {
        // Each event stands in one file, and a few in another one too.
        const own = events.filter((_, n) => n % 12 === i || (n % 12 === (i + 5) % 12 && random.chance(0.2)));
        const wrong = random.chance(0.4) ? [random.pick(bad)] : [];
        const noise = others.filter((_, n) => n % 12 === i);
        const records = random.shuffled<unknown>([...own.map(({ record }) => record), ...noise, ...wrong]);
        const bytes = logFileOf(records);
        const file = await putLogFile(world, `gen-${seed}-${i}`, bytes);
        files.push({ file, read: records.length, wanted: own.length, bad: wrong.length, bytes });
      }
      const deliveries = random.shuffled([...files, ...files.slice(0, 4)]);
      for (let at = 0; at < deliveries.length; at += 5) {
        const batch = deliveries.slice(at, at + 5).map(({ file }) => s3Event(file));
        expect(await world.handle(sqsEvent(...batch))).toEqual(NO_FAILURES);
      }
      expect(await indexedTable(world)).toEqual(sorted(events.map(({ expected }) => expected)));
      let stored = 0;
      for (const { file, read, wanted, bad: wrong, bytes } of files) {
        const item = (await ledgerItem(world, file))!;
        const counts = (name: string) => Number(item[name]!.N);
        expect(counts('recordsRead')).toBe(read);
        expect(counts('eventsStored') + counts('eventsKnown')).toBe(wanted);
        expect(counts('recordsQuarantined')).toBe(wrong);
        expect(counts('recordsFiltered')).toBe(read - wanted - wrong);
        expect(item.sha256?.S).toBe(createHash('sha256').update(gunzipSync(bytes)).digest('hex'));
        stored += counts('eventsStored');
      }
      // A file that was read twice at the same time has the counts of the later reading, to which all is known.
      expect(stored).toBeLessThanOrEqual(events.length);
    },
    30_000,
  );

  test('more records than may be held: a second reading, the same table', async () => {
    const events = generateEvents(9, 80, 4);
    const records = [...events.map(({ record }) => record), 'null', ...generateOthers(9, 100)];
    const held = await putLogFile(world, 'held', records);
    await world.handle(s3Event(held));
    const twice = await createWorld(servers, {}, { maxHeldBytes: 10_000 });
    const file = await putLogFile(twice, 'held-not', records);
    servers.requests.length = 0;
    await twice.handle(s3Event(file));
    expect(servers.requests.filter((name) => name === 'GetObject')).toHaveLength(2);
    expect(await table(twice)).toEqual(await table());
    expect(await indexedTable(twice)).toEqual(sorted(events.map(({ expected }) => expected)));
    expect(await ledgerItem(twice, file)).toMatchObject({ recordsRead: { N: '181' }, recordsQuarantined: { N: '1' } });
    expect((await quarantined(twice)).size).toBe(2);
    // A bad file too: nothing of it before its end.
    const bad = await putLogFile(
      twice,
      'held-bad',
      logFileOf([...generateEvents(10, 80).map((e) => e.record)]).subarray(0, -2),
    );
    const before = await table(twice);
    await twice.handle(s3Event(bad));
    expect(await table(twice)).toEqual(before);
  }, 30_000);

  test('retention counts from when it happened, or was read when that is not known', async () => {
    const kept = await createWorld(servers, { RETENTION_DAYS: '30' });
    const records = [mwaaRecord('dated'), mwaaRecord('undated', { eventTime: 'yesterday' })];
    await kept.handle(s3Event(await putLogFile(kept, 'retention', records)));
    const items = await storedEvents(kept);
    const days30 = 30 * 24 * 3600;
    expect(items.get('dated')?.expiresAt).toEqual({ N: String(Date.UTC(2026, 10, 2, 9, 15) / 1000 + days30) });
    expect(items.get('undated')?.expiresAt).toEqual({ N: String(NOW / 1000 + days30) });
    await world.handle(s3Event(await putLogFile(world, 'retention', records)));
    expect((await storedEvents(world)).get('dated')?.expiresAt).toBeUndefined();
  });

  test('secrets reach no table, and nobody is told', async () => {
    const canary = (i: number) => `CANARY${i}-not-a-secret`;
    const secrets = [
      { responseElements: { CliToken: canary(0), WebToken: canary(1), WebServerHostname: 'x' } },
      { requestParameters: { Name: 'prod-etl', Body: { conf: [canary(2), { deep: canary(3) }] } } },
      { requestParameters: { Name: 'prod-etl', QueryParameters: { q: canary(4), n: [canary(5)] } } },
      { responseElements: { RestApiResponse: canary(6) } },
      { requestParameters: { Name: 'prod-etl', AirflowConfigurationOptions: { 'smtp.smtp_user': canary(7) } } },
      { requestParameters: { Name: 'prod-etl', Tags: { password: canary(8), api_key: canary(9) } } },
      { requestParameters: { Name: 'prod-etl', x: `postgres://u:${canary(10)}@db/x` } },
      { userAgent: `agent password=${canary(11)}` },
      { errorCode: 'AccessDenied', responseElements: { message: `token: "${canary(12)}" refused` } },
      { additionalEventData: { authorization: `Bearer ${canary(13)}${'0'.repeat(20)}` } },
      { errorMessage: `https://h/?X-Amz-Signature=${canary(14)}` },
      { requestParameters: { Name: 'prod-etl', secret_access_key: canary(15), nested: { Cookie: canary(16) } } },
      { responseElements: { webtoken: canary(17), CLITOKEN: canary(18) } },
      { requestParameters: { Name: 'prod-etl', Body: 'CANARY\\u002d19' } },
    ];
    const good = secrets.map((more, i) => mwaaRecord(`canary-${i}`, more));
    // Bad records and a bad file go to quarantine, which may hold them; what is told of it may not.
    const bad = { ...mwaaRecord(''), responseElements: { CliToken: canary(20) } };
    const file = await putLogFile(world, 'canaries', [...good, bad, `"${canary(21)}"`]);
    const text = JSON.stringify({ Records: [mwaaRecord('never', { userAgent: canary(22) })] });
    const broken = await putLogFile(world, 'canaries-broken', gzipSync(`${text}${canary(23)}`));
    expect(await world.handle(sqsEvent(s3Event(file), s3Event(broken)))).toEqual(NO_FAILURES);
    expect(ids(await storedEvents(world))).toHaveLength(secrets.length);
    const { eventsTable, logFilesTable, environmentsTable } = world.deps.config;
    for (const name of [eventsTable, logFilesTable, environmentsTable]) {
      const items = await dumpTable(world.dynamo, name);
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) expect(readable(item)).not.toContain('CANARY');
    }
    for (const line of world.notified) expect(line).not.toContain('CANARY');
    for (const [key, body] of await quarantined(world)) {
      if (key.endsWith('.reason.json')) expect(body.toString()).not.toContain('CANARY');
    }
  });

  /** The whole item as text, what is compressed too. */
  function readable(item: StoredItem): string {
    return Object.entries(item)
      .map(([name, value]) => `${name}=${value.B ? gunzipSync(value.B).toString() : JSON.stringify(value)}`)
      .join('\n');
  }

  test('texts longer than any item of DynamoDB', async () => {
    const long = 'x'.repeat(500_000);
    const record = mwaaRecord('long', {
      requestParameters: { Name: long },
      awsRegion: long,
      recipientAccountId: long,
      eventName: long,
      errorCode: long,
      userAgent: long,
      eventType: long,
      sourceIPAddress: long,
      eventTime: long,
      userIdentity: { type: long, userName: long, accessKeyId: long, arn: long },
      addendum: { originalEventID: long },
    });
    const file = await putLogFile(world, 'long-texts', [record]);
    expect(await world.handle(sqsEvent(s3Event(file)))).toEqual(NO_FAILURES);
    const event = (await storedEvents(world)).get('long');
    expect(event?.environment?.S).toMatch(/^x+~[0-9a-f]{32}$/);
    const [environment] = (await dumpTable(world.dynamo, world.deps.config.environmentsTable)).filter(
      (item) => item.environment !== undefined,
    );
    expect(environment).toMatchObject({ environment: event!.environment, accountId: event!.listed!.M!.accountId });
  });

  test("a bucket's owner is checked when the list names it", async () => {
    const bucket = `owned-${randomUUID()}`;
    await world.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const seen: unknown[] = [];
    const owned = await createWorld(servers, { LOG_BUCKETS: `${bucket}@111122223333` });
    world.s3.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'GetObjectCommand') seen.push(args.input);
        return next(args);
      },
      { step: 'initialize', name: 'seen' },
    );
    const file = await putObject(world, logFileKey('owned'), logFileOf([mwaaRecord('owned')]), bucket);
    await owned.handle(s3Event(file)).finally(() => world.s3.middlewareStack.remove('seen'));
    expect(seen).toEqual([expect.objectContaining({ Bucket: bucket, ExpectedBucketOwner: '111122223333' })]);
    await expect(
      world.s3
        .send(new GetObjectCommand({ Bucket: bucket, Key: file.key }))
        .then(({ Body }) => Body?.transformToByteArray()),
    ).resolves.toBeDefined();
  });
});
