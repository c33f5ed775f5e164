import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ensureTable } from '../../local/create-tables.ts';
import { tableDefinitions } from '../../local/table-definitions.ts';
import { createApi } from '../../shared/http/api.ts';
import { fromEventItem } from '../../shared/store/event-item.ts';
import { putEvent } from '../../shared/store/events-table.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { useWorkingFolder } from '../support/cli.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { awsSettings, runAsText } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  NOW,
  type PutFile,
  putLogFile,
  quarantined,
  type StoredItem,
  s3Event,
  sqsEvent,
  type World,
} from '../support/world.ts';

const servers = useServers();
useWorkingFolder();
const OLDER = SCHEMA_VERSION - 1;
let world: World;
let files: PutFile[];

const original = mwaaRecord('amended');
const addendum = mwaaRecord('amended', {
  addendum: { reason: 'UPDATED_DATA', updatedFields: 'userAgent', originalEventID: 'amended' },
  userAgent: 'later',
});
const RECORDS = {
  plain: [mwaaRecord('plain', { userIdentity: { type: 'IAMUser', userName: 'anna' } }), mwaaRecord('first-of-two')],
  original: [original],
  addendum: [addendum],
  // The event that was stored first stays.
  conflict: [mwaaRecord('first-of-two', { userAgent: 'another' })],
};

beforeEach(async () => {
  world = await createWorld(servers);
  files = [];
  for (const [name, records] of Object.entries(RECORDS)) files.push(await putLogFile(world, name, records));
  for (const file of files) await world.handle(s3Event(file));
});

const events = () => dumpTable(world.dynamo, world.deps.config.eventsTable);
const byId = (items: readonly StoredItem[]) => new Map(items.map((item) => [item.eventId?.S, item]));
const replace = async (table: string, change: (item: StoredItem) => StoredItem) => {
  for (const Item of await dumpTable(world.dynamo, table)) {
    await world.dynamo.send(new PutItemCommand({ TableName: table, Item: change(Item) }));
  }
};

/** Makes the store one of another version. The first has each attribute of its own, and lacks those that came later. */
async function becomeVersion(version: number): Promise<void> {
  const { eventsTable, logFilesTable } = world.deps.config;
  await replace(eventsTable, ({ listed, user, role, schemaVersion: _, ...item }) => {
    if (version !== 1) return { ...item, user: user!, listed: listed!, schemaVersion: { N: String(version) } };
    const { action, target, access, outcome, parameters, ...others } = listed?.M ?? {};
    return { ...item, ...others };
  });
  await replace(logFilesTable, ({ schemaVersion: _, ...item }) =>
    version === 1 || item.state === undefined ? item : { ...item, schemaVersion: { N: String(version) } },
  );
}

const AWS = awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint });
const program = (...args: string[]) => runAsText([...args, '--table', world.deps.config.eventsTable], AWS);

const COMMANDS: string[][] = [
  ['query'],
  ['query', '--user', 'anna'],
  ['query', '--role', 'Admin'],
  ['query', '--environment', 'prod-etl', '--changes'],
  ['query', '--action', 'dag-run.trigger'],
  ['query', '--exclude', 'user=anna', '--source-ip', '10.0.0.0/8'],
  ['summary'],
  ['show', 'plain'],
  ['compare', 'plain', 'amended'],
  ['environments', '--recent', '3000d'],
];

