import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { moveMessages } from '../../cli/redrive/move-messages.ts';
import { findQueue } from '../../cli/redrive/queues.ts';
import type { SampledMessage } from '../../cli/redrive/sample.ts';
import { invocationRecord } from '../support/deliveries.ts';
import { startMoveTaskSqs, type TaskOutcome } from '../support/move-tasks.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import {
  cloudTrailNotification,
  createWorld,
  dumpTable,
  type PutFile,
  putLogFile,
  s3Event,
  sqsEvent,
  storedEvents,
  type World,
} from '../support/world.ts';

const RECORD = { eventSource: 'airflow.amazonaws.com', eventName: 'X', eventTime: '2026-11-02T09:10:00Z' };

const servers = useServers();
let sqs: SQSClient;
beforeAll(async () => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  sqs = new SQSClient({
    endpoint: servers.s3.endpoint,
    region: 'us-east-1',
    credentials,
    useQueueUrlAsEndpoint: false,
  });
});
afterAll(async () => {
  sqs.destroy();
});

describe('one by one, where SQS has no move tasks', () => {
  test('all messages go back to where they come from; a second run changes nothing', async () => {
    const { name, source, deadLetters } = await createQueues();
    const bodies = Array.from({ length: 23 }, (_, i) => `body ${i}`);
    for (const body of bodies) await send(deadLetters, body);
    expect(await redrive('--queue', name)).toEqual({
      code: 0,
      stdout: '23 moved; left: 0 waiting, 0 in flight\n',
      stderr: '',
    });
    const again = await redrive('--queue', deadLetters, '--format', 'json');
    expect(JSON.parse(again.stdout)).toEqual({ moved: 0, by: 'one-by-one', left: { waiting: 0, inFlight: 0 } });
    expect((await bodiesIn(source)).sort()).toEqual([...bodies].sort());
    expect(await bodiesIn(deadLetters)).toEqual([]);
  });

  test('to another queue, attributes included', async () => {
    const { name } = await createQueues();
    const other = await createQueue('other');
    const MessageAttributes = { trace: { DataType: 'String', StringValue: 'x' } };
    const { url } = await findQueue(sqs, name);
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'b', MessageAttributes }));
    expect(await redrive('--queue', name, '--to', other)).toMatchObject({ code: 0 });
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: other, MessageAttributeNames: ['All'], VisibilityTimeout: 0 }),
    );
    expect(Messages).toMatchObject([{ Body: 'b', MessageAttributes }]);
  });

  test('interrupted before any request: each message is in one of the queues, or in both', async () => {
    for (let requests = 0, interrupted = true; interrupted; requests += 1) {
      const { name, source, deadLetters } = await createQueues();
      for (const body of ['a', 'b']) await send(deadLetters, body);
      interrupted = await moveInterrupted(name, source, requests);
      const bodies = [...(await bodiesIn(source)), ...(await bodiesIn(deadLetters))];
      expect([...new Set(bodies)].sort()).toEqual(['a', 'b']);
    }
  });

  test('a queue of no other, of several, that is its own target, or that is not there', async () => {
    const lonely = await createQueue('lonely');
    await send(lonely, 'stays');
    expect(await redrive('--queue', lonely)).toMatchObject({ code: 1, stderr: expect.stringContaining('of 0 queues') });
    expect(await redrive('--queue', lonely, '--to', lonely)).toMatchObject({ code: 1 });
    expect(await redrive('--queue', 'nowhere')).toMatchObject({ code: 1, stdout: '' });
    expect(await bodiesIn(lonely)).toEqual(['stays']);
    expect(await redrive()).toMatchObject({ code: 2 });
  });
});

