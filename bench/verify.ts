/**
 * Compares `mwaa-trail verify` with a plain loop over the same digests and log files, with an S3 that delays answers: first
 * what they find, then how long they take.
 *
 *     npm run bench:verify -- [--files 10000] [--latency 20] [--concurrency 32] [--loop-files 10000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../local/local-names.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { writePublicKeys } from '../shared/integrity/public-keys.ts';
import { publicKeysByRegion, SignedBucket, TRAIL_START } from '../tests/support/signed-trail.ts';
import { measure, output, quote } from './measure.ts';

const FOLDER = join(tmpdir(), 'mwaa-trail-bench');
const ROOT = join(import.meta.dirname, '..');
const BUCKET = 'verify';
const PLACES = [
  { region: 'eu-west-1' },
  { region: 'us-east-1' },
  { account: '444455556666' },
  { account: '777788889999' },
];
const FILES_PER_HOUR = 12;
const RECORDS = 20;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '10000' },
      latency: { type: 'string', default: '20' },
      concurrency: { type: 'string', default: '32' },
      'loop-files': { type: 'string' },
    },
  });
  const files = Number(values.files);
  const server = await startServer(values.latency);
  const logFiles = await fill(files, server.direct);
  const keys = join(FOLDER, 'verify-keys.json');
  writeFileSync(keys, writePublicKeys(publicKeysByRegion()));
  const env = Object.entries(settings(server.slow)).map(([name, value]) => `${name}=${quote(value)}`);
  const program = quote(join(ROOT, 'dist/cli/mwaa-trail.cjs'));
  const until = new Date(
    Date.parse(TRAIL_START) + (Math.ceil(files / PLACES.length / FILES_PER_HOUR) + 1) * 3_600_000,
  ).toISOString();
  const options = `--no-ledger --until ${until} --public-keys ${quote(keys)} --concurrency ${values.concurrency}`;
  const verify = `env ${env.join(' ')} ${quote(process.execPath)} ${program} verify s3://${BUCKET} ${options} --format json`;
  const loopFiles = Math.min(logFiles, Number(values['loop-files'] ?? logFiles));
  const loop = `env ${env.join(' ')} ${quote(process.execPath)} ${loopProgram()} ${BUCKET} ${loopFiles}`;

  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}`);
  console.log(`${logFiles} log files, ${values.latency} ms a request, ${values.concurrency} requests at a time\n`);
  const places: { logFilesVerified: number }[] = JSON.parse(output(verify)).places;
  const verified = places.reduce((sum, place) => sum + place.logFilesVerified, 0);
  if (verified !== logFiles) throw new Error(`expected ${logFiles} log files to be verified, ${verified} were`);
  const ours = measure(verify);
  const found = join(FOLDER, 'verify-loop.txt');
  const theirs = measure(`bash -c ${quote(`${loop} | tee ${quote(found)} >&2`)}`);
  const whole = theirs.wallSeconds * (logFiles / loopFiles);
  console.log('| program | wall s | CPU s | log files a second |');
  console.log('|---|---|---|---|');
  row('mwaa-trail verify', ours.wallSeconds, ours.cpuSeconds, logFiles);
  row(
    loopFiles < logFiles ? `plain loop, ${loopFiles} log files` : 'plain loop',
    theirs.wallSeconds,
    theirs.cpuSeconds,
    loopFiles,
  );
  console.log(`\nverify is ${(whole / ours.wallSeconds).toFixed(1)} times as fast`);
  server.stop();
}

function row(name: string, wall: number, cpu: number, files: number): void {
  console.log(`| ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${(files / wall).toFixed(0)} |`);
}

async function startServer(latency: string): Promise<{ direct: string; slow: string; stop(): void }> {
  const args = [join(import.meta.dirname, 'verify-server.ts'), latency];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { ...JSON.parse(line), stop: () => child.stdin.end() };
}

function settings(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  };
}

/** @returns how many log files there are, at least as many as wanted */
async function fill(files: number, endpoint: string): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  const bucket = new SignedBucket(BUCKET);
  const hours = Math.ceil(files / PLACES.length / FILES_PER_HOUR);
  const records = (hour: number, file: number) =>
    Array.from({ length: RECORDS }, (_, i) => ({
      eventVersion: '1.11',
      eventSource: 's3.amazonaws.com',
      eventName: 'ListBuckets',
      eventID: `${hour}-${file}-${i}`,
      requestParameters: { Host: 's3.amazonaws.com', more: 'x'.repeat(900) },
    }));
  const trails = PLACES.map((place) => bucket.addTrail({ ...place, hours, filesPerHour: FILES_PER_HOUR, records }));
  const s3 = createS3Client(
    { S3_FORCE_PATH_STYLE: 'true' },
    { endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS },
  );
  await bucket.upload(s3);
  s3.destroy();
  return trails.reduce((sum, { logFiles }) => sum + logFiles.length, 0);
}

/** Bundled, as the program is. */
function loopProgram(): string {
  const outfile = join(FOLDER, 'verify-loop.cjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'verify-loop.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
  return quote(outfile);
}

await main();
