import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { packageRoot } from '../../local/table-definitions.ts';
import { DEFAULT_EVENT_SOURCES } from '../../shared/config.ts';
import { ingestLogFile, type PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { connect, createTables, uniqueTableNames } from './servers.ts';

/** The clock of everything that is made from the samples. */
export const SAMPLE_NOW = Date.parse('2026-11-08T12:00:00Z');

export interface SampleStore {
  endpoint: string;
  deps: QueryDeps;
  stop(): void;
}

/** Tables with all of events/log-files ingested: the same content whenever and wherever it is made. */
export async function startSampleStore(): Promise<SampleStore> {
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
    config: { ...tables, logBuckets: [], eventSources: DEFAULT_EVENT_SOURCES },
    now: () => SAMPLE_NOW,
    sleep: async () => {},
  };
  for (const key of files.keys()) await ingestLogFile({ bucket: 'samples', key }, deps);
  return {
    endpoint: dynamo.endpoint,
    deps: { dynamo: dynamo.client, tables, now: () => SAMPLE_NOW },
    stop: close,
  };
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