describe('a dry run', () => {
  test('counts, and says what some messages are about, without their bodies; they stay', async () => {
    const { name, deadLetters } = await createQueues();
    const world = await createWorld(servers);
    const file = await putLogFile(world, 'announced', []);
    await send(deadLetters, JSON.stringify(s3Event(file)));
    await send(deadLetters, '{"secret":"hunter2"}');
    await send(deadLetters, JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }));
    const { code, stdout } = await redrive('--queue', name, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 waiting, 0 in flight\n\nMESSAGE +SENT \(UTC\) +RECEIVES +IT IS ABOUT\n/);
    expect(stdout).toContain(`s3://${file.bucket}/${file.key}`);
    expect(stdout).toContain('unknown-notification: notification: expected one of');
    expect(stdout).toContain('a notice, no log file');
    expect(stdout).not.toContain('hunter2');
    const json = JSON.parse((await redrive('--queue', name, '--dry-run', '--format', 'json')).stdout) as object;
    expect(json).toMatchObject({ waiting: 3, sample: [{ receives: 2 }, { receives: 2 }, { receives: 2 }] });
    expect(await bodiesIn(deadLetters)).toHaveLength(3);
  });

  test('of an empty queue', async () => {
    const { name } = await createQueues();
    expect(await redrive('--queue', name, '--dry-run')).toMatchObject({ stdout: '0 waiting, 0 in flight\n' });
  });
});

describe('by a move task of SQS', () => {
  const arn = 'arn:aws:sqs:us-east-1:111122223333:dead';
  const deadLetters = { url: 'http://dead', arn, waiting: 0, inFlight: 0 };
  const target = { ...deadLetters, url: 'http://target', arn: `${arn}-not` };
  const done = (StartedTimestamp: number, moved: number) => ({
    Status: 'COMPLETED',
    StartedTimestamp,
    ApproximateNumberOfMessagesMoved: moved,
  });
  const running = { Status: 'RUNNING', StartedTimestamp: 2 };

  test('is started and waited for, not taken for the one before', async () => {
    const fake = await fakeSqs([[done(1, 9)], [done(1, 9)], [running], [done(2, 3)]]);
    expect(await moveMessages(fake.sqs, deadLetters, target)).toEqual({ moved: 3, by: 'move-task' });
    expect(fake.started).toEqual([{ SourceArn: arn, DestinationArn: target.arn }]);
    await fake.stop();
  });

  test('that runs already is waited for; then ours moves what is left, to where it is to go', async () => {
    const fake = await fakeSqs([[running], [running], [done(2, 5)], [done(2, 5)], [done(3, 1)]]);
    expect(await moveMessages(fake.sqs, deadLetters, target)).toEqual({ moved: 6, by: 'move-task' });
    expect(fake.started).toEqual([{ SourceArn: arn, DestinationArn: target.arn }]);
    await fake.stop();
  });

  test('that somebody cancels ends it: what is left stays', async () => {
    const fake = await fakeSqs([[], [{ Status: 'CANCELLED', StartedTimestamp: 1 }]]);
    await expect(moveMessages(fake.sqs, deadLetters, target)).rejects.toMatchObject({ code: 'move-cancelled' });
    await fake.stop();
  });
});

