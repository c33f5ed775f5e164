import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createProgram } from '../cli/program.ts';
import { startEmbeddedDynamo } from '../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../local/embedded-s3.ts';
import { LOCAL_LOG_BUCKET, LOCAL_TABLES, SAMPLE_KEY } from '../local/local-names.ts';
import { type Ended, ROOT, SAMPLES, temporaryFolder } from './support/cli.ts';
import { copyProject } from './support/copy-project.ts';
import { capturingContext, runAsText } from './support/program.ts';
import { scaled } from './support/scale.ts';

jest.setTimeout(300_000);

/** A block of README: what is typed, or shown. */
const BLOCKS = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```\n(.*?)^```$/gms)].map(([, text]) =>
  text!.trimEnd(),
);
const blockWith = (text: string) => BLOCKS.filter((block) => block.includes(text));
/** What is typed of a block, a command a line, without remarks. */
const commandsOf = (block: string) =>
  block
    .replaceAll(/ \\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, ''));

const temporary = temporaryFolder();
const checkout = join(temporary.path, 'checkout');
const home = join(temporary.path, 'home');
beforeAll(() => {
  mkdirSync(home);
  copyProject(checkout);
  // As npm ci would have built it.
  cpSync(join(ROOT, 'dist'), join(checkout, 'dist'), { recursive: true });
});
afterAll(temporary.remove);

/** The environment of somebody who has just cloned the project; nothing may be asked of a registry, or of AWS. */
const NOBODY = {
  PATH: process.env.PATH,
  HOME: home,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  SLS_SCHEMA_CACHE_BASE_DIR: process.env.SLS_SCHEMA_CACHE_BASE_DIR,
  npm_config_registry: 'http://127.0.0.1:1/',
  npm_config_update_notifier: 'false',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const SOMEBODY = {
  ...NOBODY,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEMH77A4MWF',
  AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  AWS_SESSION_TOKEN: 'not-a-token',
  AWS_REGION: 'eu-west-1',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
};
const PEOPLE = [
  ['without AWS credentials', NOBODY],
  ['with AWS credentials', SOMEBODY],
] as const;

/** Types a line into a shell, in the checkout. */
function start(line: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('bash', ['-c', line], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

async function type(line: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = start(line, env);
  const [stdout, stderr] = [textOf(child.stdout!), textOf(child.stderr!)];
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, stdout: await stdout, stderr: await stderr };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const piece of stream) text += String(piece);
  return text;
}

/** Without npx, which takes longer than the answer: that it finds the program, the first query shows. */
const withoutNpx = (line: string) => line.replace('npx mwaa-trail', 'node dist/cli/mwaa-trail.cjs');

/** The words of a line of Bash. */
const wordsOf = (line: string) =>
  execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

/** Whether a text has the lines that a block shows, `...` standing for others. */
function expectShown(text: string, shown: string): void {
  for (const line of shown.split('\n')) if (line !== '' && line !== '...') expect(text.split('\n')).toContain(line);
}

/** A test of what only reads, or has its own files: one of the two types it, and at the full scale both. */
const typedBy = (one: NodeJS.ProcessEnv, env: NodeJS.ProcessEnv): ((name: string, run: () => Promise<void>) => void) =>
  scaled(env === one, true) ? test : () => {};

describe.each(PEOPLE)('typed in the checkout, %s', (_, env) => {
  test('the first command, and what it shows', async () => {
    const [line = '', shown = ''] = [blockWith('npm run replay')[0], blockWith('events/log-files/guide')[0]];
    const { code, stdout } = await type(`rm -rf .mwaa-trail && ${line.replace('npm ci && ', '')}`, env);
    expect(code).toBe(0);
    expectShown(stdout, shown);
    expect(stdout).toContain('Ask the store: npx mwaa-trail query --errors');
    expect(stdout).toContain('See the events in a browser: npx mwaa-trail serve --open');
  });

  test('the first query, and what it shows', async () => {
    const [block = ''] = blockWith('$ npx mwaa-trail query');
    const [line = '', ...shown] = block.split('\n');
    const command = line.replace('$ ', '');
    expect(await type(env === NOBODY ? command : withoutNpx(command), env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^TIME/),
      stderr: '',
    });
    const terminal = { isTTY: true, columns: Math.max(...shown.map((row) => row.length)), hasColors: () => false };
    const words = [...command.split(' ').slice(2), '--store', join(checkout, '.mwaa-trail')];
    expect((await runAsText(words, {}, { terminal })).stdout).toBe(`${shown.join('\n')}\n`);
  });

  test('each question finds something in the samples', async () => {
    const [block = ''] = blockWith('npx mwaa-trail serve');
    const questions = commandsOf(block).filter((line) => !line.endsWith(' serve'));
    expect(questions.length).toBeGreaterThan(7);
    // One is typed. Credentials, or another process, change nothing in the others.
    const { code, stdout } = await type(withoutNpx(questions[0]!), env);
    expect({ code, lines: stdout.trimEnd().split('\n').length > 1 }).toEqual({ code: 0, lines: true });
    for (const line of env === NOBODY ? questions : questions.slice(0, scaled(1, questions.length))) {
      const [, , ...words] = wordsOf(line);
      const { code, stdout, stderr } = await runAsText([...words, '--store', join(checkout, '.mwaa-trail')]);
      expect({ line, code, stderr: stderr.includes('No events match') }).toEqual({ line, code: 0, stderr: false });
      expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(1);
    }
  });

  typedBy(SOMEBODY, env)('serve answers', async () => {
    const [line = ''] = commandsOf(blockWith('npx mwaa-trail serve')[0] ?? '').filter((one) => one.endsWith(' serve'));
    // Another port than the usual: that may be in use.
    const child = start(`exec ${withoutNpx(line)} --port 0`, env);
    try {
      const [url, token] = await new Promise<string[]>((resolve, reject) => {
        let text = '';
        child.on('close', () => reject(new Error(text)));
        child.stderr!.on('data', (piece) => {
          text += String(piece);
          const [, ...found] = /(http:\/\/127\.0\.0\.1:\d+)\/#token=(\S+)\s/.exec(text) ?? [];
          if (found.length > 0) resolve(found);
        });
      });
      const answer = await fetch(`${url}/environments`, { headers: { authorization: `Bearer ${token}` } });
      expect(await answer.text()).toContain('prod-etl');
    } finally {
      process.kill(-child.pid!, 'SIGTERM');
      await new Promise((resolve) => child.on('close', resolve));
    }
  });

  typedBy(NOBODY, env)('a downloaded part of a bucket is replayed', async () => {
    const [block = ''] = blockWith('aws s3 sync');
    const [sync = '', replay = ''] = commandsOf(block);
    // In place of the download.
    const folder = join(checkout, /s3:\/\/\S+ (\S+)/.exec(sync)![1]!, '111122223333/CloudTrail/eu-west-1/2026/11/06');
    mkdirSync(folder, { recursive: true });
    const name = '111122223333_CloudTrail_eu-west-1_20261106T0235Z_mDrzaUVYuBkhVN8J.json.gz';
    writeFileSync(join(folder, name), gzipSync(readFileSync(join(SAMPLES, 'prod-etl-incident-night.json'))));
    const { code, stdout } = await type(withoutNpx(replay), env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(name) });
  });

  test('the function runs locally', async () => {
    const [line = ''] = commandsOf(blockWith('serverless invoke local')[0] ?? '');
    // In place of `npm run local`, whose ports may be in use.
    const [dynamo, s3] = [await startEmbeddedDynamo(LOCAL_TABLES), await startEmbeddedS3()];
    try {
      const sample = readFileSync(join(SAMPLES, 'guide-create-environment.json'));
      await s3.client.send(new PutObjectCommand({ Bucket: LOCAL_LOG_BUCKET, Key: SAMPLE_KEY, Body: gzipSync(sample) }));
      const endpoints = { AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint, AWS_ENDPOINT_URL_S3: s3.endpoint };
      const { code, stdout } = await type(line, { ...env, ...endpoints });
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/"batchItemFailures": \[\]/) });
      expect(stdout).toContain('"eventsStored":1');
    } finally {
      await Promise.all([dynamo.stop(), s3.stop()]);
    }
  });
});

