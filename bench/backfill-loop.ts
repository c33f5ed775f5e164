/**
 * What `mwaa-trail backfill` is measured against: lists a bucket, and for each object GetObject, readLogFile, and a
 * conditional put of each event. No ledger, no environments, no second try; what fails ends it.
 *
 *     node backfill-loop.mjs BUCKET EVENTS-TABLE CONCURRENCY
 */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { readConfig } from '../shared/config.ts';
import { classifyRecord } from '../shared/ingest/store-records.ts';
import { type RecordBatch, readLogFile } from '../shared/log-file/read-log-file.ts';
import { newEventPut } from '../shared/store/events-table.ts';

const [bucket = '', table = '', concurrency = '32'] = process.argv.slice(2);
const s3 = createS3Client(process.env);
const dynamo = createDynamoClient();
const config = readConfig({ EVENTS_TABLE: table, LOG_FILES_TABLE: '-', ENVIRONMENTS_TABLE: '-' });

async function* keys(): AsyncGenerator<string> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: 'AWSLogs/' })) {
    for (const { Key } of Contents) yield Key!;
  }
}

async function ingest(key: string): Promise<void> {
  const { Body, ETag: etag = '' } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const batches: RecordBatch[] = [];
  await readLogFile(Body as unknown as AsyncIterable<Uint8Array>, {
    eventSources: config.eventSources,
    onRecords: (batch) => void batches.push(batch),
  });
  for (const record of batches.flatMap(({ kept }) => kept)) {
    const classified = classifyRecord(record, { bucket, key, etag }, { config, now: Date.now });
    if (classified.kind === 'event') await dynamo.send(new PutItemCommand(newEventPut(table, classified.item)));
  }
}

await pMap(keys(), ingest, { concurrency: Number(concurrency) });
