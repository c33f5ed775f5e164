import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createProgram } from '../cli/program.ts';
import { ROOT, SAMPLES, useWorkingFolder } from './support/cli.ts';
import { capturingContext, runAsText } from './support/program.ts';

const PAGE = join(ROOT, 'docs', 'questions.md');
/** What the page says of itself: where, and when, its questions were asked. */
const TERMINAL = { isTTY: true, columns: 120, hasColors: () => false };
const NOW = Date.parse('2026-11-14T12:00:00Z');

/** `npm run questions` sets it: the answers of the page are written anew, not compared. */
const UPDATE = process.env.UPDATE_QUESTIONS === '1';

const SECTIONS = readFileSync(PAGE, 'utf8').split(/^(?=#{2,3} )/m);
const ASKED =
  /^```\n\$ (?<settings>(?:[A-Z_]+=\S+ )*)npx mwaa-trail (?<command>(?:.*\\\n)*.*)\n(?<answer>[\s\S]*?)^```$/m;
const questions = SECTIONS.flatMap((section) => {
  const groups = ASKED.exec(section)?.groups;
  return groups === undefined ? [] : [{ question: section.split('\n')[0]!.replace(/^#+ /, ''), section, ...groups }];
}) as Record<'question' | 'section' | 'settings' | 'command' | 'answer', string>[];

useWorkingFolder();
beforeAll(async () => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW);
  // As in a checkout.
  cpSync(join(SAMPLES, '..'), 'events', { recursive: true });
  expect((await runAsText(['replay', 'events/log-files'])).code).toBe(0);
}, 60_000);

describe('each question has the answer that the samples give; npm run questions writes it anew', () => {
  test.each(questions)('$question', async ({ section, settings, command, answer }) => {
    const env = Object.fromEntries([...settings.matchAll(/(\S+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    const { code, stdout, stderr } = await runAsText(wordsOf(command), env, { terminal: TERMINAL });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const now = elided(stdout + stderr.replaceAll(LEFT_OUT, ''), answer);
    if (UPDATE) rewrite(section, command, answer, now);
    else expect(answer).toBe(now);
  });

  test('there are many, and each is asked once', () => {
    const commands = questions.map(({ command }) => command);
    expect(new Set(commands).size).toBe(commands.length);
    expect(commands.length).toBeGreaterThanOrEqual(25);
    // None escaped the pattern above.
    expect(SECTIONS.join('').match(/^\$ /gm)).toHaveLength(commands.length);
  });
});

describe('what needs an account is understood by the program', () => {
  const typed = SECTIONS.flatMap((section) => [...section.matchAll(/^npx mwaa-trail (.*?)(?: +#.*)?$/gm)]);

  test.each(typed.map(([, command]) => command!))('%s', async (command) => {
    const ran: string[] = [];
    const program = await createProgram(
      capturingContext().context,
      ({ path }) => ran.push(path.join(' ')),
      wordsOf(command),
    );
    program.parse(wordsOf(command), { from: 'user' });
    expect(ran).toHaveLength(1);
  });
});

/**
 * The page leaves these lines out, and says so. The first depends on when the samples were put onto the machine, the second is
 * below every list.
 */
const LEFT_OUT = /^(?:Log files read up to|Details of an event:) .*\n/gm;

/** The words of a command line, as a shell would split them. */
function wordsOf(command: string): string[] {
  return [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

/** The text, with as many lines before and after a line `...` as the page shows of it; all, if it has no such line. */
function elided(text: string, shown: string): string {
  const [head = '', tail] = shown.split(/^\.\.\.\n/m);
  if (tail === undefined) return text;
  const lines = text.trimEnd().split('\n');
  const [before, after] = [head, tail].map((part) => part.split('\n').length - 1);
  if (lines.length <= before! + after!) return text;
  return [...lines.slice(0, before), '...', ...lines.slice(lines.length - after!), ''].join('\n');
}

function rewrite(section: string, command: string, answer: string, now: string): void {
  const rewritten = section.replace(`${command}\n${answer}\`\`\``, () => `${command}\n${now}\`\`\``);
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(section, () => rewritten),
  );
}
