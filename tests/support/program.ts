import { Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Context, Output } from '../../cli/lib/command.ts';
import { createProgram, runProgram } from '../../cli/program.ts';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export type Terminal = Pick<Output, 'isTTY' | 'columns' | 'hasColors'>;

/** What a test may say of the process that a command sees. */
interface Surroundings {
  /** Stands for Ctrl-C. */
  signal?: AbortSignal;
  /** What standard output is, if it is a terminal. */
  terminal?: Terminal;
}

/** Runs the program in this process, with environment variables over those of the process. */
export async function runInProcess(
  args: readonly string[],
  env: Record<string, string> = {},
  surroundings: Surroundings = {},
): Promise<Ended> {
  const before = process.env;
  // The AWS SDK looks there.
  process.env = { ...before, ...env };
  const { context, stdout, stderr } = capturingContext(process.env, surroundings);
  try {
    return { code: await runProgram(args, context), stdout: stdout(), stderr: stderr() };
  } finally {
    process.env = before;
  }
}

/** The same, with the output as UTF-8. */
export async function runAsText(
  args: readonly string[],
  env?: Record<string, string>,
  surroundings?: Surroundings,
): Promise<Ended> {
  const { code, stdout, stderr } = await runInProcess(args, env, surroundings);
  const utf8 = (text: string) => Buffer.from(text, 'latin1').toString();
  return { code, stdout: utf8(stdout), stderr: utf8(stderr) };
}

/** What a command works with in a test, and what it has written. */
export function capturingContext(
  env: NodeJS.ProcessEnv = {},
  { signal = new AbortController().signal, terminal = {} }: Surroundings = {},
) {
  const [out, err] = [captured(), captured()];
  const context: Context = {
    ...{ env, program: 'mwaa-trail' },
    ...{ out: Object.assign(out.stream, terminal), err: err.stream, interrupt: () => signal },
  };
  return { context, stdout: out.text, stderr: err.text };
}

function captured() {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece, _, done) {
      pieces.push(piece);
      done();
    },
  });
  // latin1 keeps bytes that are no UTF-8.
  return { stream, text: () => Buffer.concat(pieces).toString('latin1') };
}

/** Every command of the program, as commander has it. */
export async function allCommands(): Promise<Command[]> {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  return leaves(await createProgram(capturingContext().context, () => {}));
}

/** The AWS settings for embedded servers. */
export function awsSettings(endpoints: { s3: string; dynamo?: string }): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.s3,
    ...(endpoints.dynamo === undefined ? {} : { AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamo }),
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}
