import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { RECORD_BYTES, STORED_BYTES, UNITS, withTables } from '../bench/cost.ts';
import { generateLogFile } from '../bench/generate.ts';
import { writeUnitsOf } from '../cli/backfill/dry-run.ts';
import { LOCAL_TABLES } from '../local/local-names.ts';
import { tableDefinitions } from '../local/table-definitions.ts';
import { toEventItem } from '../shared/store/event-item.ts';
import type { Item } from '../shared/store/item.ts';
import { NO_COUNTS, toLedgerItem } from '../shared/store/ledger-entry.ts';
import { hashesByHour, writeSigned } from '../shared/store/signed-hashes.ts';
import { jsonFiles } from './support/cases.ts';
import { ROOT } from './support/cli.ts';
import { countItem } from './support/dynamo-item.ts';
import { eventOf } from './support/events.ts';

test('docs/cost.md has the tables of its quantities and prices (npm run cost writes them)', () => {
  const document = readFileSync(join(ROOT, 'docs', 'cost.md'), 'utf8');
  expect(withTables(document)).toBe(document);
});

test('a record takes the compressed bytes that the tables reckon with, in log files of 50 to 80', () => {
  for (const records of [50, 80]) {
    const files = Array.from({ length: 8 }, (_, seed) =>
      [...generateLogFile({ bytes: Number.POSITIVE_INFINITY, share: 0.001, seed, records })].join(''),
    );
    const bytes = files.reduce((sum, text) => sum + gzipSync(text).length, 0) / (files.length * records);
    expect(Math.abs(bytes / RECORD_BYTES - 1)).toBeLessThan(0.05);
  }
});

test('an event of the samples takes the write units and bytes that the tables reckon with', () => {
  const { GlobalSecondaryIndexes: indexes = [] } = tableDefinitions(LOCAL_TABLES).find(
    ({ TableName }) => TableName === LOCAL_TABLES.eventsTable,
  )!;
  const inIndexes = (item: Item): Item[] =>
    indexes.flatMap(({ KeySchema = [], Projection }) => {
      const keys = KeySchema.map(({ AttributeName }) => AttributeName!);
      const attributes = new Set(['eventId', ...keys, ...(Projection?.NonKeyAttributes ?? [])]);
      const entry = Object.fromEntries(Object.entries(item).filter(([name]) => attributes.has(name)));
      return keys.every((key) => key in item) ? [entry] : [];
    });
  const items = sampleRecords().map((record) =>
    toEventItem(eventOf(record), { ingestedAt: '2026-11-20T12:00:00.000Z' }),
  );
  const entries = items.flatMap(inIndexes);
  const each = (list: readonly Item[], of: (item: Item) => number) =>
    list.reduce((sum, item) => sum + of(item), 0) / items.length;

  const writeUnits = each([...items, ...entries], (item) => Math.ceil(countItem(item) / 1024));
  expect(Math.abs(each(items, writeUnitsOf) - writeUnits)).toBeLessThan(0.1);
  // Two more at most, of its environment.
  expect(writeUnits + 2).toBeCloseTo(UNITS.event.writes, 1);
  // DynamoDB adds 100 bytes to each.
  const storedBytes = {
    table: each(items, (item) => countItem(item) + 100),
    indexes: each(entries, (item) => countItem(item) + 100),
  };
  for (const part of ['table', 'indexes'] as const) {
    expect(Math.abs(storedBytes[part] / STORED_BYTES.event[part] - 1)).toBeLessThan(0.1);
  }
});

test('a log file takes the write units and bytes that the tables reckon with', async () => {
  const [bucket, day, sha256] = ['aws-cloudtrail-logs-111122223333-0a1b2c3d', '2026/11/02', 'a'.repeat(64)];
  const key = (folder: string, rest: string) =>
    `AWSLogs/111122223333/${folder}/eu-west-1/${day}/111122223333_${folder}_eu-west-1_${rest}.json.gz`;
  const keys = Array.from({ length: 12 }, (_, i) => key('CloudTrail', `20261102T09${10 + 4 * i}Z_0123456789abcdef`));
  const ingestedAt = '2026-11-02T09:15:00.000Z';
  const entry = toLedgerItem({
    ...{
      ...NO_COUNTS,
      bucket,
      key: keys[0]!,
      state: 'ingested',
      etag: 'a'.repeat(32),
      sha256,
      account: '111122223333',
    },
    ...{ region: 'eu-west-1', deliveryDay: '2026-11-02', deliveredAt: ingestedAt, ingestedAt, revision: 1 },
    ...{ eventSources: ['airflow.amazonaws.com'], schemaVersion: 2, compressedBytes: 7_500, uncompressedBytes: 75_000 },
  });
  // The first digest names half of the log files of the hour, the second one the others.
  let signed: Item = {};
  let writeUnits = 0;
  for (const [minute, named] of [['30', keys.slice(0, 6)] as const, ['90', keys.slice(6)] as const]) {
    const digest = key('CloudTrail-Digest', `audit_eu-west-1_20261102T09${minute}00Z`);
    const send = async ({ input: { Key, ExpressionAttributeValues: values } }: UpdateItemCommand) => {
      signed = { ...signed, ...Key, [digest]: values![':signed']! };
      writeUnits += Math.ceil(countItem(signed) / 1024);
    };
    const hashes = new Map(named.map((name) => [`${bucket}/${name}`, sha256]));
    for (const hour of hashesByHour(digest, hashes)) await writeSigned({ send } as never, 'table', hour, ingestedAt);
  }
  // Then the entry, its index, and a watermark with an index for every third one.
  expect(countItem(entry)).toBeLessThan(1024);
  expect(2 + 2 / 3 + writeUnits / keys.length).toBeCloseTo(UNITS.file.writes, 5);
  expect(Math.abs((countItem(entry) + 100) / STORED_BYTES.file.indexes - 1)).toBeLessThan(0.1);
  const stored = countItem(entry) + 100 + (countItem(signed) + 100) / keys.length;
  expect(Math.abs(stored / STORED_BYTES.file.table - 1)).toBeLessThan(0.1);
});

test('a trail of all Regions pays for digests of 17 Regions each hour, and EventBridge for each of them', () => {
  const document = readFileSync(join(ROOT, 'docs', 'cost.md'), 'utf8');
  const dollarsOf = (row: string) =>
    document
      .split('\n')
      .find((line) => line.includes(row))!
      .split('|')[4]!
      .trim();
  // 300 accounts, 13 million log files.
  const digests = 300 * 17 * 24 * 30;
  expect(dollarsOf('digest files of 17 Regions')).toBe(((digests * 5) / 1e6).toFixed(2));
  expect(dollarsOf('EventBridge, with `source=bucket`')).toBe(((13e6 + digests) / 1e6).toFixed(2));
});

function sampleRecords(): object[] {
  const records = jsonFiles<{ Records: { eventSource?: string }[] }>('events/log-files').flatMap(
    ([, { Records }]) => Records,
  );
  return records.filter((record) => record?.eventSource === 'airflow.amazonaws.com' && 'eventID' in record);
}