describe('dead letters of every origin, from the letter to the stored event', () => {
  const rule = { DataType: 'String', StringValue: 'arn:aws:events:us-east-1:111122223333:rule/mwaa-trail-dev' };
  const throughSns = (notification: object) => ({ Type: 'Notification', Message: JSON.stringify(notification) });
  const objectCreated = ({ bucket, key, etag }: PutFile) => ({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: bucket }, object: { key, etag } },
  });
  /** Each with the message that it leaves in the dead-letter queue. */
  const ORIGINS: Record<string, (...files: [PutFile, PutFile]) => object> = {
    SQS: (...files) => s3Event(...files),
    SNS: (...files) => throughSns(s3Event(...files)),
    'SNS, of CloudTrail': (...files) => throughSns(cloudTrailNotification(...files)),
    EventBridge: objectCreated,
    'Lambda, called by S3': (...files) => invocationRecord(s3Event(...files)),
    'Lambda, called by SNS': (...files) =>
      invocationRecord({ Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(s3Event(...files)) } }] }),
    'Lambda, called by EventBridge': (file) => invocationRecord(objectCreated(file)),
    'Lambda, called with a batch of SQS': (...files) =>
      invocationRecord(sqsEvent(throughSns(s3Event(files[0])), s3Event(files[1]))),
  };
  /** What is said of a move task that did not do it all. */
  const OUTCOMES: [TaskOutcome | 'is not offered', RegExp][] = [
    ['completes', /^$/],
    ['fails half-way', /did not move all messages itself \(HalfWay\)/],
    ['is refused', /InvalidParameterValue/],
    ['is denied', /AccessDenied/],
    ['is not offered', /^$/],
  ];

  test.each(OUTCOMES)('a move task that %s', async (outcome, message) => {
    const world = await createWorld(servers);
    const { name, source, deadLetters } = await createQueues();
    const expected: string[] = [];
    const putNamed = async (eventID: string) => {
      expected.push(eventID);
      return putLogFile(world, eventID, [{ ...RECORD, eventID }]);
    };
    for (const [i, letter] of Object.values(ORIGINS).entries()) {
      const files = [await putNamed(`e${i}-0`), await putNamed(`e${i}-1`)] as const;
      const body = letter(...files);
      // EventBridge tells of one file in an event.
      if (!JSON.stringify(body).includes(`e${i}-1`)) expected.pop();
      const MessageAttributes = { RULE_ARN: rule };
      await sqs.send(
        new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: JSON.stringify(body), MessageAttributes }),
      );
    }
    const letters = Object.keys(ORIGINS).length;
    const embedded = { endpoint: servers.s3.endpoint, sqs };
    const moveTasks = outcome === 'is not offered' ? undefined : await startMoveTaskSqs(embedded, outcome);
    const settings = {
      ...awsSettings({ s3: servers.s3.endpoint }),
      ...(moveTasks && { AWS_ENDPOINT_URL_SQS: moveTasks.endpoint }),
    };
    const run = (...args: string[]) => runInProcess(['redrive', '--queue', name, ...args], settings);

    const { stdout } = await run('--dry-run', '--format', 'json');
    const { sample } = JSON.parse(stdout) as { sample: SampledMessage[] };
    const announced = sample.flatMap(({ announces = [] }) => announces);
    expect(sample.filter(({ notUnderstood }) => notUnderstood !== undefined)).toEqual([]);
    expect(announced.map((uri) => /_(e\d-\d)\.json/.exec(uri)?.[1]).sort()).toEqual(expected.sort());

    const moved = await run();
    expect(moved).toMatchObject({ code: 0, stdout: `${letters} moved; left: 0 waiting, 0 in flight\n` });
    expect(moved.stderr).toMatch(message);
    if (outcome === 'completes' || outcome === 'fails half-way') {
      const { arn } = await findQueue(sqs, source);
      expect(moveTasks?.started).toMatchObject([{ DestinationArn: arn }]);
    }
    await consume(source, world);
    expect([...(await storedEvents(world)).keys()].sort()).toEqual(expected.sort());
    await moveTasks?.stop();
  });
});

test('a queue that is the dead-letter queue of several others: they are named, and --to has to', async () => {
  const { name, deadLetters, source } = await createQueues();
  const { arn } = await findQueue(sqs, deadLetters);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 5 });
  const other = await createQueue('other-source', { RedrivePolicy });
  await send(deadLetters, 'stays');
  const { code, stderr } = await redrive('--queue', name);
  expect(code).toBe(1);
  expect(stderr).toContain('of 2 queues');
  for (const queue of [source, other]) expect(stderr).toContain(queue.split('/').at(-1));
  expect(await bodiesIn(deadLetters)).toEqual(['stays']);
  expect(await redrive('--queue', name, '--to', source)).toMatchObject({ code: 0 });
  expect(await bodiesIn(source)).toEqual(['stays']);
});

