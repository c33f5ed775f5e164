/**
 * Compares `mwaa-trail export` with a plain loop that reads and writes the same events, and the size of its files with that of
 * DuckDB's for the same rows.
 *
 *     npm run bench:export -- [--events 1000000] [--days 10] [--rounds 1]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../local/local-names.ts';
import { measure, median, output, peakMegabytes, quote, type Usage } from './measure.ts';

const FOLDER = join(tmpdir(), 'mwaa-trail-bench', 'export');
const ROOT = join(import.meta.dirname, '..');
const TABLE = 'bench-events';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '1000000' },
      days: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '1' },
    },
  });
  const server = await startServer(values.events, values.days);
  const env = Object.entries(settings(server.endpoint)).map(([name, value]) => `${name}=${quote(value)}`);
  const node = `env ${env.join(' ')} ${quote(process.execPath)}`;
  const program = `${node} ${quote(join(ROOT, 'dist/cli/mwaa-trail.cjs'))} export --table ${TABLE}`;
  const loop = `${node} ${quote(loopProgram())} ${TABLE}`;
  const contestants = [
    { name: 'mwaa-trail export', folder: 'parquet', command: (out: string) => `${program} --out ${out}` },
    {
      name: '... --format ndjson',
      folder: 'ndjson',
      command: (out: string) => `${program} --format ndjson --out ${out}`,
    },
    { name: '... --schema ocsf', folder: 'ocsf', command: (out: string) => `${program} --schema ocsf --out ${out}` },
    { name: 'plain loop, Parquet', folder: 'loop-parquet', command: (out: string) => `${loop} ${out} parquet` },
    { name: 'plain loop, lines of JSON', folder: 'loop-ndjson', command: (out: string) => `${loop} ${out} ndjson` },
  ].map((one) => ({ ...one, out: join(FOLDER, one.folder), usages: [] as Usage[], peak: 0 }));

  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}`);
  console.log(`${values.events} events of ${values.days} days\n`);
  for (let round = 0; round < Number(values.rounds); round++)
    for (const one of contestants) {
      rmSync(one.out, { recursive: true, force: true });
      one.usages.push(measure(one.command(quote(one.out))));
    }
  console.log('| program | user + system s | wall s | peak MB | MB |');
  console.log('|---|---|---|---|---|');
  for (const { name, out, usages, command } of contestants) {
    rmSync(out, { recursive: true, force: true });
    const peak = peakMegabytes(command(quote(out)));
    const [cpu, wall] = (['cpuSeconds', 'wallSeconds'] as const).map((what) => median(usages.map((one) => one[what])));
    console.log(
      `| ${name} | ${cpu?.toFixed(1)} | ${wall?.toFixed(1)} | ${peak?.toFixed(0)} | ${sizeOf(out).toFixed(1)} |`,
    );
  }
  compareWithDuckdb(join(FOLDER, 'parquet'));
  server.stop();
}

function compareWithDuckdb(from: string): void {
  if (!existsSync(join(import.meta.dirname, 'node_modules', '@duckdb'))) {
    console.log('\nDuckDB is not installed: npm --prefix bench ci');
    return;
  }
  for (const compression of ['snappy', 'zstd']) {
    const to = join(FOLDER, `duckdb-${compression}`);
    rmSync(to, { recursive: true, force: true });
    const copy = join(import.meta.dirname, 'peers', 'duckdb-copy.mjs');
    const found = output([process.execPath, copy, from, to, compression].map(quote).join(' ')).trim();
    const ratio = sizeOf(from) / sizeOf(to);
    console.log(
      `\nDuckDB reads ${found} rows and IDs, and writes ${sizeOf(to).toFixed(1)} MB (${compression}): ${ratio.toFixed(2)}x`,
    );
  }
}

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)));
  return files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0) / 1e6;
}

async function startServer(events: string, days: string): Promise<{ endpoint: string; stop(): void }> {
  const args = [join(import.meta.dirname, 'export-server.ts'), events, days];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { endpoint, stop: () => child.stdin.end() };
}

function settings(endpoint: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = LOCAL_CREDENTIALS;
  return {
    ...{ AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_REGION: LOCAL_REGION },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
}

/** The loop as one file, as the program is. */
function loopProgram(): string {
  const outfile = join(FOLDER, 'export-loop.cjs');
  buildSync({
    ...{ entryPoints: [join(import.meta.dirname, 'export-loop.ts')], outfile, bundle: true, platform: 'node' },
    format: 'cjs',
  });
  return outfile;
}

await main();
