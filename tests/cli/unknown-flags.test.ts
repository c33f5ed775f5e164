import { describe, expect, test } from '@jest/globals';
import { runAsText } from '../support/program.ts';

describe('an unknown flag is answered with the flags that it may have meant', () => {
  test.each([
    ['query --env prod-etl', '--environment'],
    ['query --environments=prod-etl', '--environment'],
    ['query --Environment prod-etl', '--environment'],
    ['query --key AKIA', '--access-key-id'],
    ['query --changes=false', '--changes or --no-changes'],
    ['query --ip 203.0.113.77', '--source-ip'],
    ['query --from 2026-11-06', '--since'],
    ['summary --who mei', '--user'],
    ['quarantine list --reasons x', '--reason'],
  ])('%s', async (line, flags) => {
    const { code, stdout, stderr } = await runAsText(line.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^mwaa-trail: unknown option '--[^\n]+'\n/);
    expect(stderr).toContain(`\n(Did you mean ${flags}?)\nRun 'mwaa-trail `);
  });

  test.each(['query --zzz', 'environments --who mei', 'query --__proto__'])('if there are any: %s', async (line) => {
    const { code, stderr } = await runAsText(line.split(' '));
    const [, flag] = line.split(' ');
    const [command] = line.split(' ');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `mwaa-trail: unknown option '${flag}'\nRun 'mwaa-trail ${command} --help'.\n`,
    });
  });
});

test.each([
  ['query --all --limit 3', "option '--all' cannot be used with option '--limit <n>'"],
  ['query --full', '--full: expected --format json, ndjson or csv'],
  ['detect --list --test', "option '--list' cannot be used with option '--test'"],
  ['detect --test --explain rule event', "option '--test' cannot be used with option '--explain <rule event...>'"],
])('a flag that would have no effect is refused: %s', async (line, problem) => {
  expect(await runAsText(line.split(' '))).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: `mwaa-trail: ${problem}\nRun 'mwaa-trail ${line.split(' ')[0]} --help'.\n`,
  });
});
