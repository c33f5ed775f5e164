import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketPolicyCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import database from 'dynalite/db/index.js';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { type EmbeddedS3, startEmbeddedS3 } from '../../local/embedded-s3.ts';
import { LOCAL_QUARANTINE_BUCKET, LOCAL_TABLES } from '../../local/local-names.ts';
import { isForThisMachine, SERVER_ID } from '../../local/loopback.ts';
import { insertItems } from '../../shared/store/insert-items.ts';
import { getItem } from '../../shared/store/read-items.ts';
import { temporaryFolder } from '../support/cli.ts';
import { scaled } from '../support/scale.ts';

let dynamo: EmbeddedDynamo;
let s3: EmbeddedS3;
const folder = temporaryFolder();
beforeAll(async () => {
  [dynamo, s3] = await Promise.all([startEmbeddedDynamo(LOCAL_TABLES), startEmbeddedS3()]);
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), s3.stop()]);
  folder.remove();
});

/** `fetch` does not allow setting Host. */
async function statusOf(
  endpoint: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  const sent = request(endpoint, { agent: false, method, headers });
  sent.end();
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

describe('the Host of a request', () => {
  test.each([
    ['127.0.0.1:8787', 8787],
    ['localhost:8787', 8787],
    ['LocalHost:8787', 8787],
    ['[::1]:8787', 8787],
    ['127.0.0.1', 80],
    ['localhost', 80],
    ['[::1]', 80],
    ['localhost:80', 80],
    ['localhost:1', undefined],
    ['127.0.0.1', undefined],
  ])('%s on port %s is this machine', (host, port) => {
    expect(isForThisMachine({ host }, port)).toBe(true);
    expect(isForThisMachine({ host, origin: `http://${host}` }, port)).toBe(true);
    for (const origin of ['null', 'http://evil.example', 'https://localhost', 'http://localhost:3000', `${host}`]) {
      expect(isForThisMachine({ host, origin }, port)).toBe(false);
    }
  });

  test.each([
    ['localhost', 8787],
    ['127.0.0.1', 443],
    ['localhost:8787', 80],
    ['localhost:80', 8787],
    ['evil.example:8787', 8787],
    ['evil.example', 80],
    ['evil.example', undefined],
    ['127.0.0.1.evil.example:8787', 8787],
    ['localhost.evil.example', undefined],
    ['bucket.localhost', undefined],
    ['evil.example@127.0.0.1', undefined],
    ['127.0.0.1:evil.example', undefined],
    ['127.0.0.2', undefined],
    ['0.0.0.0', undefined],
    ['[::2]', undefined],
    ['', undefined],
  ])('%s on port %s is not', (host, port) => {
    expect(isForThisMachine({ host }, port)).toBe(false);
  });
});

describe.each(['dynamo', 's3'] as const)('%s', (name) => {
  const endpoint = () => ({ dynamo, s3 })[name].endpoint;
  const port = () => new URL(endpoint()).port;

  test.each(['127.0.0.1', 'localhost', '[::1]'])('answers requests for %s', async (host) => {
    expect(await statusOf(endpoint(), { host: `${host}:${port()}` })).toBe(200);
  });

  test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'refuses the Host %s',
    async (host) => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
        expect(await statusOf(endpoint(), { host: `${host}:${port()}` }, method)).toBe(403);
        expect(await statusOf(`${endpoint()}/${LOCAL_QUARANTINE_BUCKET}/x`, { host }, method)).toBe(403);
      }
    },
  );

  test('refuses requests from pages of other sites', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      expect(await statusOf(endpoint(), { origin: 'http://evil.example' }, method)).toBe(403);
    }
  });

  test('refuses requests for another server', async () => {
    expect(await statusOf(endpoint(), { [SERVER_ID]: 'another' })).toBe(421);
    expect(await statusOf(endpoint(), { [SERVER_ID]: { dynamo, s3 }[name].id })).toBe(200);
  });

  test('continues after an aborted request', async () => {
    for (const end of [100, 5_000_000]) {
      const socket = connect(Number(port()), '127.0.0.1');
      socket.on('error', () => {});
      const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 9000000\r\n\r\n`;
      socket.write(head + 'x'.repeat(end), () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    if (name === 'dynamo') await dynamo.client.send(new ListTablesCommand({}));
    else await s3.client.send(new ListBucketsCommand({}));
  });
});

describe('S3', () => {
  test('reports the Region of a bucket', async () => {
    const { LocationConstraint } = await s3.client.send(
      new GetBucketLocationCommand({ Bucket: LOCAL_QUARANTINE_BUCKET }),
    );
    // us-east-1 has no name there.
    expect(LocationConstraint).toBeUndefined();
    await expect(s3.client.send(new GetBucketLocationCommand({ Bucket: 'no-such-bucket' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    for (const path of [`/${LOCAL_QUARANTINE_BUCKET}?location`, `/${LOCAL_QUARANTINE_BUCKET}/?location=`]) {
      expect(await (await fetch(s3.endpoint + path)).text()).toContain('<LocationConstraint xmlns=');
    }
  });

  test('accepts an object with the name location', async () => {
    const object = { Bucket: LOCAL_QUARANTINE_BUCKET, Key: 'location' };
    await s3.client.send(new PutObjectCommand({ ...object, Body: 'x' }));
    const { Body } = await s3.client.send(new GetObjectCommand(object));
    expect(await Body!.transformToString()).toBe('x');
  });

  test('does not treat unsupported subresources as the bucket or object', async () => {
    const bucket = { Bucket: 'kept' };
    await fetch(`${s3.endpoint}/kept`, { method: 'PUT' });
    const object = { ...bucket, Key: 'object' };
    const refused = { name: 'NotImplemented' };
    await expect(s3.client.send(new DeleteBucketPolicyCommand(bucket))).rejects.toMatchObject(refused);
    await expect(s3.client.send(new GetBucketVersioningCommand(bucket))).rejects.toMatchObject(refused);
    await s3.client.send(new HeadBucketCommand(bucket));
    await s3.client.send(new PutObjectCommand({ ...object, Body: 'x' }));
    await expect(
      s3.client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
    ).rejects.toMatchObject(refused);
    const { Body } = await s3.client.send(new GetObjectCommand(object));
    expect(await Body!.transformToString()).toBe('x');
  });
});

describe('time to live', () => {
  const describeTtl = async (client: DynamoDBClient, TableName: string) =>
    (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
  const update = (client: DynamoDBClient, TableName: string, Enabled: boolean, AttributeName = 'ttl') =>
    client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled, AttributeName } }));
  const create = (client: DynamoDBClient, TableName: string) =>
    client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      }),
    );

  test('of the tables is that of serverless.yml', async () => {
    for (const table of Object.values(LOCAL_TABLES)) {
      expect(await describeTtl(dynamo.client, table)).toEqual({
        TimeToLiveStatus: 'ENABLED',
        AttributeName: 'expiresAt',
      });
    }
  });

  test('can be changed, and stays', async () => {
    const store = `${folder.path}/ttl`;
    const first = await startEmbeddedDynamo(LOCAL_TABLES, store);
    await create(first.client, 'other');
    await expect(update(first.client, 'other', false)).rejects.toMatchObject({ name: 'ValidationException' });
    const { TimeToLiveSpecification } = await update(first.client, 'other', true);
    expect(TimeToLiveSpecification).toEqual({ Enabled: true, AttributeName: 'ttl' });
    await expect(update(first.client, 'other', true)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(update(first.client, 'other', false, 'another')).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await first.stop();

    const second = await startEmbeddedDynamo(LOCAL_TABLES, store);
    expect(await describeTtl(second.client, 'other')).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' });
    expect(await describeTtl(second.client, LOCAL_TABLES.eventsTable)).toMatchObject({ AttributeName: 'expiresAt' });
    await update(second.client, 'other', false);
    expect(await describeTtl(second.client, 'other')).toEqual({ TimeToLiveStatus: 'DISABLED' });
    await second.stop();
  });

  test('is deleted with its table', async () => {
    await create(dynamo.client, 'again');
    await update(dynamo.client, 'again', true);
    await dynamo.client.send(new DeleteTableCommand({ TableName: 'again' }));
    while (true) {
      const { TableNames } = await dynamo.client.send(new ListTablesCommand({}));
      if (!TableNames?.includes('again')) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await create(dynamo.client, 'again');
    expect(await describeTtl(dynamo.client, 'again')).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });

  test('refuses a missing table and invalid requests', async () => {
    const missing = { name: 'ResourceNotFoundException' };
    await expect(describeTtl(dynamo.client, 'none')).rejects.toMatchObject(missing);
    await expect(update(dynamo.client, 'none', true)).rejects.toMatchObject(missing);
    await expect(update(dynamo.client, 'none', true, '')).rejects.toMatchObject({ name: 'ValidationException' });
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.UpdateTimeToLive',
      'content-type': 'application/x-amz-json-1.0',
    };
    for (const body of ['{', '[]', 'null', '{"TableName":1}']) {
      expect((await fetch(dynamo.endpoint, { method: 'POST', headers, body })).status).toBe(400);
    }
  });
});

describe('statements', () => {
  const TableName = LOCAL_TABLES.logFilesTable;
  const entry = (name: string, state: string) => ({ logFile: { S: name }, state: { S: state } });
  const states = async (...names: string[]) => {
    const items = await Promise.all(names.map((name) => getItem(dynamo.client, TableName, { logFile: { S: name } })));
    return items.map((item) => item?.state?.S);
  };

  test('insert items that the table does not have, each by itself', async () => {
    const first = Array.from({ length: 30 }, (_, i) => entry(`inserted-${i}`, 'first'));
    const failed: string[] = [];
    const insert = (items: Parameters<typeof insertItems>[2]) =>
      insertItems(dynamo.client, TableName, items, (code) => failed.push(code));
    expect(await insert(first)).toEqual(first.map(() => true));
    const wrong = { logFile: { N: '1' } };
    const second = [entry('inserted-29', 'second'), wrong, entry('inserted-30', 'second')];
    expect(await insert(second)).toEqual([false, false, true]);
    expect(failed).toEqual(['ValidationError']);
    expect(await states('inserted-0', 'inserted-29', 'inserted-30')).toEqual(['first', 'first', 'second']);
  });

  test('say what became of each, as DynamoDB does', async () => {
    const Statement = `INSERT INTO "${TableName}" VALUE {'logFile': ?}`;
    const Statements = ['said', 'said-too', 'said'].map((name) => ({ Statement, Parameters: [{ S: name }] }));
    const send = (from: number, to: number) =>
      dynamo.client.send(new BatchExecuteStatementCommand({ Statements: Statements.slice(from, to) }));
    expect((await send(0, 2)).Responses).toEqual([{ TableName }, { TableName }]);
    expect((await send(2, 3)).Responses).toMatchObject([{ Error: { Code: 'DuplicateItem' } }]);
  });

  test.each([
    ['no statement', []],
    ['another statement', [{ Statement: `DELETE FROM "${TableName}" WHERE logFile = ?`, Parameters: [{ S: 'x' }] }]],
    [
      'too few parameters',
      [{ Statement: `INSERT INTO "${TableName}" VALUE {'logFile': ?, 'a': ?}`, Parameters: [{ S: 'x' }] }],
    ],
  ])('are refused: %s', async (_, Statements) => {
    await expect(dynamo.client.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe.each(['memory', 'disk'])('iterators of a database in %s', (kind) => {
  test('are closed, even if a limit ends the read', async () => {
    const store = kind === 'disk' ? `${folder.path}/iterators` : undefined;
    const { own, iterators } = await countingIterators(() => startEmbeddedDynamo(LOCAL_TABLES, store));
    try {
      const TableName = LOCAL_TABLES.eventsTable;
      for (let i = 0; i < 20; i += 1) {
        const Item = { eventId: { S: `e${i}` }, timeKey: { S: `2026#e${i}` }, day: { S: '2026' } };
        await own.client.send(new PutItemCommand({ TableName, Item }));
      }
      const query = (Limit: number) =>
        own.client.send(
          new QueryCommand({
            TableName,
            IndexName: 'byDay',
            Limit,
            KeyConditionExpression: '#day = :day',
            ExpressionAttributeNames: { '#day': 'day' },
            ExpressionAttributeValues: { ':day': { S: '2026' } },
          }),
        );
      const requests = scaled(60, 600);
      for (let i = 0; i < requests; i += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, n) => query(n % 2 === 0 ? 1 : 50)));
      }
      expect(iterators.opened).toBeGreaterThanOrEqual(requests);
      await untilZero(() => iterators.open);
      expect(iterators.open).toBe(0);
    } finally {
      await own.stop();
    }
  });
});

/** Starts a server, and counts the iterators of its database that are open. */
async function countingIterators(
  start: () => Promise<EmbeddedDynamo>,
): Promise<{ own: EmbeddedDynamo; iterators: { opened: number; open: number } }> {
  const iterators = { opened: 0, open: 0 };
  const { create } = database;
  database.create = (options) => {
    const store = create(options);
    for (const kind of ['keys', 'values'] as const) {
      const original = store.db[kind].bind(store.db);
      store.db[kind] = (options) => {
        const iterator = original(options);
        iterators.opened += 1;
        iterators.open += 1;
        let isOpen = true;
        const close = iterator.close.bind(iterator);
        iterator.close = async () => {
          await close();
          if (isOpen) iterators.open -= 1;
          isOpen = false;
        };
        return iterator;
      };
    }
    return store;
  };
  try {
    return { own: await start(), iterators };
  } finally {
    database.create = create;
  }
}

/** An iterator is closed just after the answer was sent. */
async function untilZero(count: () => number): Promise<void> {
  for (let i = 0; i < 100 && count() > 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
}
