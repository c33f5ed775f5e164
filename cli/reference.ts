import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { runScan } from './commands/scan.ts';
import type { Context } from './lib/command.ts';
import { createProgram, runProgram } from './program.ts';

/** The reference of the program, as Markdown: what each command says with `--help`. */
export async function cliReference(): Promise<string> {
  const program = await createProgram(contextOf(new Writable()), () => {});
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  const sections: string[] = [];
  for (const words of [[], ...all.map(wordsOf)]) {
    const title = ['mwaa-trail', ...words].join(' ');
    sections.push(`## ${title}\n\n\`\`\`\n${(await helpOf(words)).trimEnd()}\n\`\`\`\n`);
  }
  return `${INTRODUCTION}\n${sections.join('\n')}\n${EXIT_CODES}`;
}

/** `quarantine list` */
function wordsOf(command: Command): string[] {
  return command.parent ? [...wordsOf(command.parent), command.name()] : [];
}

async function helpOf([name = '', ...verbs]: readonly string[]): Promise<string> {
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece, _, done) {
      pieces.push(piece);
      done();
    },
  });
  if (name === 'scan') await runScan(['--help'], { stdin: process.stdin, stdout: out, stderr: out });
  else await runProgram([...(name === '' ? [] : [name]), ...verbs, '--help'], contextOf(out));
  return Buffer.concat(pieces).toString();
}

function contextOf(out: Writable): Context {
  return { env: {}, out, err: out, interrupt: () => new AbortController().signal };
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
