/**
 * Compares the CPU of `mwaa-trail backfill` with that of a minimal loop over the same bucket (`backfill-loop.ts`): first what
 * they store, then what the client process costs. The servers are a process of their own and are not counted.
 *
 *     npm run bench:backfill -- [--files 20000] [--records 100] [--rounds 3] [--concurrency 32]
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DeleteTableCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { buildSync } from 'esbuild';
import pMap from 'p-map';
import { ensureTable } from '../local/create-tables.ts';
import {
  embeddedSettings,
  LOCAL_CREDENTIALS,
  LOCAL_LOG_BUCKET,
  LOCAL_QUARANTINE_BUCKET,
  LOCAL_REGION,
} from '../local/local-names.ts';
import { tableDefinitions } from '../local/table-definitions.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import type { TableNames } from '../shared/config.ts';
import { generateLogFile } from './generate.ts';
import { isInstalled, measure, median, quote } from './measure.ts';

/** How the files of the bucket are spread. */
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];
const DAYS = 20;
const FIRST_DAY = Date.UTC(2026, 9, 1);
const ACCOUNT = '123456789012';
const ROOT = join(import.meta.dirname, '..');

interface Settings {
  files: number;
  records: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '20000' },
      records: { type: 'string', default: '100' },
      rounds: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '32' },
    },
  });
  const settings = { files: Number(values.files), records: Number(values.records) };
  const folder = join(tmpdir(), `mwaa-trail-bench-backfill-${settings.files}-${settings.records}`);
  const servers = fork(join(import.meta.dirname, 'servers.ts'), [folder], { stdio: 'inherit' });
  const [endpoints] = (await once(servers, 'message')) as [{ s3: string; dynamo: string }];
  const common = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...common, endpoint: endpoints.s3 });
  const dynamo = createDynamoClient({ ...common, endpoint: endpoints.dynamo });
  try {
    await fill(s3, settings, join(folder, 'filled'));
    console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}`);
    console.log(`${settings.files} files of ${settings.records} records, concurrency ${values.concurrency}\n`);
    await compare(dynamo, contestants(values.concurrency), Number(values.rounds), environmentOf(endpoints));
  } finally {
    servers.disconnect();
  }
}

/** Puts the log files into the bucket, unless an earlier run has. */
async function fill(s3: S3Client, { files, records }: Settings, marker: string): Promise<void> {
  if (existsSync(marker)) return;
  const put = async (_: unknown, i: number) => {
    const time = FIRST_DAY + ((i % DAYS) * 24 + (Math.floor(i / DAYS) % 24)) * 3_600_000;
    // One in a hundred of the records in every second file.
    const share = i % 2 === 0 ? 0.01 : 0;
    const text = [...generateLogFile({ bytes: Number.POSITIVE_INFINITY, share, seed: i, records, start: time })].join(
      '',
    );
    await s3.send(new PutObjectCommand({ Bucket: LOCAL_LOG_BUCKET, Key: keyOf(i, time), Body: gzipSync(text) }));
  };
  await pMap(Array.from({ length: files }), put, { concurrency: 8 });
  writeFileSync(marker, '');
}

function keyOf(i: number, time: number): string {
  const region = REGIONS[Math.floor(i / DAYS) % REGIONS.length];
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
  const name = `${ACCOUNT}_CloudTrail_${region}_${stamp}_${String(i).padStart(16, '0')}.json.gz`;
  return `AWSLogs/${ACCOUNT}/CloudTrail/${region}/${day.replaceAll('-', '/')}/${name}`;
}

interface Contestant {
  name: string;
  command(tables: TableNames): string;
}

function contestants(concurrency: string): Contestant[] {
  const node = quote(process.execPath);
  const loop = join(tmpdir(), 'mwaa-trail-bench-backfill-loop.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'backfill-loop.ts')],
    outfile: loop,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // As the program is built.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const program = quote(join(ROOT, 'dist', 'cli', 'mwaa-trail.cjs'));
  return [
    {
      name: 'mwaa-trail backfill',
      command: ({ eventsTable }) =>
        `${node} ${program} backfill s3://${LOCAL_LOG_BUCKET} --table ${eventsTable} --concurrency ${concurrency}`,
    },
    {
      name: 'minimal loop',
      command: ({ eventsTable }) => `${node} ${quote(loop)} ${LOCAL_LOG_BUCKET} ${eventsTable} ${concurrency}`,
    },
  ];
}