test('dead letters into the pipeline, twice: all drained, and the second run changes nothing', async () => {
  const { name, source, deadLetters } = await createQueues();
  const world = await createWorld(servers);
  for (const eventID of ['e1', 'e2', 'e3']) {
    const file = await putLogFile(world, `redriven-${eventID}`, [{ ...RECORD, eventID }]);
    await send(deadLetters, JSON.stringify(s3Event(file)));
    // What failed may have been delivered, and announced, more than once.
    await send(deadLetters, JSON.stringify(s3Event(file)));
  }
  expect(await redrive('--queue', name)).toMatchObject({ code: 0, stdout: expect.stringContaining('6 moved') });
  await consume(source, world);
  expect([...(await storedEvents(world)).keys()].sort()).toEqual(['e1', 'e2', 'e3']);

  const before = await tablesOf(world);
  expect(await redrive('--queue', name)).toMatchObject({ code: 0, stdout: expect.stringContaining('0 moved') });
  await consume(source, world);
  expect(await tablesOf(world)).toEqual(before);
});

async function createQueue(suffix: string, attributes: Record<string, string> = {}): Promise<string> {
  const QueueName = `${randomUUID().slice(0, 8)}-${suffix}`;
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }))).QueueUrl!;
}

async function createQueues(): Promise<{ name: string; source: string; deadLetters: string }> {
  const deadLetters = await createQueue('dead-letters');
  const { arn } = await findQueue(sqs, deadLetters);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 5 });
  return { name: deadLetters.split('/').at(-1)!, source: await createQueue('ingest', { RedrivePolicy }), deadLetters };
}

async function send(QueueUrl: string, MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(QueueUrl: string): Promise<Message[]> {
  return (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? [];
}

/** Those in flight, too. */
async function bodiesIn(queue: string): Promise<string[]> {
  const answer = await fetch(`${servers.s3.endpoint}/_fauxqs/queues/${queue.split('/').at(-1)}`);
  const { messages } = (await answer.json()) as {
    messages: { ready: Inspected[]; inflight: { message: Inspected }[] };
  };
  return [...messages.ready, ...messages.inflight.map(({ message }) => message)].map(({ body }) => body);
}

interface Inspected {
  body: string;
}

function redrive(...args: string[]) {
  return runInProcess(['redrive', ...args], awsSettings({ s3: servers.s3.endpoint }));
}

/** As the ingest function's event source does it. */
async function consume(queue: string, world: World): Promise<void> {
  for (let messages = await receive(queue); messages.length > 0; messages = await receive(queue)) {
    expect(await world.handle(sqsEvent(...messages.map(({ Body }) => Body!)))).toEqual({ batchItemFailures: [] });
    for (const { ReceiptHandle } of messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
  }
}

function tablesOf({ dynamo, deps }: World) {
  const { eventsTable, logFilesTable, environmentsTable } = deps.config;
  return Promise.all([eventsTable, logFilesTable, environmentsTable].map((table) => dumpTable(dynamo, table)));
}

/** @returns whether there were more requests to send */
async function moveInterrupted(from: string, to: string, requests: number): Promise<boolean> {
  const [deadLetters, target] = [await findQueue(sqs, from), await findQueue(sqs, to)];
  let sent = 0;
  sqs.middlewareStack.add(
    (next) => (args) => {
      sent += 1;
      if (sent > requests) throw new Error('interrupted');
      return next(args);
    },
    { name: 'interrupt', step: 'initialize' },
  );
  try {
    await moveMessages(sqs, deadLetters, target);
  } catch (error) {
    if ((error as Error).message !== 'interrupted') throw error;
  } finally {
    sqs.middlewareStack.remove('interrupt');
  }
  return sent > requests;
}

/** An SQS that has move tasks, which the embedded one has not. */
async function fakeSqs(tasks: object[][]) {
  const started: object[] = [];
  const server: Server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as object;
    const starts = request.headers['x-amz-target'] === 'AmazonSQS.StartMessageMoveTask';
    if (starts) started.push(body);
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(starts ? { TaskHandle: 'handle' } : { Results: tasks.shift() }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
  const stop = async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { sqs: client, started, stop };
}
