/**
 * What it costs to start a function: a process with Lambda's runtime client, up to where it asks for the first event, with
 * the bundle in different forms.
 *
 *     npm ci --prefix tests/runtime
 *     npm run bench:init -- [--rounds 15] [--one-cpu]
 */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, buildSync } from 'esbuild';
import { lambdaBundle } from '../lambda-bundle.mjs';
import { measure, median, quote, type Usage } from './measure.ts';

interface Form {
  name: string;
  extension: 'cjs' | 'mjs';
  options: BuildOptions;
  /** Compiled code is kept between starts. */
  compileCache?: true;
}

interface Contestant {
  name: string;
  bytes: number;
  command: string;
  usages: Usage[];
}

const ROOT = join(import.meta.dirname, '..');
const CLIENT = join(ROOT, 'tests', 'runtime', 'node_modules', 'aws-lambda-ric', 'index.mjs');
const FOLDER = join(tmpdir(), 'mwaa-trail-bench-init');

/** What each changes; the first one is what is deployed. */
const FORMS: readonly Form[] = [
  { name: 'CommonJS', extension: 'cjs', options: {} },
  { name: 'CommonJS, not minified', extension: 'cjs', options: { minify: false } },
  { name: "CommonJS, of the packages' CommonJS", extension: 'cjs', options: { mainFields: ['main', 'module'] } },
  {
    name: 'ES module',
    extension: 'mjs',
    options: {
      format: 'esm',
      banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    },
  },
  { name: 'CommonJS, compile cache', extension: 'cjs', options: {}, compileCache: true },
];

function main(): void {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '15' }, 'one-cpu': { type: 'boolean', default: false } },
  });
  if (!existsSync(CLIENT)) throw new Error('first: npm ci --prefix tests/runtime');
  rmSync(FOLDER, { recursive: true, force: true });
  const prefix = values['one-cpu'] ? 'taskset -c 1 ' : '';
  const all = [
    empty(),
    ...(['ingest', 'query'] as const).flatMap((name) => FORMS.map((form, i) => build(name, form, `${name}-${i}`))),
  ];
  // The first start also fills what is cached.
  for (const { command } of all) measure(command);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { command, usages } of all) usages.push(measure(prefix + command));
  }
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}\n`);
  print(all);
}

/** A function that does nothing: Node and the client. */
function empty(): Contestant {
  const folder = join(FOLDER, 'empty');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.cjs'), 'exports.handler = async () => {};\n');
  return { name: 'an empty function', bytes: 0, command: startOf(folder), usages: [] };
}

function build(
  name: 'ingest' | 'query',
  { name: form, extension, options, compileCache }: Form,
  id: string,
): Contestant {
  const folder = join(FOLDER, id);
  const outfile = join(folder, `index.${extension}`);
  buildSync({ ...lambdaBundle(name), absWorkingDir: ROOT, outfile, sourcemap: false, ...options });
  const more = compileCache ? { NODE_COMPILE_CACHE: join(folder, 'cache') } : {};
  return { name: `${name}: ${form}`, bytes: statSync(outfile).size, command: startOf(folder, more), usages: [] };
}

/** @param folder where the bundle is */
function startOf(folder: string, more: Readonly<Record<string, string>> = {}): string {
  const env = {
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: 'index.handler',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    EVENTS_TABLE: 'events',
    LOG_FILES_TABLE: 'log-files',
    ENVIRONMENTS_TABLE: 'environments',
    ...more,
  };
  const variables = Object.entries(env).map(([variable, value]) => `${variable}=${quote(value)}`);
  const preload = quote(join(import.meta.dirname, 'exit-when-ready.cjs'));
  return `env -i ${variables.join(' ')} ${quote(process.execPath)} --require ${preload} ${quote(CLIENT)}`;
}

function print(all: readonly Contestant[]): void {
  const of = ({ usages }: Contestant, what: keyof Usage) => median(usages.map((usage) => usage[what])) * 1000;
  const [floor] = all as [Contestant];
  console.log('| bundle | KB | CPU ms | ms | ms above the empty function |');
  console.log('|---|---|---|---|---|');
  for (const one of all) {
    const cells = [
      (one.bytes / 1000).toFixed(0),
      of(one, 'cpuSeconds').toFixed(0),
      of(one, 'wallSeconds').toFixed(0),
      (of(one, 'wallSeconds') - of(floor, 'wallSeconds')).toFixed(0),
    ];
    console.log(`| ${one.name} | ${cells.join(' | ')} |`);
  }
}

main();