function environmentOf(endpoints: { s3: string; dynamo: string }): string {
  const variables = {
    ...embeddedSettings(endpoints),
    QUARANTINE_BUCKET: LOCAL_QUARANTINE_BUCKET,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(' ');
}

/** In turns, so that what else the machine does meets both; each time into new tables. */
async function compare(
  dynamo: DynamoDBClient,
  all: readonly Contestant[],
  rounds: number,
  environment: string,
): Promise<void> {
  const usages = new Map(all.map(({ name }) => [name, [] as ReturnType<typeof measure>[]]));
  const ratios: number[] = [];
  const peakFile = (name: string) => join(tmpdir(), `mwaa-trail-bench-peak-${name.replace(' ', '-')}`);
  const timed = (name: string) =>
    isInstalled('/usr/bin/time') ? `/usr/bin/time -f %M -o ${quote(peakFile(name))}` : '';
  for (let round = 0; round < rounds; round += 1) {
    const found: string[] = [];
    const order = round % 2 === 0 ? all : [...all].reverse();
    for (const { name, command } of order) {
      const { usage, content } = await inNewTables(
        dynamo,
        `r${round}${all.findIndex((one) => one.name === name)}`,
        (tables) => measure(`${environment} ${timed(name)} ${command(tables)}`),
      );
      usages.get(name)!.push(usage);
      found.push(content);
    }
    if (found[0] !== found[1]) throw new Error(`they have stored different events: ${found.join(', ')}`);
    const [own, bare] = all.map(({ name }) => usages.get(name)!.at(-1)!.cpuSeconds);
    ratios.push(own! / bare!);
    console.log(
      `round ${round + 1}: ${found[0]}; ${own!.toFixed(2)} s / ${bare!.toFixed(2)} s = ${(own! / bare!).toFixed(3)}`,
    );
  }
  console.log('\n| client | CPU s | wall s | peak MB |\n|---|---|---|---|');
  for (const [name, of] of usages) {
    const cpu = median(of.map(({ cpuSeconds }) => cpuSeconds));
    const wall = median(of.map(({ wallSeconds }) => wallSeconds));
    const peak = existsSync(peakFile(name)) ? (Number(readFileSync(peakFile(name), 'utf8')) / 1024).toFixed(0) : '-';
    console.log(`| ${name} | ${cpu.toFixed(2)} | ${wall.toFixed(1)} | ${peak} |`);
  }
  console.log(`\nCPU of backfill to that of the loop, median of ${ratios.length} rounds: ${median(ratios).toFixed(3)}`);
}

/** @returns what the work used, and a text that is the same for the same events */
async function inNewTables(
  dynamo: DynamoDBClient,
  prefix: string,
  work: (tables: TableNames) => ReturnType<typeof measure>,
): Promise<{ usage: ReturnType<typeof measure>; content: string }> {
  const tables = {
    eventsTable: `${prefix}-events`,
    logFilesTable: `${prefix}-log-files`,
    environmentsTable: `${prefix}-environments`,
  };
  for (const definition of tableDefinitions(tables)) await ensureTable(dynamo, definition);
  try {
    return { usage: work(tables), content: await contentOf(dynamo, tables.eventsTable) };
  } finally {
    for (const TableName of Object.values(tables)) await dynamo.send(new DeleteTableCommand({ TableName }));
  }
}

/** Where an event was read, when, and by whom may differ. */
async function contentOf(dynamo: DynamoDBClient, table: string): Promise<string> {
  const events: string[] = [];
  for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName: table })) {
    for (const { logFile, recordIndex, ingestedAt, backfilled, ...item } of Items) {
      const record = item.record?.S ?? Buffer.from(item.record?.B ?? []).toString('base64');
      events.push(JSON.stringify([...Object.keys(item).sort(), item.eventId, item.contentHash, record]));
    }
  }
  const hash = createHash('sha256').update(events.sort().join('\n')).digest('hex');
  return `${events.length} events (${hash.slice(0, 12)})`;
}

await main();
