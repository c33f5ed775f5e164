import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { LOCAL_LOG_BUCKET, SAMPLE_KEY } from '../../local/local-names.ts';
import { type Script, startFaultProxy } from '../faults/support/fault-proxy.ts';
import { environmentOf } from '../faults/support/ingest-process.ts';
import { jsonFiles } from '../support/cases.ts';
import { SAMPLES } from '../support/cli.ts';
import { type ExpectedEvent, generateEvents } from '../support/generate-records.ts';
import { useServers } from '../support/servers.ts';
import {
  cloudTrailNotification,
  createWorld,
  ledgerItem,
  type PutFile,
  putLogFile,
  putObject,
  quarantined,
  s3Event,
  sqsEvent,
  storedEvents,
  type World,
} from '../support/world.ts';
import { describeUnderRuntimeClient, LambdaFunction } from './support/lambda-function.ts';

/** The function as deployed, on tables of its own, with its S3 behind a proxy that can be slow. */
interface Deployed extends World {
  lambda: LambdaFunction;
  /** The keys that were asked for. */
  keysRead(): string[];
  restart(preload?: readonly string[]): Promise<void>;
}

const CANARY = 'CANARY-of-a-record';

describeUnderRuntimeClient('the ingest function under the Lambda runtime client', () => {
  const servers = useServers();
  const stops: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  async function deploy(script: Script = () => undefined, preload?: readonly string[]): Promise<Deployed> {
    const world = await createWorld(servers);
    const proxy = await startFaultProxy('s3', servers.s3.endpoint);
    proxy.script = script;
    const env = {
      ...environmentOf(world.deps.config, { s3: proxy.endpoint, dynamo: servers.dynamo.endpoint }),
      LOG_BUCKETS: `${world.logBucket},${LOCAL_LOG_BUCKET}`,
      // That of the sample.
      LIVE_ACCOUNTS: '012345678901',
      POWERTOOLS_METRICS_NAMESPACE: 'mwaa-trail-test',
    };
    const deployed: Deployed = {
      ...world,
      lambda: await LambdaFunction.start('ingest', env, preload),
      keysRead: () => proxy.requests.flatMap(({ operation, key }) => (operation === 'GetObject' ? [key] : [])),
      restart: async (preloadNow) => {
        await deployed.lambda.stop();
        deployed.lambda = await LambdaFunction.start('ingest', env, preloadNow);
      },
    };
    stops.push(async () => {
      await deployed.lambda.stop();
      await proxy.stop();
    });
    return deployed;
  }

  const putFiles = (world: World, name: string, lists: readonly (readonly ExpectedAndRecord[])[]) =>
    Promise.all(
      lists.map((list, i) =>
        putLogFile(
          world,
          `${name}${i}`,
          list.map(({ record }) => record),
        ),
      ),
    );

  const storedIds = async (world: World) => [...(await storedEvents(world)).keys()].sort();

  test('SQS batches, one after the other: good, bad, foreign, not understood', async () => {
    const world = await deploy();
    expect(await world.lambda.initError()).toBeUndefined();

    const events = generateEvents(21, 12, 2);
    const canary = { ...events[0]!.record, eventID: '', userAgent: CANARY };
    const good = await putLogFile(world, 'good', [...events.map(({ record }) => record), canary]);
    const bad = await putLogFile(world, 'bad', Buffer.from(`{"Records":"${CANARY}"}`));
    const foreign = { ...good, bucket: 'foreign' };
    const batch = sqsEvent(s3Event(good), s3Event(bad), s3Event(foreign), 'not JSON');
    expect(await world.lambda.invoke(batch)).toEqual(failing('m2', 'm3'));

    expect(await storedIds(world)).toEqual(events.map(({ expected }) => expected.eventId).sort());
    expect(await ledgerItem(world, good)).toMatchObject({ recordsRead: { N: '13' }, recordsQuarantined: { N: '1' } });
    expect(await ledgerItem(world, bad)).toMatchObject({ state: { S: 'quarantined' } });
    expect((await quarantined(world)).size).toBe(4);
    // One line for each file and for the message, and one of metrics, each as CloudWatch takes it.
    const entries = world.lambda.logEntries();
    expect(entries).toHaveLength(world.lambda.log().length);
    expect(entries.flatMap(({ level, service }) => (level === 'ERROR' ? [service] : []))).toEqual(
      Array.from({ length: 4 }, () => 'mwaa-trail-ingest'),
    );
    expect(metricsOf(world.lambda)).toEqual([
      {
        EventsIndexed: 12,
        EventsKnown: 0,
        FilesFailed: [1, 1],
        FilesQuarantined: 1,
        LogFileLatencySeconds: expect.any(Number),
        RecordsFiltered: 0,
        RecordsQuarantined: 1,
        RecordsRead: 13,
      },
    ]);

    const notifications = [s3Event(good), cloudTrailNotification(good), s3TestEvent()];
    expect(await world.lambda.invoke(sqsEvent(...notifications))).toEqual(failing());
    expect(world.lambda.log().join('\n')).not.toContain(CANARY);
  }, 120_000);

  test('an event that comes without a queue: stored; not understood: an error, and the next one is dealt with', async () => {
    const world = await deploy();
    const [event] = generateEvents(22, 1);
    const file = await putLogFile(world, 'direct', [event!.record]);
    expect(await world.lambda.invoke({ Records: [], note: CANARY })).toEqual({
      kind: 'error',
      errorType: 'unknown-notification',
      errorMessage: expect.stringMatching(/expected one of S3 event notification/),
      trace: expect.any(Array),
    });
    expect(await world.lambda.invoke(s3Event({ ...file, key: `${file.key}.gone`, bucket: 'foreign' }))).toMatchObject({
      kind: 'error',
      errorType: 'delivery-failed',
      errorMessage: expect.stringContaining('bucket-not-allowed'),
    });
    expect(await world.lambda.invoke(s3Event(file))).toEqual({ kind: 'response', body: null });
    expect(await storedIds(world)).toEqual([event!.expected.eventId]);
    expect(world.lambda.log().join('\n')).not.toContain(CANARY);
  }, 120_000);

  test('every sample of a delivery', async () => {
    const world = await deploy();
    const sample = readFileSync(join(SAMPLES, 'guide-create-environment.json'));
    await putObject(world, SAMPLE_KEY, gzipSync(sample), LOCAL_LOG_BUCKET);
    for (const [name, delivery] of jsonFiles<object>('events/deliveries')) {
      const acknowledged = name.includes('sqs') ? failing() : { kind: 'response', body: null };
      expect([name, await world.lambda.invoke(delivery)]).toEqual([name, acknowledged]);
    }
    expect(await storedIds(world)).toEqual(['EventID']);
  }, 120_000);

  test('little time left: nothing is begun, all is to be delivered again', async () => {
    const world = await deploy();
    const files = await putFiles(world, 'late', chunks(generateEvents(23, 3), 3));
    expect(await world.lambda.invoke(sqsEvent(...files.map((file) => s3Event(file))), 9_000)).toEqual(
      failing('m0', 'm1', 'm2'),
    );
    expect(world.keysRead()).toEqual([]);
    const failed = world.lambda
      .logEntries()
      .flatMap(({ message, kind, reason }) =>
        message === 'failed, to be delivered again' ? [`${kind} ${reason}`] : [],
      );
    expect(failed).toEqual(files.map(({ key }) => `retry out-of-time: s3://${world.logBucket}/${key}: not begun`));
  }, 120_000);

  test('time runs out in the middle of a batch: what was begun is finished, the rest is to be delivered again', async () => {
    let milliseconds = 1_500;
    const world = await deploy(() => async (exchange) => {
      await setTimeout(milliseconds);
      exchange.answer(await exchange.forward());
    });
    const files = await putFiles(world, 'slow', chunks(generateEvents(24, 10), 10));
    const outcome = await world.lambda.invoke(sqsEvent(...files.map((file) => s3Event(file))), 11_400);
    const failed = failedOf(outcome);
    // Four at a time: those that are not of the first four would begin with less than ten seconds left.
    expect(failed.length).toBeGreaterThanOrEqual(6);
    expect(world.keysRead().length).toBeLessThanOrEqual(4);
    const acknowledged = files.filter((_, i) => !failed.includes(`m${i}`));
    await expectStates(world, acknowledged, 'ingested');
    expect((await storedEvents(world)).size).toBe(acknowledged.length);
    // Delivered again with time enough, all of it is there once.
    milliseconds = 0;
    const again = files.filter((_, i) => failed.includes(`m${i}`)).map((file) => s3Event(file));
    expect(await world.lambda.invoke(sqsEvent(...again))).toEqual(failing());
    expect((await storedEvents(world)).size).toBe(10);
  }, 120_000);

  test('S3 does not answer: the function does, four seconds before its time-out', async () => {
    const world = await deploy(({ key }) => (key.includes('stalled') ? () => {} : undefined));
    const [stalled] = await putFiles(world, 'stalled', [generateEvents(25, 1)]);
    const [sound] = await putFiles(world, 'sound', [generateEvents(26, 1)]);
    await world.lambda.initError();
    const started = performance.now();
    expect(await world.lambda.invoke(sqsEvent(s3Event(stalled!), s3Event(sound!)), 12_000)).toEqual(failing('m0'));
    expect(performance.now() - started).toBeLessThan(12_000 - 1_000);
    await expectStates(world, [sound!], 'ingested');
  }, 120_000);

  const AT_THE_FIRST_READ = (code: string) =>
    `data:text/javascript,${encodeURIComponent(`
      import { subscribe } from 'node:diagnostics_channel';
      subscribe('http.client.request.start', ({ request }) => {
        if (request.path.includes('.json.gz')) ${code};
      });`)}`;

  test.each([
    ['a rejection that nobody handles', `Promise.reject(new Error('planted'))`],
    ['an error that nobody catches', `setImmediate(() => { throw new Error('planted'); })`],
  ])(
    '%s ends the process, acknowledges nothing, and loses nothing',
    async (_, code) => {
      const world = await deploy(undefined, [AT_THE_FIRST_READ(code)]);
      const events = generateEvents(27, 6);
      const files = await putFiles(world, 'killed', chunks(events, 3));
      const batch = sqsEvent(...files.map((file) => s3Event(file)));
      expect(await world.lambda.invoke(batch)).toEqual({ kind: 'exit', code: 1 });
      await world.restart();
      expect(await world.lambda.invoke(batch)).toEqual(failing());
      expect(await storedIds(world)).toEqual(events.map(({ expected }) => expected.eventId).sort());
    },
    120_000,
  );

  test('what is missing in its environment is said at once, and all of it', async () => {
    const lambda = await LambdaFunction.start('ingest', { LOG_FILES_TABLE: 'log-files', RETENTION_DAYS: 'x' });
    stops.push(() => lambda.stop());
    expect(await lambda.initError()).toMatchObject({
      errorType: 'configuration',
      errorMessage:
        'environment variables: EVENTS_TABLE is not set; ENVIRONMENTS_TABLE is not set; RETENTION_DAYS must be a whole number of days from 1 to 999999',
    });
    expect(await lambda.exited()).toBe(1);
  }, 60_000);
});

