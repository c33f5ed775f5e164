/**
 * Measures the CPU that the ingest function spends on a log file, on a record that it skips, and on an event that it stores.
 * docs/cost.md uses the results.
 *
 *     npm run bench:ingest
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { createIngestHandler } from '../functions/ingest-handler.ts';
import { LOCAL_CREDENTIALS, LOCAL_LOG_BUCKET, LOCAL_REGION, LOCAL_TABLES } from '../local/local-names.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { readConfig } from '../shared/config.ts';
import { generateLogFile } from './generate.ts';

interface Load {
  files: number;
  /** Of text, in each file. */
  bytes: number;
  /** Share of MWAA's records. */
  share: number;
}

/** What all the files of a load took together. */
interface Spent {
  files: number;
  records: number;
  events: number;
  cpuMilliseconds: number;
}

/** Of each load. */
const FILES = 1_000;
const BATCH = 10;

async function main(): Promise<void> {
  const child = fork(join(import.meta.dirname, 'servers.ts'), { stdio: 'inherit' });
  const [endpoints] = (await once(child, 'message')) as [{ s3: string; dynamo: string }];
  const common = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...common, endpoint: endpoints.s3 });
  const dynamo = createDynamoClient({ ...common, endpoint: endpoints.dynamo });
  const spend = spender(s3, dynamo);
  // Compiles what is hot, as in a function that has run for a while.
  await spend({ files: 2_000, bytes: 7_500, share: 0.02 });
  const small = await spend({ files: FILES, bytes: 7_500, share: 0 });
  const large = await spend({ files: FILES, bytes: 750_000, share: 0 });
  const stored = await spend({ files: FILES, bytes: 30_000, share: 1 });
  child.disconnect();
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}\n`);
  print(small, large, stored);
}

function spender(s3: S3Client, dynamo: DynamoDBClient): (load: Load) => Promise<Spent> {
  const counts = { recordsRead: 0, eventsStored: 0, eventsKnown: 0 };
  const handler = createIngestHandler(
    {
      config: readConfig({
        EVENTS_TABLE: LOCAL_TABLES.eventsTable,
        LOG_FILES_TABLE: LOCAL_TABLES.logFilesTable,
        ENVIRONMENTS_TABLE: LOCAL_TABLES.environmentsTable,
      }),
      s3,
      dynamo,
      now: Date.now,
      sleep: async () => {},
    },
    {
      logFile: (report) => {
        if (report.outcome !== 'ingested') throw new Error(`${report.key}: expected to be ingested`);
        counts.recordsRead += report.counts.recordsRead;
        counts.eventsStored += report.counts.eventsStored;
        counts.eventsKnown += report.counts.eventsKnown;
      },
      nothingAnnounced: () => {},
      failed: (place, cause) => {
        throw new Error(`${place} failed`, { cause });
      },
    },
  );
  let uploaded = 0;
  const upload = async ({ bytes, share }: Load) => {
    const text = [...generateLogFile({ bytes, share, seed: uploaded })].join('');
    const name = String(uploaded).padStart(16, '0');
    uploaded += 1;
    const key = `AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/111122223333_CloudTrail_eu-west-1_20261102T0915Z_${name}.json.gz`;
    await s3.send(new PutObjectCommand({ Bucket: LOCAL_LOG_BUCKET, Key: key, Body: gzipSync(text) }));
    return { s3Bucket: LOCAL_LOG_BUCKET, s3ObjectKey: [key] };
  };
  return async (load) => {
    const bodies: object[] = [];
    for (let i = 0; i < load.files; i += 1) bodies.push(await upload(load));
    Object.assign(counts, { recordsRead: 0, eventsStored: 0, eventsKnown: 0 });
    const before = process.cpuUsage();
    for (let at = 0; at < bodies.length; at += BATCH) {
      const Records = bodies.slice(at, at + BATCH).map((body, i) => ({
        eventSource: 'aws:sqs',
        messageId: `m${i}`,
        body: JSON.stringify(body),
      }));
      await handler({ Records }, {} as Context);
    }
    const { user, system } = process.cpuUsage(before);
    const { recordsRead: records, eventsStored: events, eventsKnown } = counts;
    if (eventsKnown > 0) throw new Error('generated events must be new');
    return { files: load.files, records, events, cpuMilliseconds: (user + system) / 1000 };
  };
}

/** Breaks the loads down: files with next to nothing inside, many records, many events. */
function print(small: Spent, large: Spent, stored: Spent): void {
  const record = (large.cpuMilliseconds - small.cpuMilliseconds) / (large.records - small.records);
  const file = (small.cpuMilliseconds - record * small.records) / small.files;
  const event = (stored.cpuMilliseconds - file * stored.files) / stored.events;
  console.log('| of each | CPU ms |');
  console.log('|---|---|');
  console.log(`| log file | ${file.toFixed(2)} |`);
  console.log(`| record of another service | ${record.toFixed(4)} |`);
  console.log(`| event | ${event.toFixed(2)} |`);
}

await main();
