import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createIngestHandler } from '../../functions/ingest-handler.ts';
import { type Environment, readConfig, type TableNames } from '../../shared/config.ts';
import { describeError } from '../../shared/errors.ts';
import { ingest, type PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { type LogFileReport, writeResult } from '../../shared/ingest/ingest-result.ts';
import { type LogSource, s3Source } from '../../shared/ingest/log-source.ts';
import { recordStore } from '../../shared/ingest/store-records.ts';
import { type TimeBudget, UNLIMITED } from '../../shared/ingest/time-budget.ts';
import { readLedger } from '../../shared/store/ledger.ts';
import { type LedgerUpdate, LedgerWriter } from '../../shared/store/ledger-writer.ts';
import { createTables, type Servers, uniqueTableNames } from './servers.ts';

/** Tables, a log bucket and a quarantine of one test, and the ingest handler on them. */
export interface World {
  s3: S3Client;
  dynamo: DynamoDBClient;
  deps: PipelineDeps;
  logBucket: string;
  quarantineBucket: string;
  /** What the observer was notified of, one JSON text each. */
  notified: string[];
  handle(event: unknown): Promise<SQSBatchResponse | undefined>;
}

/** The clock of the tests, 2026-11-20. */
export const NOW = Date.UTC(2026, 10, 20, 12);

/**
 * @param env over the usual environment variables of the function
 * @param options over the usual parts of the pipeline
 */
export async function createWorld(
  servers: Pick<Servers, 's3' | 'dynamo'>,
  env: Environment = {},
  options: Partial<PipelineDeps> = {},
): Promise<World> {
  const id = randomUUID().slice(0, 8);
  const tables = uniqueTableNames();
  const [logBucket, quarantineBucket] = [`logs-${id}`, `quarantine-${id}`];
  const { client: s3 } = servers.s3;
  const { client: dynamo } = servers.dynamo;
  const config = readConfig({
    EVENTS_TABLE: tables.eventsTable,
    LOG_FILES_TABLE: tables.logFilesTable,
    ENVIRONMENTS_TABLE: tables.environmentsTable,
    QUARANTINE_BUCKET: quarantineBucket,
    ...env,
  });
  for (const Bucket of [logBucket, quarantineBucket]) await s3.send(new CreateBucketCommand({ Bucket }));
  await createTables(dynamo, config);
  const deps: PipelineDeps = { s3, dynamo, config, now: () => NOW, sleep: async () => {}, ...options };
  const notified: string[] = [];
  const tell = (...what: unknown[]) => void notified.push(JSON.stringify(what));
  const handler = createIngestHandler(deps, {
    logFile: (report) => tell('logFile', report),
    live: (report) => tell('live', report),
    statusChange: (report) => tell('statusChange', report),
    undelivered: (report) => tell('undelivered', report),
    nothingAnnounced: (reason) => tell('nothingAnnounced', reason),
    failed: (place, error) => tell('failed', place, describeError(error)),
    insertFailed: (code) => tell('insertFailed', code),
  });
  const handle = async (event: unknown) => await handler(event, {} as Context);
  return { s3, dynamo, deps, logBucket, quarantineBucket, notified, handle };
}

/** Ingests one log file, as the handler does. */
export async function ingestLogFile(
  ref: { bucket: string; key: string },
  deps: PipelineDeps,
  time: TimeBudget = UNLIMITED,
  source: LogSource = s3Source(deps.s3, ref),
): Promise<LogFileReport> {
  const findEntry = () => readLedger(deps.dynamo, deps.config.logFilesTable, ref);
  const ledger = new LedgerWriter(deps.dynamo, deps.config);
  const report = await writeResult(
    await ingest({ ref, source, store: recordStore(deps), time, findEntry }, deps),
    deps,
    ledger,
  );
  await ledger.moveWatermarks();
  return report;
}

/** Writes what one reading leaves in the ledger, and its watermark. */
export async function writeLedger(dynamo: DynamoDBClient, tables: TableNames, update: LedgerUpdate): Promise<void> {
  const ledger = new LedgerWriter(dynamo, tables);
  await ledger.write(update);
  await ledger.moveWatermarks();
}

/** A log file in the bucket. */
export interface PutFile {
  bucket: string;
  key: string;
  etag: string;
}

/** A key in CloudTrail's shape, a different one for each name. */
export function logFileKey(name: string, folder = 'CloudTrail'): string {
  return `AWSLogs/111122223333/${folder}/eu-west-1/2026/11/02/111122223333_${folder}_eu-west-1_20261102T0915Z_${name}.json.gz`;
}

/** @param content records, or the bytes of the file */
export async function putLogFile(
  world: Pick<World, 's3' | 'logBucket'>,
  name: string,
  content: Buffer | readonly unknown[],
): Promise<PutFile> {
  return putObject(
    world,
    logFileKey(name),
    Buffer.isBuffer(content) ? content : logFileOf(content as readonly unknown[]),
  );
}

export async function putObject(
  { s3, logBucket }: Pick<World, 's3' | 'logBucket'>,
  key: string,
  body: Buffer,
  bucket = logBucket,
): Promise<PutFile> {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return { bucket, key, etag: ETag!.replaceAll('"', '') };
}

/** A gzipped log file with these records; a text stands for itself. */
export function logFileOf(records: readonly unknown[]): Buffer {
  const texts = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)));
  return gzipSync(`{"Records":[${texts.join(',')}]}`);
}

