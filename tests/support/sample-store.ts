import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { packageRoot } from '../../local/table-definitions.ts';
import { DEFAULT_EVENT_SOURCES, type TableNames } from '../../shared/config.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { writeChain, writeLastRun } from '../../shared/store/digest-chains.ts';
import { writeFinding } from '../../shared/store/findings.ts';
import { connect, createTables, uniqueTableNames } from './servers.ts';
import { ingestLogFile } from './world.ts';

/** The clock of everything that is made from the samples. */
export const SAMPLE_NOW = Date.parse('2026-11-08T12:00:00Z');

export interface SampleStore {
  endpoint: string;
  deps: QueryDeps;
  stop(): void;
}

/** Tables with all of events/log-files ingested: the same content whenever and wherever it is made. */
export async function startSampleStore(): Promise<SampleStore> {
  return storeOf(await fillTables());
}

/** The tables that the test files of this process share, once there are any. */
let shared: Promise<TableNames> | undefined;

/** The same for tests that only read: to fill tables takes a second. */
export async function sharedSampleStore(): Promise<SampleStore> {
  shared ??= fillTables();
  return storeOf(await shared);
}

function storeOf(tables: TableNames): SampleStore {
  const { dynamo, close } = connect();
  return {
    endpoint: dynamo.endpoint,
    deps: { dynamo: dynamo.client, tables, now: () => SAMPLE_NOW },
    stop: close,
  };
}

async function fillTables(): Promise<TableNames> {
  const { dynamo, close } = connect();
  const tables = uniqueTableNames();
  await createTables(dynamo.client, tables);
  const folder = join(packageRoot(), 'events', 'log-files');
  const files = new Map<string, Buffer>();
  for (const name of (await readdir(folder)).sort()) {
    const key = `AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/06/111122223333_CloudTrail_eu-west-1_20261106T0000Z_${name}.gz`;
    files.set(key, await readFile(join(folder, name)));
  }
  const deps: PipelineDeps = {
    s3: s3With(files),
    dynamo: dynamo.client,
    config: { ...tables, logBuckets: [], eventSources: DEFAULT_EVENT_SOURCES, liveAccounts: [] },
    now: () => SAMPLE_NOW,
    sleep: async () => {},
  };
  for (const key of files.keys()) await ingestLogFile({ bucket: 'samples', key }, deps);
  await addVerification(dynamo.client, tables.logFilesTable);
  close();
  return tables;
}

/** What the verify function would leave of a trail, one of whose digests is gone. */
async function addVerification(dynamo: DynamoDBClient, table: string): Promise<void> {
  const place = { bucket: 'samples', account: '111122223333', region: 'eu-west-1' };
  const digestAt = (hour: string) =>
    `AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/06/111122223333_CloudTrail-Digest_eu-west-1_management-events_eu-west-1_20261106T${hour}0000Z.json.gz`;
  const end = '2026-11-06T08:00:00.000Z';
  await writeChain(dynamo, table, {
    ...{ ...place, id: 'AWSLogs/|111122223333|eu-west-1|management-events|eu-west-1|', since: end, asked: undefined },
    ...{ last: { key: digestAt('08'), end, signed: true }, pending: [], retired: false, revision: 0 },
  });
  const missing = { kind: 'digest-missing', key: digestAt('07'), digest: digestAt('08') };
  const time = { from: '2026-11-06T06:00:00.000Z', to: '2026-11-06T07:00:00.000Z' };
  const detail = 'expected this digest, which its successor names';
  await writeFinding(dynamo, table, { ...place, ...missing, ...time, detail }, '2026-11-06T14:05:00.000Z');
  await writeLastRun(dynamo, table, '2026-11-08T11:05:00.000Z');
}

/** An S3 that has these objects; an embedded one would give them the time of the run. */
function s3With(files: ReadonlyMap<string, Buffer>): S3Client {
  const send = async (command: unknown) => {
    if (!(command instanceof GetObjectCommand)) throw new Error('expected only GetObject');
    const body = files.get(command.input.Key!)!;
    return {
      Body: Readable.from([body]),
      ContentLength: body.length,
      ETag: '"etag"',
      LastModified: new Date('2026-11-06T08:00:00Z'),
    };
  };
  return { send } as unknown as S3Client;
}
