import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
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
    expect(await runAsText(['help', 'quer'])).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: "mwaa-trail: unknown command 'quer'\nRun 'mwaa-trail --help'.\n",
    });
    expect(await runAsText(['help', 'query'])).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: (await runAsText(['query', '--help'])).stdout,
    });
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
