import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { ROOT, temporaryFolder } from './support/cli.ts';
import { copyProject } from './support/copy-project.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
afterAll(folder.remove);

/** What starts fast is small. */
const FUNCTIONS = [
  { name: 'ingest', maxKilobytes: 600, complaint: 'EVENTS_TABLE is not set; ENVIRONMENTS_TABLE is not set' },
  { name: 'query', maxKilobytes: 470, complaint: 'EVENTS_TABLE is not set; ENVIRONMENTS_TABLE is not set' },
  {
    name: 'alert',
    maxKilobytes: 800,
    complaint: 'EVENTS_TABLE is not set; ENVIRONMENTS_TABLE is not set; ALERT_STATE_TABLE is not set',
  },
  {
    name: 'export',
    maxKilobytes: 600,
    complaint: 'EVENTS_TABLE is not set; ENVIRONMENTS_TABLE is not set; EXPORT_BUCKET is not set',
  },
  { name: 'verify', maxKilobytes: 600, complaint: 'LOG_BUCKETS must name the buckets in which digests are' },
] as const;

/** What only the program, the embedded servers and the tests need. */
const FOREIGN =
  /^(cli|local|tests|bench)\/|node_modules\/(dynalite|fauxqs|classic-level|commander|cli-progress|esbuild|@aws-sdk\/client-(?!s3\/|dynamodb\/|cloudtrail\/|sns\/|eventbridge\/))/;
/** What a function has no use for, besides. */
const FOREIGN_TO = {
  alert: /client-(s3|cloudtrail)\/|^shared\/(records|log-file|integrity|http)\//,
  export: /client-(cloudtrail|sns|eventbridge)\/|^shared\/(records|log-file|integrity|detect|http)\//,
  ingest: /client-(cloudtrail|sns|eventbridge)\/|^shared\/(integrity|query|render|http)\//,
  query: /client-(s3|cloudtrail|sns|eventbridge)\/|^shared\/(records|log-file|integrity)\//,
  verify: /client-(sns|eventbridge)\/|^shared\/(query|render|http)\//,
};

/** The other variables of the alert and the export function. */
const OTHERS = { ALERT_STATE_TABLE: 'e', EVENT_BUS: 'f', ALERT_TOPIC: 'g', STACK: 'h', EXPORT_BUCKET: 'iii' };

/** A text that stands in shared/config.ts alone. */
const IN_CONFIG = 'LOG_FILES_TABLE';

describe.each(FUNCTIONS)('the bundle of $name', ({ name, maxKilobytes, complaint }) => {
  const file = join(ROOT, 'dist', name, 'index.cjs');
  const text = readFileSync(file, 'utf8');

  test(`has at most ${maxKilobytes} KB`, () => {
    expect(statSync(file).size).toBeLessThanOrEqual(maxKilobytes * 1000);
  });

  test('has nothing inside that the function does not need', () => {
    const { outputs } = JSON.parse(readFileSync(`${file}.meta.json`, 'utf8')) as Metafile;
    const { inputs } = Object.values(outputs).find(({ entryPoint }) => entryPoint === `functions/${name}.ts`)!;
    const inside = Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
    expect(inside).toContain(`functions/${name}.ts`);
    expect(inside.filter((path) => FOREIGN.test(path) || FOREIGN_TO[name].test(path))).toEqual([]);
  });

  test('has a source map beside it, of which it does not speak', () => {
    expect(text).not.toContain('sourceMappingURL');
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    const lines = text.split('\n');
    const line = lines.findIndex((content) => content.includes(IN_CONFIG));
    const entry = map.findEntry(line, lines[line]!.indexOf(IN_CONFIG));
    expect(entry).toMatchObject({ originalSource: expect.stringMatching(/shared\/config\.ts$/) });
  });

  test('exports a handler as Lambda takes it, and is told by its environment alone', async () => {
    // Node would print the whole minified line in which it was thrown, and the message after it.
    const script = `process.on('uncaughtException', ({ message }) => { console.error(message); process.exitCode = 1; });
      const { handler } = require(${JSON.stringify(file)});
      console.log(JSON.stringify([typeof handler, handler.length < 3]))`;
    const load = (env: Record<string, string>) =>
      run(process.execPath, ['-e', script], { cwd: folder.path, env: { AWS_REGION: 'us-east-1', ...env } });
    const all = { EVENTS_TABLE: 'a', LOG_FILES_TABLE: 'b', ENVIRONMENTS_TABLE: 'c', LOG_BUCKETS: 'd', ...OTHERS };
    // With a third parameter, the runtime of Node 24 refuses it.
    expect((await load(all)).stdout).toBe('["function",true]\n');
    await expect(load({ LOG_FILES_TABLE: 'b' })).rejects.toThrow(`environment variables: ${complaint}`);
  });
});

describe('npx serverless package', () => {
  let zips: Record<string, Buffer>[];
  beforeAll(async () => {
    zips = await Promise.all(['one', 'another-longer-path'].map((name) => packageCopy(join(folder.path, name))));
  }, 120_000);

  test.each(FUNCTIONS)('makes the same $name.zip wherever and whenever it runs, with the bundle alone', ({ name }) => {
    const [one, another] = zips.map((made) => made[name]!);
    expect(namesIn(one!)).toEqual([`dist/${name}/index.cjs`]);
    expect(one!.equals(another!)).toBe(true);
  });
});

/** Packages a copy of the project, which is built there; returns its zip files. */
async function packageCopy(path: string): Promise<Record<string, Buffer>> {
  copyProject(path);
  const env = { ...process.env, TZ: path.endsWith('one') ? 'UTC' : 'Asia/Tokyo' };
  await run(join('node_modules', '.bin', 'serverless'), ['package', '--param=export=daily'], { cwd: path, env });
  return Object.fromEntries(
    FUNCTIONS.map(({ name }) => [name, readFileSync(join(path, '.serverless', `${name}.zip`))]),
  );
}

/** The names in a zip file's directory, which stands at its end. */
function namesIn(zip: Buffer): string[] {
  const names: string[] = [];
  const end = zip.lastIndexOf('PK\u0005\u0006');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const length = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + length));
    at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}
