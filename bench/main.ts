/**
 * Compares the reader with other programs on a generated file, and where wanted on one of given records and
 * on one with more random text: first what they find, then what they cost.
 *
 *     npm run bench -- [--megabytes 200] [--share 0.001] [--seed 1] [--records FILE] [--noise SHARE]
 *                      [--rounds 5] [--one-cpu] [--only WORD]
 */
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { buildSync } from 'esbuild';
import { generateLogFile, type LogFileSettings } from './generate.ts';
import { isInstalled, measure, median, output, peakMegabytes, quote, type Usage } from './measure.ts';
import { readRecords } from './read-records.ts';

interface Contestant {
  name: string;
  command: string;
  /** Prerequisites; without them the contestant is left out. */
  needs: string;
  /** Whether it prints the kept records, one a line; the others only decompress, or only start. */
  finds: boolean;
}

interface Result extends Contestant {
  usages: Usage[];
  peak: number | undefined;
}

/** After this much CPU in its first run a contestant is measured only once more: others are waiting. */
const SLOW_SECONDS = 2;

const FOLDER = join(tmpdir(), 'mwaa-trail-bench');
const BENCH = import.meta.dirname;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '200' },
      share: { type: 'string', default: '0.001' },
      seed: { type: 'string', default: '1' },
      records: { type: 'string' },
      noise: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      'one-cpu': { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  });
  mkdirSync(FOLDER, { recursive: true });
  const settings = { bytes: Number(values.megabytes) * 1e6, share: Number(values.share), seed: Number(values.seed) };
  const cases: [name: string, file: LogFileSettings][] = [['generated', settings]];
  if (values.records)
    cases.push([
      `records of ${values.records}`,
      { ...settings, others: readRecords(readFileSync(values.records), values.records) },
    ]);
  if (values.noise)
    cases.push([`generated, ${values.noise} random text`, { ...settings, noise: Number(values.noise) }]);
  const prefix = values['one-cpu'] ? 'taskset -c 1 ' : '';
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}`);
  for (const [name, file] of cases) {
    console.log(`\n${name}: ${values.megabytes} MB of text, share ${values.share}, seed ${values.seed}\n`);
    const all = contestants(quote(await logFile(file)));
    const chosen = all.filter((one, i) => i === 0 || one.name.includes(values.only)).filter(isPresent);
    compareFindings(chosen);
    print(runRounds(chosen, Number(values.rounds), prefix));
  }
}

function contestants(file: string): Contestant[] {
  const node = quote(process.execPath);
  const peer = (name: string) => `${node} ${quote(join(BENCH, 'peers', name))} ${file}`;
  const jq = `jq -c '.Records[]|select(.eventSource=="airflow.amazonaws.com")'`;
  const scan = `${quote(join(BENCH, '..', 'dist', 'cli', 'mwaa-trail.cjs'))} scan`;
  const reader = readerProgram();
  return [
    { name: 'mwaa-trail scan', command: `${node} ${scan} ${file}`, needs: 'node', finds: true },
    { name: 'reader alone', command: `${node} ${reader} ${file}`, needs: 'node', finds: true },
    { name: 'reader alone, with SHA-256', command: `${node} ${reader} ${file} --hash`, needs: 'node', finds: true },
    { name: 'igzip -dc (decompression only)', command: `igzip -dc ${file}`, needs: 'igzip', finds: false },
    {
      name: 'libdeflate-gunzip -c (decompression only)',
      command: `libdeflate-gunzip -c ${file}`,
      needs: 'libdeflate-gunzip',
      finds: false,
    },
    { name: 'gzip -dc (decompression only)', command: `gzip -dc ${file}`, needs: 'gzip', finds: false },
    { name: 'Node createGunzip() (decompression only)', command: peer('gunzip.mjs'), needs: 'node', finds: false },
    { name: 'node -e 0 (start only)', command: `${node} -e 0`, needs: 'node', finds: false },
    { name: 'gunzipSync + JSON.parse', command: peer('json-parse.mjs'), needs: 'node', finds: true },
    {
      name: 'stream-json',
      command: peer('stream-json.mjs'),
      needs: join(BENCH, 'node_modules/stream-json'),
      finds: true,
    },
    { name: 'zcat piped to jq', command: `zcat ${file} | ${jq}`, needs: 'jq', finds: true },
    { name: 'DuckDB', command: peer('duckdb.mjs'), needs: join(BENCH, 'node_modules/@duckdb'), finds: true },
  ];
}

/** Bundles the reader without `scan`, and returns its quoted path. */
function readerProgram(): string {
  const outfile = join(FOLDER, 'reader.cjs');
  buildSync({
    entryPoints: [join(BENCH, 'reader.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
  });
  return quote(outfile);
}

/** The path of a log file, which is kept for the next run. */
async function logFile(settings: LogFileSettings): Promise<string> {
  const { bytes, share, seed, noise = 0 } = settings;
  // A change of the generator or of the records shows at the beginning.
  const hash = createHash('sha256').update(generateLogFile(settings).next().value ?? '');
  const path = join(FOLDER, `${bytes}-${share}-${seed}-${noise}-${hash.digest('hex').slice(0, 8)}.json.gz`);
  if (!existsSync(path)) {
    await pipeline(Readable.from(generateLogFile(settings)), createGzip(), createWriteStream(`${path}.part`));
    renameSync(`${path}.part`, path);
  }
  return path;
}

function isPresent({ name, needs }: Contestant): boolean {
  const present = existsSync(needs) || isInstalled(needs);
  if (!present) console.log(`left out, not installed: ${name}`);
  return present;
}

/** Throws unless all find the same records; white space and the spelling of escapes aside. */
function compareFindings(chosen: readonly Contestant[]): void {
  const findings = chosen
    .filter(({ finds }) => finds)
    .map(({ name, command }) => ({ name, found: records(output(command)) }));
  const [first] = findings;
  for (const { name, found } of findings) {
    if (found.join('\n') !== first?.found.join('\n'))
      throw new Error(`${name} finds other records than ${first?.name}`);
  }
  console.log(`all find the same ${first?.found.length} records\n`);
}

function records(lines: string): string[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.stringify(JSON.parse(line)));
}

/** Measures the contestants in turns, so that what else the machine does meets all of them. */
function runRounds(chosen: readonly Contestant[], rounds: number, prefix: string): Result[] {
  const results = chosen.map((contestant): Result => {
    const peak = peakMegabytes(contestant.command);
    return { ...contestant, usages: [], peak };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { command, usages } of results) {
      const isSlow = (usages[0]?.cpuSeconds ?? 0) > SLOW_SECONDS;
      if (!isSlow || round < 2) usages.push(measure(`${prefix}bash -c ${quote(command)}`));
    }
  }
  return results;
}

function print(results: readonly Result[]): void {
  const own = median(results[0]?.usages.map(({ cpuSeconds }) => cpuSeconds) ?? []);
  console.log('| program | CPU s | wall s | peak MB | CPU of `mwaa-trail scan` to this |');
  console.log('|---|---|---|---|---|');
  for (const { name, usages, peak } of results) {
    const cpu = median(usages.map(({ cpuSeconds }) => cpuSeconds));
    const wall = median(usages.map(({ wallSeconds }) => wallSeconds));
    console.log(
      `| ${name} | ${cpu.toFixed(3)} | ${wall.toFixed(3)} | ${peak?.toFixed(0) ?? '-'} | ${(own / cpu).toFixed(2)}x |`,
    );
  }
}

await main();
