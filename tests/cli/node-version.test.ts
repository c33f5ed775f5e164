import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { transformSync } from 'esbuild';
import { type Ended, ROOT, temporaryFolder } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const PROGRAM = join(ROOT, 'dist', 'cli', 'mwaa-trail.cjs');
const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Runs the program in a process that says it is another Node. */
function runAs(version: string, ...args: string[]): Promise<Ended> {
  const disguise = join(folder.path, `${version}.cjs`);
  writeFileSync(disguise, `Object.defineProperty(process, 'version', { value: '${version}' });`);
  const child = spawn(process.execPath, ['--require', disguise, PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...output })));
}

describe('the Node that package.json names', () => {
  test.each(['v22.18.0', 'v22.18.1', 'v22.20.0', 'v24.0.0', 'v24.21.0', 'v25.0.0', 'v26.10.0', 'v100.0.0'])(
    '%s runs the program',
    async (version) => {
      expect(await runAs(version, '--version')).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test.each([
    'v0.10.48',
    'v8.17.0',
    'v18.20.8',
    'v20.20.2',
    'v21.7.3',
    'v22.5.0',
    'v22.17.9',
    'v23.11.1',
    'v22.9.0-nightly20240101',
  ])(
    '%s is told so in one sentence, whatever the command',
    async (version) => {
      for (const args of [['query'], ['scan', '-'], ['--version'], ['backfill', 's3://bucket'], []]) {
        const { code, stdout, stderr } = await runAs(version, ...args);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^mwaa-trail: this is Node v[^\n]+\n$/);
        expect(stderr).toContain(`${version}, expected ${engines.node}: `);
      }
    },
    60_000,
  );
});

test('what says so can be read by every Node', () => {
  const shipped = readFileSync(PROGRAM, 'utf8');
  expect(shipped.split('\n')[0]).toBe('#!/usr/bin/env node');
  // Refuses whatever it cannot turn into ES5; what it can, it would change.
  expect(transformSync(shipped, { target: 'es5' }).code).toBe(shipped);
});
