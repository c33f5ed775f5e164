import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const SAMPLES = join(ROOT, 'events', 'log-files');
const PROGRAM = join(ROOT, 'dist', 'cli', 'mwaa-trail.cjs');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the built program, with the Node that runs the tests. */
export function startCli(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the built program to its end. */
export async function runCli(args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
  const child = startCli(args, cwd, env);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...output }));
  });
}

/** A folder of its own for a test file, in which it works: relative paths of commands that run in this process are below it. */
export function useWorkingFolder(): string {
  const folder = temporaryFolder();
  const before = process.cwd();
  beforeAll(() => process.chdir(folder.path));
  afterAll(() => {
    process.chdir(before);
    folder.remove();
  });
  return folder.path;
}

/** A folder of its own for a test file. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mwaa-trail-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
