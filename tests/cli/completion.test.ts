import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wordsOf } from '../../cli/completion/words.ts';
import { createProgram } from '../../cli/program.ts';
import { temporaryFolder } from '../support/cli.ts';
import { capturingContext, runAsText } from '../support/program.ts';

const [folder, scripts] = [temporaryFolder(), temporaryFolder()];
afterAll(folder.remove);
afterAll(scripts.remove);
beforeAll(() => {
  mkdirSync(join(folder.path, 'a folder'));
  writeFileSync(join(folder.path, 'a file.json'), '');
});

const FILES = ['a file.json', 'a folder'];

/** What is typed, the cursor at its end; and what is offered. */
const LINES: [typed: string, offered: string[]][] = [
  ['mwaa-trail que', ['query']],
  ['mwaa-trail quarantine dis', ['discard', 'discarded']],
  ['mwaa-trail query --us', ['--user', '--user-agent']],
  ['mwaa-trail query --user jonas.weber --form', ['--format']],
  ['mwaa-trail query --format n', ['ndjson']],
  ['mwaa-trail query --outcome ', ['denied', 'failed', 'ok']],
  ['mwaa-trail query --user ', []],
  ['mwaa-trail quarantine list --format ', ['json', 'table']],
  ['mwaa-trail replay ', FILES],
  ['mwaa-trail evidence SOME-ID --out ', FILES],
  ['mwaa-trail scan --ev', ['--event-source']],
  ['mwaa-trail completion ', ['bash', 'fish', 'zsh']],
];

/** How a shell reads the script, and says what it would offer for each line: a line of output each, with tabs between. */
const SHELLS = {
  bash: (script: string, lines: readonly string[]) =>
    `${script}
offer() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _mwaa_trail
  local IFS=$'\\t'; echo "\${COMPREPLY[*]}"
}
${lines.map((line) => `offer ${line.replace(/ $/, " ''")}`).join('\n')}`,
  // Completion works only at a prompt: these functions stand for those that the script calls.
  zsh: (script: string, lines: readonly string[]) =>
    `typeset -a offered
compdef() { : }
compset() { PREFIX=\${PREFIX#*=} }
compadd() { shift; offer "$@" }
_files() { offer * }
_describe() { local one; for one in "\${(@P)3}"; do offer "\${one%%:*}"; done }
offer() { local one; for one in "$@"; do [[ $one == $PREFIX* ]] && offered+=("$one"); done; return 0 }
${script}
line() { words=("$@"); CURRENT=$#; PREFIX=\${words[CURRENT]}; offered=(); _mwaa_trail; print -r -- "\${(pj:\\t:)offered}" }
${lines.map((line) => `line ${line.replace(/ $/, " ''")}`).join('\n')}`,
  fish: (script: string, lines: readonly string[]) =>
    `${script}
${lines.map((line) => `echo (string join -- \\t (complete -C '${line}' | string replace -r '\\t.*' '' | string trim -r -c /))`).join('\n')}`,
};

describe.each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])('%s', (shell) => {
  const isInstalled = spawnSync(shell, ['-c', 'exit']).status === 0;
  const ifInstalled = isInstalled ? test : test.skip;

  ifInstalled('completes commands, flags, values and files', async () => {
    const { stdout: script, code } = await runAsText(['completion', shell]);
    expect(code).toBe(0);
    const input = SHELLS[shell](
      script,
      LINES.map(([typed]) => typed),
    );
    const file = join(scripts.path, shell);
    writeFileSync(file, input);
    const args = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
    const { stdout, stderr } = spawnSync(shell, [...args, file], { cwd: folder.path, encoding: 'utf8' });
    expect(stderr).toBe('');
    const offered = stdout.split('\n').slice(0, LINES.length);
    expect(LINES.map(([typed], i) => [typed, offered[i]?.split('\t').filter(Boolean).sort()])).toEqual(LINES);
  });
});

test('every command and flag of the help is completed', async () => {
  const program = await createProgram(capturingContext().context, () => {});
  const words = wordsOf(program);
  for (const { path, flags } of words) {
    const help = (await runAsText([...path.split(' ').filter(Boolean), '--help'])).stdout;
    const shown = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag!);
    expect(flags.map(({ name }) => name).sort()).toEqual(shown.filter((flag) => flag !== '--help').sort());
  }
});

test('an unknown shell is a usage error', async () => {
  const { code, stderr } = await runAsText(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish.');
});
