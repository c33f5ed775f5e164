import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { runScan } from './commands/scan.ts';
import { createProgram } from './program.ts';

const WIDTH = 110;

/** The reference of the program, as Markdown: what each command says with `--help`. */
export async function cliReference(): Promise<string> {
  const program = createProgram({}, () => {});
  const sections = [section('mwaa-trail', helpOf(program))];
  for (const command of program.commands) {
    const help = command.name() === 'scan' ? await scanHelp() : helpOf(command);
    sections.push(section(`mwaa-trail ${command.name()}`, help));
    for (const one of command.commands)
      sections.push(section(`mwaa-trail ${command.name()} ${one.name()}`, helpOf(one)));
  }
  return `${INTRODUCTION}\n${sections.join('\n')}\n${EXIT_CODES}`;
}

const INTRODUCTION = `# The mwaa-trail program

Made by \`npm run docs\` from what the program says with \`--help\`. Questions and their cost: [access patterns](access-patterns.md).

\`npx mwaa-trail\` runs it in the checkout, and nowhere else: in another folder \`npx\` asks the npm registry for a package of this
name, which is not this one. \`npm link\` in the checkout puts \`mwaa-trail\` on the PATH.

Standard output is data, standard error is for people. Without \`--format\` a command prints for people, on a terminal and
elsewhere; programs name a format. On a terminal tables fit its width, and errors are red (\`NO_COLOR\` and \`FORCE_COLOR\` are
respected); into a file or a pipe nothing is cut or coloured.

Times are in UTC, those that are given and those that are shown. \`--local\` switches both to the time zone of the machine; data
(\`json\`, \`ndjson\`, \`csv\`) is always in UTC. A time that was copied from an answer means the same in a question.

\`--stack NAME\`, or \`MWAA_TRAIL_STACK\`, names the tables, queues and quarantine of a deployment together: tables, queues and
the ingest function by the names that serverless.yml gives them, the quarantine bucket as CloudFormation tells it. \`--table\`
names another events table. \`--profile\` and \`--aws-region\` are the AWS settings, and are refused where only the local store is
asked; \`--region\` asks for the Region of events.

The local store can be read only by the user who made it: its quarantine is unredacted. Several commands can read it at once,
\`serve\` and \`npm run local\` too; one at a time adds to it.
`;

const EXIT_CODES = `## Exit codes

| code | meaning |
|---|---|
| 0 | done; also when nothing was found |
| 1 | failed, or a file, a record or an event was bad or missing; standard error names it |
| 2 | usage error |
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