describe('a store of an older version', () => {
  beforeEach(() => becomeVersion(OLDER));

  test.each(COMMANDS.map((args) => [args.join(' '), args] as const))('%s: says what to do', async (_, args) => {
    const { code, stdout, stderr } = await program(...args);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/schema version 1, expected 2: run mwaa-trail migrate/),
    });
  });

  test('the HTTP API says it, too', async () => {
    const failed: unknown[] = [];
    const deps = { dynamo: world.dynamo, tables: world.deps.config, now: () => NOW };
    const api = createApi(deps, { maxResponseBytes: 1e6, failed: (error) => failed.push(error) });
    const { status, body } = await api({ method: 'GET', url: '/events?action=dag.list', headers: new Headers() });
    expect(status).toBe(500);
    expect(JSON.parse(String(body)).detail).toMatch(/run mwaa-trail migrate/);
    expect(failed).toHaveLength(1);
  });

  test('every order of log files brings everything back, with the same winners of conflicts and addenda', async () => {
    const before = byId(await createdAnew());
    for (const order of [files, files.toReversed(), [...files.slice(2), ...files.slice(0, 2)]]) {
      await becomeVersion(OLDER);
      for (const file of order) expect(await world.handle(sqsEvent(s3Event(file)))).toEqual({ batchItemFailures: [] });
      expect(byId(await events())).toEqual(before);
    }
    expect([...(await quarantined(world)).keys()].filter((key) => !key.endsWith('.reason.json'))).toHaveLength(1);
    // Everything is of this version, so nothing is read again.
    servers.requests.length = 0;
    await world.handle(sqsEvent(s3Event(...files)));
    expect(servers.requests).toEqual(['BatchGetItem']);
  });

  test('backfill reads everything again, once', async () => {
    const before = byId(await createdAnew());
    await becomeVersion(OLDER);
    const args = ['backfill', `s3://${world.logBucket}`, '--quarantine', world.quarantineBucket, '--format', 'json'];
    const counts = async () => JSON.parse((await program(...args)).stdout).files;
    expect(await counts()).toMatchObject({ read: 4, alreadyKnown: 0 });
    const asRead = (items: Map<string | undefined, StoredItem>) =>
      [...items.values()].map(({ ingestedAt, previousVersions, backfilled, ...item }) => item);
    expect(asRead(byId(await events()))).toEqual(asRead(before));
    expect(await counts()).toMatchObject({ read: 0, alreadyKnown: 4 });
    expect((await program('query', '--user', 'anna', '--format', 'json')).code).toBe(0);
  });

  test('a provisional event is replaced when it is provided again', async () => {
    const [stored] = await events();
    const { logFile, recordIndex, ...event } = stored!;
    const provisional = { ...event, eventId: { S: 'provisional' }, provisional: { BOOL: true } };
    const incoming = { ...provisional, schemaVersion: { N: String(SCHEMA_VERSION) } };
    const { eventsTable } = world.deps.config;
    await world.dynamo.send(new PutItemCommand({ TableName: eventsTable, Item: provisional }));
    expect(await putEvent(world.dynamo, eventsTable, incoming)).toBe('stored');
    expect(byId(await events()).get('provisional')).toEqual(incoming);
    // One from a log file comes back with that.
    expect(await putEvent(world.dynamo, eventsTable, { ...incoming, eventId: { S: 'plain' } })).toBe('duplicate');
  });
});

/** The items that this version makes of all log files, in the order in which they were ingested first. */
async function createdAnew(): Promise<StoredItem[]> {
  for (const file of files) await world.handle(s3Event(file));
  const items = await events();
  const { previousVersions } = fromEventItem(byId(items).get('amended')!);
  expect(previousVersions).toHaveLength(1);
  return items;
}

test('a store of a newer version asks for that', async () => {
  await becomeVersion(SCHEMA_VERSION + 1);
  const { stderr } = await program('query');
  expect(stderr).toMatch(/schema version 3, expected 2: use the version of mwaa-trail that wrote them/);
});

test('tables without an index of this version are to be replaced', async () => {
  const { eventsTable, logFilesTable, environmentsTable } = world.deps.config;
  const [definition] = tableDefinitions({ ...world.deps.config, eventsTable: `older-${eventsTable}` });
  const isOlder = (name = '') => !['byUser', 'byRole', 'user', 'role'].includes(name);
  await ensureTable(world.dynamo, {
    ...definition!,
    AttributeDefinitions: definition!.AttributeDefinitions?.filter(({ AttributeName }) => isOlder(AttributeName)),
    GlobalSecondaryIndexes: definition!.GlobalSecondaryIndexes?.filter(({ IndexName }) => isOlder(IndexName)),
  });
  for (const [flag, index] of [
    ['--user', 'byUser'],
    ['--role', 'byRole'],
  ] as const) {
    const { code, stderr } = await runAsText(['query', flag, 'anna', '--table', `older-${eventsTable}`], {
      ...AWS,
      LOG_FILES_TABLE: logFilesTable,
      ENVIRONMENTS_TABLE: environmentsTable,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`has no index ${index}, .* deploy this version`)),
    ]);
  }
});