type ExpectedAndRecord = { record: object; expected: ExpectedEvent };

const failing = (...messages: string[]) => ({
  kind: 'response',
  body: { batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })) },
});

function failedOf(outcome: { kind: string; body?: unknown }): string[] {
  expect(outcome).toMatchObject({ kind: 'response', body: { batchItemFailures: expect.any(Array) } });
  const { batchItemFailures } = outcome.body as { batchItemFailures: { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

async function expectStates(world: World, files: readonly PutFile[], state: string): Promise<void> {
  for (const file of files) expect(await ledgerItem(world, file)).toMatchObject({ state: { S: state } });
}

/** What CloudWatch reads of the lines in embedded metric format. */
function metricsOf(lambda: LambdaFunction): Record<string, unknown>[] {
  return lambda.logEntries().flatMap((entry) => {
    const [directive] =
      (entry._aws as { CloudWatchMetrics: { Namespace: string; Metrics: { Name: string }[] }[] } | undefined)
        ?.CloudWatchMetrics ?? [];
    if (directive === undefined) return [];
    expect(directive.Namespace).toBe('mwaa-trail-test');
    return [Object.fromEntries(directive.Metrics.map(({ Name }) => [Name, entry[Name]]))];
  });
}

const s3TestEvent = () => ({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'logs' });

function chunks<T>(list: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, i) => list.filter((_, n) => n % count === i));
}
