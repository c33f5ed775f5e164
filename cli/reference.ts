import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from './program.ts';
import { runScan } from './scan.ts';

const WIDTH = 110;

/** The reference of the program, as Markdown: what each command says with `--help`. */
export async function cliReference(): Promise<string> {
  const program = createProgram({}, () => {});
  const sections = [section('mwaa-trail', helpOf(program))];
  for (const command of program.commands) {
    const help = command.name() === 'scan' ? await scanHelp() : helpOf(command);
    sections.push(section(`mwaa-trail ${command.name()}`, help));
  }
  return `${INTRODUCTION}\n${sections.join('\n')}\n${EXIT_CODES}`;
}

const INTRODUCTION = `# The mwaa-trail program

Made by \`npm run docs\` from what the program says with \`--help\`. Questions and their cost: [access patterns](access-patterns.md).

Standard output is data, standard error is for people. On a terminal tables fit its width, errors are red (\`NO_COLOR\`
and \`FORCE_COLOR\` are respected) and times are local; into a file or a pipe nothing is cut or coloured, and times are UTC.
`;

const EXIT_CODES = `## Exit codes

| code | meaning |
|---|---|
| 0 | done; also when nothing was found |
| 1 | failed, or a file, a record or an event was bad or missing; standard error names it |
| 2 | used wrongly |
`;

function section(title: string, help: string): string {
  return `## ${title}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n`;
}

function helpOf(command: Command): string {
  return command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false }).helpInformation();
}

async function scanHelp(): Promise<string> {
  let text = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  await runScan(['--help'], { stdin: process.stdin, stdout, stderr: stdout });
  return text;
}
