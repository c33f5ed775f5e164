import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { calledAs, createProgram, runProgram } from '../../cli/program.ts';
import { capturingContext, runAsText } from '../support/program.ts';
import { scaled } from '../support/scale.ts';

const program = await createProgram(capturingContext().context, () => {});
const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : []);
const PATHS = [[], ...program.commands.flatMap((command) => [command, ...command.commands]).map(pathOf)];

const helpOn = async (columns: number, path: readonly string[]) =>
  (await runAsText([...path, '--help'], {}, { terminal: { isTTY: true, columns } })).stdout;

describe('help', () => {
  test.each(scaled([60, 80], [50, 60, 72, 80, 120]))('wraps at words in %i columns', async (columns) => {
    for (const path of PATHS) {
      const text = await helpOn(columns, path);
      expect(text.split('\n').filter((line) => line.length > columns)).toEqual([]);
      // Nothing is lost, and no word is cut.
      expect(text.split(/\s+/)).toEqual((await helpOn(1_000, path)).split(/\s+/));
    }
  });

  test('on a command that there is not is a usage error', async () => {
    const unknown = "mwaa-trail: unknown command 'quer'\n(Did you mean query?)\nRun 'mwaa-trail --help'.\n";
    for (const args of [['quer'], ['help', 'quer'], ['quer', '--help'], ['quer', 'help', '-h']])
      expect(await runAsText(args)).toEqual({ code: 2, stdout: '', stderr: unknown });
    const inGroup = "mwaa-trail: unknown command 'lst'\n(Did you mean list?)\nRun 'mwaa-trail quarantine --help'.\n";
    for (const args of [
      ['quarantine', 'lst', '--help'],
      ['help', 'quarantine', 'lst'],
      ['quarantine', 'help', 'lst'],
    ])
      expect(await runAsText(args)).toEqual({ code: 2, stdout: '', stderr: inGroup });
  });

  test('by the command help is that of --help', async () => {
    for (const path of PATHS) {
      const help = await runAsText([...path, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(await runAsText(['help', ...path])).toEqual(help);
    }
    expect(await runAsText(['quarantine', 'help', 'list'])).toEqual(await runAsText(['help', 'quarantine', 'list']));
  });

  test('has flags that must be given in the line of the usage', async () => {
    expect(await helpOn(80, ['evidence'])).toMatch(/^Usage: mwaa-trail evidence \[options\] --out <file> <eventId>$/m);
    expect(await helpOn(80, ['show'])).toMatch(/^Usage: mwaa-trail show \[options\] <eventId>$/m);
    expect(await helpOn(80, ['show'])).toContain('how to print (choices: text, json; default: text)\n');
  });

  test('has phrases in lists, and sentences at the beginning', () => {
    const commands = program.commands.flatMap((command) => [command, ...command.commands]);
    for (const command of commands) {
      expect(command.description()).toMatch(/^[A-Z].*\.$/);
      const phrases = [
        command.summary(),
        ...[...command.options, ...command.registeredArguments].map((one) => one.description),
      ];
      for (const phrase of phrases) expect(phrase).not.toMatch(/\.$/);
      expect(command.summary()).toMatch(/^[a-z]/);
    }
  });

  test('has commands by what they are for, each in one line', async () => {
    const text = await helpOn(80, []);
    const headings = [...text.matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Options', 'Ask', 'Keep running', 'Check and prove', 'On this machine', 'Help']);
    for (const command of program.commands) expect(text).toMatch(new RegExp(`^  ${command.name()} .*\\S$`, 'm'));
    expect(text.split('\n').every((line) => !/^ {4}/.test(line))).toBe(true);
  });

  test('of query has filters by what they ask for', async () => {
    const groups = (await helpOn(80, ['query'])).split('\n\n').map((group) => ({
      heading: group.split('\n')[0],
      flags: [...group.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, flag]) => flag),
    }));
    const of = (heading: string) => groups.find((group) => group.heading === heading)?.flags;
    expect(of('Who did it:')).toEqual(expect.arrayContaining(['--user', '--role', '--session', '--no-mfa']));
    expect(of('What was done:')).toEqual(expect.arrayContaining(['--action', '--target', '--outcome', '--changes']));
    expect(of('When:')).toEqual(['--since', '--until', '--around', '--within']);
    expect(of('Options:')).toEqual([]);
  });
});

describe('commands to paste call the program as it was called', () => {
  const cwd = () => '/home/ana/trail';
  const script = '/home/ana/trail/dist/cli/mwaa-trail.cjs';
  test.each([
    ['npx mwaa-trail', { npm_lifecycle_event: 'npx' }, '/home/ana/trail/node_modules/.bin/mwaa-trail', 'linux'],
    ['npx mwaa-trail', { npm_lifecycle_event: 'replay' }, script, 'linux'],
    ['mwaa-trail', {}, '/usr/local/bin/mwaa-trail', 'linux'],
    ['node dist/cli/mwaa-trail.cjs', {}, script, 'linux'],
    ["node '/home/a b/mwaa-trail.cjs'", {}, '/home/a b/mwaa-trail.cjs', 'darwin'],
    ['mwaa-trail', {}, 'C:\\npm\\node_modules\\mwaa-trail\\dist\\cli\\mwaa-trail.cjs', 'win32'],
  ] as const)('%s', (words, env, path, platform) => {
    expect(calledAs({ argv: ['node', path], env, platform, cwd })).toBe(words);
  });

  test.each([
    [['--nope'], "Run 'npx mwaa-trail --help'."],
    [['quarantine', 'list', '--nope'], "Run 'npx mwaa-trail quarantine list --help'."],
    [['query', '--since', 'x'], "Run 'npx mwaa-trail query --help'."],
  ])('%j', async (args, hint) => {
    const { context, stderr } = capturingContext();
    expect(await runProgram(args, { ...context, program: 'npx mwaa-trail' })).toBe(2);
    expect(stderr()).toMatch(new RegExp(`\\n${hint}\\n$`));
  });
});
