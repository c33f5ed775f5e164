import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { migratedItem, migrateEvents } from '../../shared/ingest/migrate-events.ts';
import { classifyText } from '../../shared/ingest/store-records.ts';
import { listStoredDays } from '../../shared/store/environments-table.ts';
import { putEvent, replaceEvent } from '../../shared/store/events-table.ts';
import type { Item } from '../../shared/store/item.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { ROOT } from '../support/cli.ts';
import { askStore, EventStore } from '../support/event-store.ts';
import { dumpTable, logFileKey, NOW, type StoredItem } from '../support/world.ts';

/**
 * Stores as each version wrote them, of the log files in log-files.json. A release that raises the schema version adds its own:
 * docs/upgrading.md.
 */
const FOLDER = join(ROOT, 'tests/cases/stores');
const json = (name: string) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
const LOG_FILES: { name: string; Records: { eventID: string }[] }[] = json('log-files.json');
const STORES = readdirSync(FOLDER).filter((name) => name.startsWith('schema-'));

let store: EventStore;
const stores: EventStore[] = [];
beforeEach(async () => {
  store = await EventStore.start({ now: NOW });
  stores.push(store);
});
afterAll(() => {
  for (const one of stores) one.stop();
});

const put = (table: string, item: Item) => store.deps.dynamo.send(new PutItemCommand({ TableName: table, Item: item }));
const events = () => dumpTable(store.deps.dynamo, store.tables.eventsTable);
const environments = () => dumpTable(store.deps.dynamo, store.tables.environmentsTable);

/** Writes the tables as a version wrote them. */
async function load(name: string): Promise<void> {
  const tables: Record<string, Item[]> = json(name);
  for (const [table, items] of Object.entries(tables))
    await pMap(items, (item) => put(store.tables[table as keyof typeof store.tables], withBytes(item)));
}

/** In JSON, bytes are text in base64. */
function withBytes(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, value.B ? { B: Buffer.from(`${value.B}`, 'base64') } : value]),
  );
}

const migrate = (isDryRun = false) => migrateEvents({ ...store.deps, isDryRun, onProgress() {} });
const sorted = (items: readonly StoredItem[]) =>
  items
    .map(({ ingestedAt, previousVersions, changedOn, ...item }) => item)
    .toSorted((a, b) =>
      JSON.stringify(a.eventId ?? a.environmentKey) < JSON.stringify(b.eventId ?? b.environmentKey) ? -1 : 1,
    );

/** What this version makes of the log files. */
async function ingestedAnew(): Promise<{ events: StoredItem[]; environments: StoredItem[] }> {
  const before = store;
  store = await EventStore.start({ now: NOW });
  stores.push(store);
  try {
    await load(`schema-${SCHEMA_VERSION}.json`);
    return { events: sorted(await events()), environments: sorted(await environments()) };
  } finally {
    store = before;
  }
}

test('there is a store of each version, and the newest is as this version writes it', async () => {
  const versions = Array.from({ length: SCHEMA_VERSION }, (_, i) => `schema-${i + 1}.json`);
  expect(STORES.toSorted()).toEqual(versions);
  const bucket = 'mwaa-trail-local-logs';
  const settings = { config: { ...store.tables, eventSources: ['airflow.amazonaws.com'] } as never, now: () => NOW };
  for (const { name, Records } of LOG_FILES) {
    const [day] = /\d{8}T/.exec(name)!;
    const folder = `AWSLogs/111122223333/CloudTrail/eu-west-1/${day.slice(0, 4)}/${day.slice(4, 6)}/${day.slice(6, 8)}`;
    for (const [recordIndex, record] of Records.entries()) {
      const read = classifyText(
        JSON.stringify(record),
        { logFile: `${bucket}/${folder}/${name}`, recordIndex },
        '111122223333',
        settings,
      );
      if (read.kind !== 'event') throw new Error(`not an event: ${record.eventID}`);
      await putEvent(store.deps.dynamo, store.tables.eventsTable, read.item);
    }
  }
  expect(sorted(await events())).toEqual((await ingestedAnew()).events);
});

describe.each(STORES)('a store of %s', (name) => {
  const isOlder = name !== `schema-${SCHEMA_VERSION}.json`;

  test('becomes what this version makes of its log files', async () => {
    await load(name);
    const before = sorted(await events());
    const counted = await migrate(true);
    expect(sorted(await events())).toEqual(before);
    expect(counted[isOlder ? 'migrated' : 'current']).toBe(before.length);
    expect(await migrate()).toEqual(counted);
    expect({ events: sorted(await events()), environments: sorted(await environments()) }).toEqual(
      await ingestedAnew(),
    );
    // So that they are exported again.
    const days = await listStoredDays(store.deps.dynamo, store.tables.environmentsTable);
    expect(days.every(({ changedOn }) => (changedOn !== undefined) === isOlder)).toBe(true);
    expect(await migrate()).toMatchObject({ current: before.length, migrated: 0 });
  });
});

test('every item of this version stays the same item', () => {
  const items: Item[] = json(`schema-${SCHEMA_VERSION}.json`).eventsTable.map(withBytes);
  expect(items.map(migratedItem)).toEqual(items);
});

test('an item that has changed since it was read stays as it is', async () => {
  await load('schema-1.json');
  const [stale] = await events();
  const ingested = { ...migratedItem(stale!)!, logFile: { S: `b/${logFileKey('another')}` } };
  await put(store.tables.eventsTable, ingested);
  expect(await replaceEvent(store.deps.dynamo, store.tables.eventsTable, migratedItem(stale!)!, stale!)).toBe(false);
  expect((await events()).find(({ eventId }) => eventId?.S === stale!.eventId?.S)).toEqual(ingested);
});

test('what cannot be migrated stays, and the command says what to do', async () => {
  await load('schema-1.json');
  const [first, second, third, fourth] = await events();
  const { record: _, ...withoutRecord } = first!;
  await put(store.tables.eventsTable, withoutRecord);
  await put(store.tables.eventsTable, { ...second!, schemaVersion: { N: `${SCHEMA_VERSION + 1}` } });
  await put(store.tables.eventsTable, { ...third!, record: { B: Buffer.from('no gzip') } });
  await put(store.tables.eventsTable, { ...fourth!, record: { S: '{}' } });
  const { code, stdout } = await askStore(store, 'migrate');
  expect(stdout).toBe(
    [
      'Migrated to schema version 2: 20 events',
      'Already at this version: 0 events',
      'Not migrated (record too large to be stored): 1 event',
      'Not migrated (stored item damaged): 2 events',
      'Not migrated (stored by a newer mwaa-trail: use that version): 1 event',
      'To store these events anew, import their log files again: mwaa-trail backfill',
      '',
    ].join('\n'),
  );
  expect(code).toBe(1);
  const json = JSON.parse((await askStore(store, 'migrate', '--dry-run', '--format', 'json')).stdout);
  expect(json).toEqual({
    ...{ schemaVersion: SCHEMA_VERSION, dryRun: true },
    ...{ current: 20, migrated: 0, withoutRecord: 1, newer: 1, unreadable: 2 },
  });
});
