import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import { parse } from 'yaml';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';
import { dumpTable } from '../support/world.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const running: EmbeddedDynamo[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function start(store?: string): Promise<EmbeddedDynamo> {
  const started = await startEmbeddedDynamo(LOCAL_TABLES, store === undefined ? undefined : join(folder.path, store));
  running.push(started);
  return started;
}

async function stop(): Promise<void> {
  await running.pop()!.stop();
}

const event = { eventId: { S: 'kept' }, timeKey: { S: '2026#kept' }, day: { S: '2026' } };
const put = ({ client }: EmbeddedDynamo) =>
  client.send(new PutItemCommand({ TableName: LOCAL_TABLES.eventsTable, Item: event }));

describe('tables', () => {
  test('are those of serverless.yml', async () => {
    const { client } = await start();
    const yaml = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'error' });
    const { EventsTable, LogFilesTable, EnvironmentsTable } = yaml.resources[0].Resources;
    const pairs = [
      [LOCAL_TABLES.eventsTable, EventsTable],
      [LOCAL_TABLES.logFilesTable, LogFilesTable],
      [LOCAL_TABLES.environmentsTable, EnvironmentsTable],
    ] as const;
    for (const [TableName, { Properties }] of pairs) {
      expect(TableName).toBe(
        Properties.TableName.replace(/\$\{self:service\}/, yaml.service).replace(/\$\{.*\}/, 'local'),
      );
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      expect(Table?.TableStatus).toBe('ACTIVE');
      expect(Table?.KeySchema).toEqual(Properties.KeySchema);
      const byName = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
      expect([...Table!.AttributeDefinitions!].sort(byName)).toEqual([...Properties.AttributeDefinitions].sort(byName));
      const indexes = (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      }));
      const expected = (Properties.GlobalSecondaryIndexes ?? []).map(
        // A ceiling on what AWS charges for.
        ({ OnDemandThroughput, ...index }: Record<string, unknown>) => index,
      );
      expect(indexes.sort(byName)).toEqual(expected.sort(byName));
    }
  });

  test('the events table is within the quotas of DynamoDB', async () => {
    const { client } = await start();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: LOCAL_TABLES.eventsTable }));
    const indexes = Table!.GlobalSecondaryIndexes!;
    expect(indexes.map(({ IndexName }) => IndexName).sort()).toEqual([
      'byAccessKey',
      'byDay',
      'byEnvironment',
      'byErrorCode',
      'byEventName',
      'byPrincipal',
      'byRole',
      'byUser',
    ]);
    const projected = indexes.map(({ Projection }) => Projection?.NonKeyAttributes ?? []);
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    for (const attributes of projected) expect(new Set(attributes).size).toBeLessThanOrEqual(20);
    expect(projected.flat().length).toBeLessThanOrEqual(100);
    for (const { KeySchema = [], Projection } of indexes) {
      expect(Projection?.NonKeyAttributes).not.toContain(KeySchema[0]?.AttributeName);
    }
  });
});

describe('a store on disk', () => {
  test('keeps what was put', async () => {
    await put(await start('kept'));
    await stop();
    expect(await dumpTable((await start('kept')).client, LOCAL_TABLES.eventsTable)).toEqual([event]);
  });

  test('can be opened by one process at a time', async () => {
    await start('busy');
    await expect(start('busy')).rejects.toMatchObject({ code: 'store-in-use' });
    await stop();
    await start('busy');
  });

  test('is opened by only one of two processes that start simultaneously', async () => {
    for (let round = 0; round < 5; round += 1) {
      const started = await Promise.allSettled([start('race'), start('race')]);
      const refused = started.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(refused).toEqual([expect.objectContaining({ code: 'store-in-use' })]);
      await stop();
    }
  });

  test('is created again if creating its tables was interrupted', async () => {
    await start('unfinished');
    await stop();
    await patchTable('unfinished', LOCAL_TABLES.environmentsTable, { TableStatus: 'CREATING' });
    const { client } = await start('unfinished');
    const { Table } = await client.send(new DescribeTableCommand({ TableName: LOCAL_TABLES.environmentsTable }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    await put(running[0]!);
    expect(await dumpTable(client, LOCAL_TABLES.eventsTable)).toEqual([event]);
  });

  test('is opened without a request, unless a table lacks something', async () => {
    const { client } = await start('complete');
    const TableName = LOCAL_TABLES.eventsTable;
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toMatchObject({ TimeToLiveStatus: 'ENABLED' });
    const { AttributeName } = TimeToLiveDescription!;
    let requests = 0;
    const count = () => {
      requests += 1;
    };
    subscribe('http.client.request.start', count);
    try {
      await stop();
      const again = await start('complete');
      expect(requests).toBe(0);
      const TimeToLiveSpecification = { Enabled: false, AttributeName };
      await again.client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
      await stop();
      const third = await start('complete');
      expect(requests).toBeGreaterThan(1);
      expect(await third.client.send(new DescribeTimeToLiveCommand({ TableName }))).toMatchObject({
        TimeToLiveDescription,
      });
    } finally {
      unsubscribe('http.client.request.start', count);
    }
  });

  test('with other keys is refused and not changed', async () => {
    await put(await start('different'));
    await stop();
    await patchTable('different', LOCAL_TABLES.eventsTable, { GlobalSecondaryIndexes: [] });
    await expect(start('different')).rejects.toMatchObject({ code: 'store-of-another-version' });
    expect(existsSync(join(folder.path, 'different'))).toBe(true);
    await expect(start('different')).rejects.toMatchObject({ code: 'store-of-another-version' });
  });

  /** Changes a table's description where the embedded server keeps it. */
  async function patchTable(store: string, table: string, change: object): Promise<void> {
    const database = new ClassicLevel<string, Record<string, unknown>>(join(folder.path, store), {
      valueEncoding: 'json',
    });
    try {
      // The prefix is internal to the server.
      const entries = await database.iterator().all();
      const entry = entries.find(([key, value]) => key.endsWith(table) && value.TableName === table);
      if (entry === undefined) throw new Error(`expected ${table} in the store`);
      await database.put(entry[0], { ...entry[1], ...change });
    } finally {
      await database.close();
    }
  }
});

test('databases in memory share nothing', async () => {
  await put(await start());
  const { client } = await start();
  expect(await dumpTable(client, LOCAL_TABLES.eventsTable)).toEqual([]);
  await expect(client.send(new DescribeTableCommand({ TableName: 'another' }))).rejects.toThrow(
    ResourceNotFoundException,
  );
});
