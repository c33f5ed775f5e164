import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, temporaryFolder } from './support/cli.ts';
import { scaled } from './support/scale.ts';

const run = promisify(execFile);

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; mode: number }[];
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'));
const manifest = readJson('package.json');

const folder = temporaryFolder();
afterAll(folder.remove);

let packed: Packed;
beforeAll(async () => {
  // As after a start: it is not for others.
  const compiled = join(ROOT, 'dist', 'cli', 'compiled');
  mkdirSync(compiled, { recursive: true });
  const name = join(compiled, 'of-this-machine');
  writeFileSync(name, '');
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], { cwd: ROOT });
  rmSync(name);
  [packed] = JSON.parse(stdout);
});

const paths = () => packed.files.map(({ path }) => path);

describe('the npm package', () => {
  /** All that may be in it; each is in it. */
  const CONTENT = [
    /^package\.json$/,
    /^(README|CHANGELOG)\.md$/,
    /^LICENSE$/,
    /^dist\/THIRD-PARTY-NOTICES\.txt$/,
    /^dist\/cli\/(mwaa-trail|main)\.cjs$/,
    /^dist\/cli\/(program|[\w-]+-[0-9A-Z]{8})\.mjs$/,
    /^dist\/console\/index\.html$/,
    /^dist\/console\/[\w-]+-[0-9A-Z]{8}\.(woff2|(js|css)(\.LEGAL\.txt)?)$/,
    /^detections\/\w+\.yml$/,
    /^events\/log-files\/[\w-]+\.json$/,
    /^events\/user-aliases\.json$/,
    /^serverless\.yml$/,
  ];

  test('has the program, the console, the rules and the samples, and nothing else', () => {
    expect(paths().filter((path) => !CONTENT.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(CONTENT.filter((pattern) => !paths().some((path) => pattern.test(path)))).toEqual([]);
  });

  test('is small', () => {
    expect(packed.size).toBeLessThan(3_000_000);
    expect(packed.unpackedSize).toBeLessThan(12_000_000);
  });

  test('starts by itself', () => {
    const [program] = Object.values<string>(manifest.bin);
    const { mode } = packed.files.find(({ path }) => path === program)!;
    expect(mode & 0o111).not.toBe(0);
  });

  test('depends on exactly what its bundles import', () => {
    const names = readdirSync(join(ROOT, 'dist', 'cli')).filter((name) => /\.[cm]js$/.test(name));
    const imported = names.flatMap((name) => [
      ...readFileSync(join(ROOT, 'dist', 'cli', name), 'utf8').matchAll(IMPORT),
    ]);
    const foreign = imported
      .map(([, specifier]) => specifier!)
      .filter((specifier) => !isBuiltin(specifier) && !NOT_NEEDED.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
    expect([...new Set(foreign)].sort()).toEqual(Object.keys(manifest.dependencies));
  });

  test('runs no script where it is installed', () => {
    // `prepare` runs in a clone, and before it is packed.
    const scripts = ['preinstall', 'install', 'postinstall'];
    expect(Object.keys(manifest.scripts).filter((name) => scripts.includes(name))).toEqual([]);
  });

  test('is not published by mistake', () => {
    expect(manifest.private).toBe(true);
  });

  test('carries the licenses of what is in it', () => {
    const notices = readFileSync(join(ROOT, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-dynamodb', '@cloudscape-design/components', 'dynalite', 'fastify', 'react']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((Apache-2\\.0|MIT)\\)$`, 'm'));
    }
  });
});

/** Where code imports something that is no file beside it. */
const IMPORT = /(?:\bfrom ?|\bimport ?\(|\bimport ?|\b(?:__)?require\d?\()"((?:node:|@)?\w[\w./-]*)"/g;
/** Inside the text of code that ajv can write, and what the SDK does without if it is not there. */
const NOT_NEEDED = /^(ajv|ajv-formats)\/|^@aws-sdk\/signature-v4-crt$/;

/** Where the package is installed, in a folder with nothing else. */
async function install(): Promise<string> {
  const home = join(folder.path, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  return scaled(placeFiles, installTarball)(home);
}

/** What npm would do, without it: the files, and the dependencies that the manifests name. */
async function placeFiles(home: string): Promise<string> {
  const modules = join(home, 'node_modules');
  const installed = join(modules, 'mwaa-trail');
  for (const path of paths()) cpSync(join(ROOT, path), join(installed, path));
  const place = (name: string) => {
    cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true });
    for (const next of Object.keys(readJson('node_modules', name, 'package.json').dependencies ?? {})) place(next);
  };
  for (const name of Object.keys(manifest.dependencies)) place(name);
  mkdirSync(join(modules, '.bin'));
  symlinkSync(join('..', 'mwaa-trail', Object.values<string>(manifest.bin)[0]!), join(modules, '.bin', 'mwaa-trail'));
  return home;
}

async function installTarball(home: string): Promise<string> {
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder.path], { cwd: ROOT });
  await run('npm', ['install', join(folder.path, packed.filename), '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: home,
  });
  return home;
}

describe('where it is installed', () => {
  let home: string;
  beforeAll(async () => {
    home = await install();
  }, 120_000);

  /** Runs the program as where this variable of the tests is not set. */
  const mwaaTrail = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const { NODE_COMPILE_CACHE: _, ...others } = process.env;
    return run(join(home, 'node_modules', '.bin', 'mwaa-trail'), args, { cwd: home, env: { ...others, ...env } });
  };

  test('it keeps compiled code beside itself, and does without', async () => {
    const compiled = join(home, 'node_modules', 'mwaa-trail', 'dist', 'cli', 'compiled');
    const start = async (env?: NodeJS.ProcessEnv) => {
      const { stdout, stderr } = await mwaaTrail(['--version'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', ...env });
      const isUsed = /program\.mjs was accepted/.test(stderr);
      return { stdout: stdout.trim(), isUsed, isKept: existsSync(compiled) };
    };
    const stdout = manifest.version;
    expect(await start({ NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual({ stdout, isUsed: false, isKept: false });
    // Two at a time, of which either may be the first.
    const either = { stdout, isUsed: expect.any(Boolean), isKept: true };
    expect(await Promise.all([start(), start()])).toEqual([either, either]);
    expect(await start()).toEqual({ stdout, isUsed: true, isKept: true });
    // Each version of Node has a folder.
    for (const name of readdirSync(compiled)) expect(name).toMatch(/^v\d+\.\d+\.\d+-/);
    // No folder can be made there, as in an installation that this user cannot write.
    rmSync(compiled, { recursive: true });
    writeFileSync(compiled, '');
    expect(await start()).toEqual({ stdout, isUsed: false, isKept: true });
    rmSync(compiled);
  });

  test('works without a clone: replays the samples, and answers', async () => {
    expect((await mwaaTrail(['replay'])).stdout).toMatch(
      /node_modules\/mwaa-trail\/events\/log-files\/prod-etl-first-week\.json.*\n15 files: 167 records read/s,
    );
    expect((await mwaaTrail(['detect'])).stdout).toContain('MWAA Web Server Made Public');
  }, 60_000);

  test('it is small, with its dependencies', () => {
    rmSync(join(home, 'node_modules', 'mwaa-trail', 'dist', 'cli', 'compiled'), { recursive: true, force: true });
    const { size, packages } = sizeOf(join(home, 'node_modules'));
    expect(packages).toBeLessThanOrEqual(15);
    expect(size).toBeLessThan(20_000_000);
  });
});

/** The bytes of all files below a folder of modules, and how many packages those are. */
function sizeOf(modules: string): { size: number; packages: number } {
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const size = files.reduce((sum, { parentPath, name }) => sum + readFileSync(join(parentPath, name)).length, 0);
  const packages = files.filter(
    ({ parentPath, name }) => name === 'package.json' && /node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+$/.test(parentPath),
  ).length;
  return { size, packages };
}