test('a function of stage local looks where npm run local listens', () => {
  const [plugin, local] = ['serverless-build.cjs', 'local/main.ts'].map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  );
  const ports = [...plugin!.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port!);
  expect(ports).toHaveLength(2);
  for (const port of ports) expect(local).toMatch(new RegExp(`\\b${port}\\b`));
});

describe('what needs an account is understood by the program', () => {
  const typed = BLOCKS.flatMap(commandsOf).flatMap((line) => /^(?:\$ )?npx mwaa-trail (.*)$/.exec(line)?.[1] ?? []);

  test('there are many', () => {
    expect(typed.length).toBeGreaterThan(15);
  });

  test.each(typed)('%s', async (line) => {
    const words = wordsOf(line);
    const ran: string[] = [];
    const program = await createProgram(capturingContext().context, ({ path }) => ran.push(path.join(' ')), words);
    program.parse(words, { from: 'user' });
    expect(ran).toHaveLength(1);
  });
});

test('Node and npm are those of package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const [, major, minor, next] = /^\^(\d+)\.(\d+)\.0 \|\| >=(\d+)\.0\.0$/.exec(engines.node)!;
  const [npm] = /\d+/.exec(engines.npm)!;
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ')).toContain(
    `Node ${major} from ${major}.${minor}, or ${next} and newer, with npm ${npm} or newer`,
  );
});

test('npx is only for the checkout: elsewhere it asks a registry for a name that is not ours', () => {
  const texts = ['cli', 'shared', 'functions', 'deploy', 'docs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => /\.\w+$/.test(path)),
  );
  const said = texts.filter((path) => readFileSync(join(ROOT, path), 'utf8').includes('npx mwaa-trail'));
  // The first knows where it is, the others say where it works.
  const saying = ['docs/cli.md', 'docs/questions.md'];
  expect(said.sort()).toEqual(['cli/lib/called-as.ts', 'cli/reference.ts', 'cli/start.cjs', ...saying]);
  for (const path of ['README.md', ...saying]) {
    expect(readFileSync(join(ROOT, path), 'utf8')).toMatch(
      /npx mwaa-trail` (works|runs it) in the checkout, and nowhere else/,
    );
  }
});