/** An S3 notification of these files. */
export function s3Event(...files: readonly PutFile[]): { Records: object[] } {
  return {
    Records: files.map(({ bucket, key, etag }) => ({
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), eTag: etag } },
    })),
  };
}

/** An SQS batch; the messages' ids are `m0`, `m1`, ... */
export function sqsEvent(...bodies: readonly (object | string)[]): { Records: object[] } {
  return {
    Records: bodies.map((body, i) => ({
      eventSource: 'aws:sqs',
      messageId: `m${i}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })),
  };
}

/** What CloudTrail itself publishes; it has no ETags. */
export function cloudTrailNotification(...files: readonly PutFile[]): object {
  return { s3Bucket: files[0]!.bucket, s3ObjectKey: files.map(({ key }) => key) };
}

export type StoredItem = Record<string, AttributeValue>;

/** All items of the events table by their eventID: listed by the index over days, then read one by one. */
export async function storedEvents({ dynamo, deps }: World): Promise<Map<string, StoredItem>> {
  const { eventsTable, environmentsTable } = deps.config;
  const items = new Map<string, StoredItem>();
  for (const { environmentKey } of await query(dynamo, environmentsTable, undefined, 'listing', 'days')) {
    for (const { eventId } of await query(dynamo, eventsTable, 'byDay', 'day', environmentKey!.S!)) {
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: eventsTable, Key: { eventId: eventId! } }));
      items.set(eventId!.S!, Item!);
    }
  }
  return items;
}

async function query(
  client: DynamoDBClient,
  table: string,
  index: string | undefined,
  attribute: string,
  value: string,
): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      IndexName: index,
      KeyConditionExpression: '#attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': { S: value } },
    },
  );
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/** Every item of a table, whatever its keys. */
export async function dumpTable(client: DynamoDBClient, table: string): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

/** The item of a log file in the ledger. */
export async function ledgerItem({ dynamo, deps }: World, file: PutFile): Promise<StoredItem | undefined> {
  const Key = { logFile: { S: `${file.bucket}/${file.key}` } };
  return (await dynamo.send(new GetItemCommand({ TableName: deps.config.logFilesTable, Key }))).Item;
}

/** What is in quarantine, by key. */
export async function quarantined({ s3, quarantineBucket }: World): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: quarantineBucket }));
  for (const { Key } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: quarantineBucket, Key }));
    objects.set(Key!, Buffer.from(await Body!.transformToByteArray()));
  }
  return objects;
}
