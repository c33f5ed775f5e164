/** `npm run test:mutations`: mutation tests. Puts one bug after another into a copy of the project; the tests must catch each. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { copyProject } from '../../support/copy-project.ts';
import { ALERT_BUGS } from './alert-bugs.ts';
import { BUGS, type Bug } from './bugs.ts';
import { EVENT_BUGS } from './event-bugs.ts';

const copy = mkdtempSync(join(tmpdir(), 'mwaa-trail-mutations-'));
/** Only bugs whose name, or whose file, contains this. */
const wanted = process.argv[2] ?? '';
const chosen = [...BUGS, ...EVENT_BUGS, ...ALERT_BUGS].filter(
  ({ name, file }) => name.includes(wanted) || file.includes(wanted),
);

type Verdict = 'caught' | 'MISSED' | 'NOT PLANTED';

function main(): void {
  const started = Date.now();
  copyProject(copy);
  if (!passes(chosen)) {
    process.stdout.write('The tests fail without any bug: there is nothing to see.\n');
    process.exitCode = 1;
    return;
  }
  const verdicts = chosen.map((bug) => {
    const verdict = plant(bug);
    process.stdout.write(`${verdict.padEnd(12)} ${bug.name} (${bug.file}; ${bug.tests}, ${bug.only})\n`);
    return verdict;
  });
  const caught = verdicts.filter((verdict) => verdict === 'caught').length;
  process.stdout.write(
    `\n${caught} of ${chosen.length} bugs caught in ${Math.round((Date.now() - started) / 1000)} s\n`,
  );
  if (caught < chosen.length) process.exitCode = 1;
}

function plant(bug: Bug): Verdict {
  const file = join(copy, bug.file);
  const sound = readFileSync(file, 'utf8');
  const parts = sound.split(bug.find);
  const planted = parts.join(bug.replace);
  // The code has changed, and the bug must be updated.
  if (parts.length !== 2 || !compiles(planted)) return 'NOT PLANTED';
  writeFileSync(file, planted);
  try {
    return passes([bug]) ? 'MISSED' : 'caught';
  } finally {
    writeFileSync(file, sound);
  }
}

/** Code that does not compile would fail every test. */
function compiles(source: string): boolean {
  try {
    transformSync(source, { loader: 'ts', logLevel: 'silent' });
    return true;
  } catch {
    return false;
  }
}

function passes(bugs: readonly Bug[]): boolean {
  const files = [...new Set(bugs.map(({ tests }) => tests))];
  const only = [...new Set(bugs.map((bug) => bug.only))].join('|');
  const jest = ['--no-warnings', 'node_modules/jest/bin/jest.js'];
  const options = ['--runInBand', '--forceExit', '--bail', '--passWithNoTests=false', '-t', only];
  // A bug can make the tests hang.
  const { status } = spawnSync(process.execPath, [...jest, ...files, ...options], {
    cwd: copy,
    env: { ...process.env, MWAA_TRAIL_REPEATS: '3' },
    stdio: 'ignore',
    timeout: 300_000,
  });
  return status === 0;
}

try {
  main();
} finally {
  rmSync(copy, { recursive: true, force: true });
}
